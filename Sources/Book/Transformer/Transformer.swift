import FoxDecoding
import FoxNumbers

/// # The transformer
///
/// What GPT-2 and BERT have in common. Each token becomes a vector, the sum of a row of a table for its
/// id and one for its position, and goes through the blocks, one after the other:
///
///     x = dropout(words[id] + types[type] + positions[position])      BERT: with a norm of the sum
///     for each block:  x = x + attention(x),  x = x + feedForward(x)  norms and dropout: `Block.swift`
///
/// Texts may differ in length; nothing is padded, so `N` is the number of real tokens. Only attention
/// has to know where a text ends: all other layers work row by row.
///
/// There is one forward pass. Inference gives it a cache; training keeps what every block computed. The
/// backward pass is the forward pass read from the last line to the first, each line replaced by its
/// derivative: no graph is recorded.
///
/// Source: `GPT2Model.forward`, `BertModel.forward` of transformers 4.17.0; gradients are those of
/// `loss.backward()`. SPEC `GPT2-14`, `GPT2-15`, `BERT-11`, `BERT-12`.
///
/// What it does not do: it scores nothing. The heads of `GPT2Model.swift` and `BERTModel.swift` do.
package struct Transformer: Sendable {
  /// `[V, C]` and `[positions, C]`, of BERT also `[types, C]`.
  package let words, positions: Weight
  let types: Weight?
  /// The norm of the sum of embeddings. GPT-2 has none: its blocks begin with one.
  let norm: LayerNorm?
  /// In the order in which `x` passes through them.
  package let blocks: [TransformerBlock]
  let heads: Int
  /// Whether a token sees only itself and what came before.
  let isCausal: Bool
  /// The probability that training drops a number of the sum of embeddings.
  let dropout: Double
  /// The token whose vector is not learned.
  let padding: Int32?
  /// Whether a token's vector tells where it stands.
  var isAbsolute = true

  /// Embeddings and blocks.
  ///
  /// - Returns: `[N, C]`: what comes out of the last block.
  package func forward(_ pass: Pass) -> Matrix {
    let (arena, n, c) = (pass.arena, pass.rows.ids.count, words.shape[1])
    // What a branch adds is added at once, so one matrix serves both branches of all blocks.
    let added = arena.matrix(n, c)
    var x = arena.matrix(n, c)
    Embedding.forward(tables(pass.rows), into: x)  // [N] rows of [V, C] … → [N, C]
    if let norm {
      // Not over the sum, which the norm's backward pass needs.
      let (y, stats) = norm.forward(x, arena)
      (pass.embeddings, x) = ((x, stats), y)
    }
    pass.keptEmbeddings = pass.drawRows(dropping: dropout)
    Dropout.apply(pass.keptEmbeddings, to: x, into: x)
    for block in blocks {
      let mark = arena.mark  // all that this block takes lies after it; x and added lie before
      let (m, attended) = block.attention.forward(x, added, pass)  // [N, C] → [N, C]
      let (y, fed) = block.feedForward.forward(m, added, pass)
      if pass.keeps {
        pass.blocks.append((attended, fed))
      } else {
        arena.release(to: mark)  // any number of blocks needs the memory of one
      }
      x = y
    }
    return x
  }

  /// The blocks, last to first, then the embeddings. Adds to the gradients.
  ///
  /// - Parameters:
  ///   - dy: The gradient of what ``forward(_:)`` returned, `[N, C]`; its memory is used again.
  ///   - other: A second matrix of that shape.
  func backward(_ dy: Matrix, _ other: Matrix, _ pass: Pass, _ parameters: Parameters) {
    var (d, other) = (dy, other)
    for (block, tape) in zip(blocks, pass.blocks).reversed() {
      block.feedForward.backward(&d, &other, tape.feedForward, pass, parameters)  // y → m
      block.attention.backward(&d, &other, tape.attention, pass, parameters)  // m → x
    }
    Dropout.apply(pass.keptEmbeddings, to: d, into: d)  // in place: nobody needs it from before
    if let norm, let (sum, stats) = pass.embeddings {
      other.fill(0)  // the norm's backward pass adds
      norm.backward(d, x: sum, stats: stats, addingTo: other, parameters)
      swap(&d, &other)
    }
    // Tables were added up, so each gets the whole gradient. Ids repeat, so rows add up; GPT-2's words
    // may hold the gradient of the head already.
    for (index, (table, ids)) in tables(pass.rows).enumerated() {
      // The vector of a padding token is not learned: `padding_idx` of `nn.Embedding`.
      Embedding.backward(
        ids, d, addingTo: parameters.gradient(of: table), skipping: index == 0 ? padding : nil)
    }
  }

  /// The order is the reference's: float sums depend on it.
  private func tables(_ rows: TokenRows) -> [(table: Weight, ids: [Int32])] {
    let middle = types.map { [($0, rows.types)] } ?? []
    return [(words, rows.ids)] + middle + (isAbsolute ? [(positions, rows.positions)] : [])
  }
}

/// The tokens of a pass, row after row.
package struct TokenRows {
  /// `[N]`: the tokens, text after text, their types (of BERT) and their positions.
  var ids: [Int32] = []
  var types: [Int32] = []
  var positions: [Int32] = []
  /// The rows of each text, which attend to each other; none that look into a cache.
  package var sequences: [Range<Int>] = []
  /// Where the rows lie in the reference's batch, which is padded: dropout draws for all of it.
  var layout = PaddedLayout(width: 0, columns: [])
}

