import FoxDecoding
import FoxNumbers

/// # The transformer
///
/// What GPT-2 and BERT have in common. Each token becomes a vector, the sum of a row of a table for
/// its id and one for its position, and goes through the blocks:
///
///     x = dropout(words[id] + types[type] + positions[position])      BERT: with a norm of the sum
///     for each block:  x = x + attention(x),  x = x + feedForward(x)  with norms: `Block.swift`
///
/// There is one forward pass. Inference gives it a cache; training keeps what every block computed.
/// The backward pass is the forward pass read from the last line to the first, each line replaced
/// by its derivative: no graph is recorded.
///
/// Source: `GPT2Model.forward`, `BertModel.forward` of transformers 4.17.0; gradients are those of
/// `loss.backward()`. SPEC `GPT2-14`, `GPT2-15`, `BERT-11`, `BERT-12`.
///
/// What it does not do: it scores nothing. The heads of `GPT2Model.swift` and `BERTModel.swift` do.
package struct Transformer: Sendable {
  package let words: Weight  // [V, C]
  var positions: Weight?  // [positions, C]; nil where attention tells positions apart
  let types: Weight?  // [types, C], of BERT
  let norm: LayerNorm?  // of the sum of embeddings. GPT-2 has none: its blocks begin with one.
  package let blocks: [TransformerBlock]  // in the order in which x passes through them
  let heads: Int
  let isCausal: Bool  // whether a token sees only itself and what came before
  let dropout: Double  // the probability that training drops a number of the sum of embeddings
  let padding: Int32?  // the token whose vector is not learned

  /// Embeddings and blocks. Returns what comes out of the last block, `[N, C]`.
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

  /// The blocks, last to first, then the embeddings. Adds to the gradients. `dy` is that of what
  /// ``forward(_:)`` returned, `[N, C]`; its memory and that of `other` are used again.
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
    // Tables were added up, so each gets the whole gradient. GPT-2's words may hold the gradient of
    // the head already.
    for (index, (table, ids)) in tables(pass.rows).enumerated() {
      // The vector of a padding token is not learned: `padding_idx` of `nn.Embedding`.
      Embedding.backward(
        ids, d, addingTo: parameters.gradient(of: table), skipping: index == 0 ? padding : nil)
    }
  }

  private func tables(_ rows: TokenRows) -> [(table: Weight, ids: [Int32])] {
    // The order is the reference's: float sums depend on it.
    let others = [(types, rows.types), (positions, rows.positions)]
    return [(words, rows.ids)] + others.compactMap { table, ids in table.map { ($0, ids) } }
  }
}

/// One pass of some tokens through a model, and what it keeps on the way.
package final class Pass {
  package let rows: TokenRows
  package let arena: Arena  // memory for whatever is computed
  let attention: Attention
  let keeps: Bool  // whether a backward pass follows: what it reads may then not be overwritten
  var cache: KeyValueCache?  // where some of the rows find keys and values of earlier passes
  var generator: TorchGenerator?  // draws what is dropped; nil outside training

  // The sum of embeddings, [N, C], what its norm found, [N, 2], if there is one, and what was kept.
  fileprivate var embeddings: (sum: Matrix, stats: Matrix)?
  fileprivate var keptEmbeddings: Kept?
  package fileprivate(set) var blocks: [TransformerBlock.Tape] = []

  // Computed once for all layers, and only in training. [B, T, C] and [B, H, T, T] are drawn, what
  // is computed is kept.
  private let channels: Int
  private lazy var region = rows.layout.rows(channels: channels)
  private lazy var pairs = rows.layout.pairs(heads: attention.heads)

  package init(
    _ rows: TokenRows, through model: Transformer, _ arena: Arena, keeps: Bool = false,
    drawing generator: TorchGenerator? = nil
  ) {
    (self.rows, self.arena, self.keeps) = (rows, arena, keeps)
    (self.generator, channels) = (generator, model.words.shape[1])
    // Rows that look into a cache are in none of the sequences.
    attention = Attention(rows.sequences, heads: model.heads, isCausal: model.isCausal)
  }

  func drawRows(dropping p: Double) -> Kept? {
    if generator == nil { return nil }
    // A flag for every token and channel, [N, C].
    return Dropout.draw(region, columns: channels, dropping: p, from: &generator, arena)
  }

  func drawPairs(dropping p: Double) -> Kept? {
    // A flag for every probability of attention, for each sequence [H, n, n].
    generator == nil ? nil : Dropout.draw(pairs, dropping: p, from: &generator, arena)
  }
}

/// Layers made of weights by their names, asked for in the order of the state dictionary.
struct Parts {
  private(set) var list: [(name: String, weight: Weight)] = []  // the order of flat buffers, too
  private let find: (_ name: String) throws -> Weight?
  private let epsilon: Float
  private let isTransposed: Bool  // whether linear maps are stored as [out, in]

  init(epsilon: Float, isTransposed: Bool, _ find: @escaping (_ name: String) throws -> Weight?) {
    (self.epsilon, self.isTransposed, self.find) = (epsilon, isTransposed, find)
  }

  mutating func weight(_ name: String, _ shape: [Int]) throws -> Weight {
    try add(find(name), name, shape)
  }

  mutating func linear(_ name: String, _ inputs: Int, _ outputs: Int) throws -> Linear {
    guard let map = try optional(name, inputs, outputs) else { throw missing("\(name).weight") }
    return map
  }

  mutating func optional(_ name: String, _ inputs: Int, _ outputs: Int) throws -> Linear? {
    let (w, b) = try (find("\(name).weight"), find("\(name).bias"))
    if w == nil, b == nil { return nil }  // one of the two without the other is a damaged file
    let shape = isTransposed ? [outputs, inputs] : [inputs, outputs]
    // [N, in] → [N, out]. Biases are few: what is BF16 of them is widened, as in norms.
    return try Linear(
      add(w, "\(name).weight", shape), bias: add(b, "\(name).bias", [outputs]).tensor,
      isTransposed: isTransposed)
  }

  mutating func norm(_ name: String, _ channels: Int) throws -> LayerNorm {
    try LayerNorm(
      weight: weight("\(name).weight", [channels]).tensor,
      bias: weight("\(name).bias", [channels]).tensor, epsilon: epsilon)
  }

  private mutating func add(_ weight: Weight?, _ name: String, _ shape: [Int]) throws -> Weight {
    guard let weight else { throw missing(name) }
    // Checked here, once: the passes work with bare pointers. A Conv1D weight saved as `nn.Linear`
    // saves it would have the two sizes exchanged.
    if weight.shape != shape {
      throw Fault.badShape(weight.shape, of: name, expected: "\(shape)")
    }
    list.append((name, weight))
    return weight
  }

  private func missing(_ name: String) -> Fault {
    Fault("the model", at: name, found: "nothing", expected: "a parameter of that name")
  }
}