/// One pass of some tokens through a model, and what it keeps on the way.
package final class Pass {
  package let rows: TokenRows
  let attention: Attention
  /// Memory for whatever is computed.
  package let arena: Arena
  /// Whether a backward pass follows: nothing that it reads may then be overwritten.
  let keeps: Bool
  /// Draws what is dropped; `nil` outside training.
  package var generator: TorchGenerator?
  /// Where some of the rows find keys and values of earlier passes.
  let cache: CachedRows?

  /// The sum of embeddings, `[N, C]`, and what its norm found, `[N, 2]`, if there is one.
  var embeddings: (sum: Matrix, stats: Matrix)?
  var keptEmbeddings: Kept?
  package fileprivate(set) var blocks: [TransformerBlock.Tape] = []

  // Computed once for all layers. [B, T, C] and [B, H, T, T] are drawn, what is computed is kept.
  private let channels: Int
  private lazy var region = rows.layout.rows(channels: channels)
  private lazy var pairs = rows.layout.pairs(heads: attention.heads)

  package init(
    _ rows: TokenRows, through model: Transformer, _ arena: Arena, keeps: Bool = false,
    drawing generator: TorchGenerator? = nil, cache: CachedRows? = nil
  ) {
    (self.rows, self.arena, self.keeps, self.cache) = (rows, arena, keeps, cache)
    (self.generator, channels) = (generator, model.words.shape[1])
    // Rows that look into a cache are in none of the sequences.
    var attention = Attention(rows.sequences, heads: model.heads, isCausal: model.isCausal)
    attention.columns = rows.positions
    self.attention = attention
  }

  /// Flags for a number of every token and channel, `[N, C]`.
  func drawRows(dropping probability: Double) -> Kept? {
    if generator == nil { return nil }  // outside training the region is not even computed
    return Dropout.draw(
      region, columns: channels, dropping: probability, from: &generator, arena)
  }

  /// Flags for the probabilities of attention, for each sequence `[H, n, n]`.
  func drawPairs(dropping probability: Double) -> Kept? {
    generator == nil
      ? nil : Dropout.draw(pairs, dropping: probability, from: &generator, arena)
  }
}

/// Layers made of weights by their names in the state dictionary.
struct Parts {
  /// A list, since files and flat buffers need the order.
  let list: [(name: String, weight: Weight)]
  private let byName: [String: Weight]
  private let epsilon: Float
  private let isTransposed: Bool

  /// Checks all shapes, once: the passes work with bare pointers.
  ///
  /// - Parameters:
  ///   - isTransposed: Whether linear maps are stored as `[out, in]`.
  ///   - weight: Gives the weight of a name; `nil` for one that the model may do without.
  init(
    _ parameters: [(name: String, shape: [Int])], epsilon: Float, isTransposed: Bool,
    weight: (_ name: String) throws -> Weight?
  ) throws {
    list = try parameters.compactMap { name, shape in
      guard let weight = try weight(name) else { return nil }
      // A Conv1D weight saved as `nn.Linear` saves it would have the two sizes exchanged.
      if weight.shape != shape {
        throw Fault.badShape(weight.shape, of: name, expected: "\(shape)")
      }
      return (name, weight)
    }
    byName = Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0.weight) })
    (self.epsilon, self.isTransposed) = (epsilon, isTransposed)
  }

  func weight(_ name: String) throws(Fault) -> Weight {
    // A name that is not there is a damaged file, or a mistake of this chapter.
    guard let weight = byName[name] else {
      throw Fault("the model", at: name, found: "nothing", expected: "a parameter of that name")
    }
    return weight
  }

  /// `[N, in] → [N, out]`. Biases are few: what is BF16 of them is widened, as in norms.
  func linear(_ name: String) throws(Fault) -> Linear {
    try Linear(
      weight("\(name).weight"), bias: weight("\(name).bias").tensor, isTransposed: isTransposed)
  }

  /// `nil` when neither the weight nor the bias is there.
  func optionalLinear(_ name: String) throws(Fault) -> Linear? {
    // One of the two without the other is a damaged file: `linear` names what is missing.
    if byName["\(name).weight"] == nil, byName["\(name).bias"] == nil { return nil }
    return try linear(name)
  }

  func norm(_ name: String) throws(Fault) -> LayerNorm {
    try LayerNorm(
      weight: weight("\(name).weight").tensor, bias: weight("\(name).bias").tensor,
      epsilon: epsilon)
  }
}

extension Parameters {
  /// Copies of some weights, one flat buffer of values and one of gradients, in the order given. BF16
  /// is widened: small updates would round to nothing in it.
  convenience init(copying weights: [(name: String, weight: Weight)]) throws(Fault) {
    try self.init(weights.map { ($0.name, $0.weight.shape) })
    for (entry, (_, weight)) in zip(entries, weights) {
      weight.copy(from: 0, count: weight.count, to: values.pointer + entry.range.lowerBound)
    }
  }

  /// The values of a part: a view, not a copy.
  func tensor(named name: String) throws(Fault) -> Tensor {
    guard let entry = self[name] else {
      throw Fault("the parameters", at: name, found: "nothing", expected: "a part of that name")
    }
    return try tensor(entry)
  }
}
