import FoxDecoding
import FoxNumbers

/// # The two branches of a block
///
/// In a block, tokens first look at each other and then think, each for itself. The first branch is
/// attention between two linear maps; the second is a feed-forward network, two linear maps with an
/// activation between them:
///
///     attention(x) = heads W + b            heads = softmax(q kᵀ · scale) v,   q, k, v = x W + b
///     feedForward(x) = f(x W₁ + b₁) W₂ + b₂
///
/// A block adds what a branch gives to what the branch read. GPT-2 and BERT have the same branches;
/// they differ in where the norms stand.
///
/// Source: Vaswani et al. 2017, arXiv 1706.03762; `GPT2Attention`, `GPT2MLP`, `BertAttention`,
/// `BertIntermediate` and `BertOutput` of transformers 4.17.0. SPEC `GPT2-14`, `BERT-11`.
///
/// What it does not do: norms, dropout of what a branch gives, and the sums are the model's.
package struct TransformerBlock: Sendable {
  let attention: AttentionBranch
  /// ln₁ of GPT-2, which attention reads; of BERT, over the sum that attention adds to.
  let attentionNorm: LayerNorm
  let feedForward: FeedForward
  /// ln₂; likewise.
  let feedForwardNorm: LayerNorm

  /// The four linear maps of a GPT-2 block, or the six of a BERT layer.
  package var maps: [Linear] {
    attention.inputs + [attention.output, feedForward.input, feedForward.output]
  }
}

/// What a training pass draws from and keeps for the backward pass. Rows are tokens, `N` of them.
package final class Tape {
  /// Draws what is dropped; nothing is dropped without one.
  var generator: TorchGenerator?
  /// The sum of embeddings, `[N, C]`, if a norm follows it.
  var embeddings: Normed?
  /// What dropout kept of the embeddings.
  var keptEmbeddings: Kept?
  package var blocks: [Block] = []

  /// What a norm read, `[N, C]`, and mean and 1/σ of each row, `[N, 2]`.
  typealias Normed = (x: Matrix, stats: Matrix)

  package struct Block {
    package let attention: AttentionBranch.Tape
    let feedForward: FeedForward.Tape
    let attentionNorm, feedForwardNorm: Normed
    /// What dropout kept of what each branch adds.
    let keptAttention, keptFeedForward: Kept?
  }

  package init(drawing generator: TorchGenerator? = nil) { self.generator = generator }
}

/// Attention between linear maps.
package struct AttentionBranch: Sendable {
  /// One map `[C] → [3 C]`, as GPT-2 has it, or three `[C] → [C]`: queries, keys, values.
  let inputs: [Linear]
  /// `[C] → [C]`: what attention gathered, mixed over the heads.
  let output: Linear
  /// What the products of queries and keys are multiplied by.
  let scale: Float

  package struct Tape {
    /// `[N, C]`: what came in, and what attention gathered.
    package let x, heads: Matrix
    let qkv: Attention.Projections
    /// Before dropout, for each sequence `[H, T, T]`.
    package let probabilities: Matrix
    let kept: Kept?
  }

  /// - Parameters:
  ///   - kept: What dropout keeps of the probabilities.
  ///   - keeps: Whether a backward pass follows.
  ///   - cache: Where some of the rows find keys and values of earlier passes.
  /// - Returns: What ``backward`` needs, if it follows.
  func forward(
    _ x: Matrix, _ attention: Attention, kept: Kept?, keeps: Bool, through cache: CachedRows? = nil,
    into y: Matrix, _ arena: Arena
  ) -> Tape? {
    let qkv = Attention.Projections(inputs.map { $0.forward(x, arena) })  // [N, C] → [N, 3 C]
    // Σ H T² numbers: at T = 1,024 and H = 12 these are 50 MB for each text and block.
    let probabilities = keeps ? arena.matrix(1, attention.probabilityCount) : nil
    let heads = arena.matrix(x.rows, x.columns)  // each head writes its own C/H columns
    attention.forward(qkv, scale: scale, kept: kept, keeping: probabilities, into: heads, arena)
    // The other rows. Each row of heads is written once.
    cache?.attend(qkv, heads: attention.heads, scale: scale, into: heads)
    output.forward(heads, into: y)  // [N, C] [C, C] → [N, C]
    return probabilities.map {
      Tape(x: x, heads: heads, qkv: qkv, probabilities: $0, kept: kept)
    }
  }

  /// `dx = …`, or `+=` when `adding`; `dx` may be `dy` when not.
  func backward(
    _ dy: Matrix, _ tape: Tape, _ attention: Attention, into dx: Matrix, adding: Bool,
    _ parameters: Parameters, _ arena: Arena
  ) {
    let mark = arena.mark  // what one branch takes for its gradients, the next takes again
    defer { arena.release(to: mark) }
    let dheads = arena.matrix(dy.rows, dy.columns)
    output.backward(dy, x: tape.heads, into: dheads, parameters)  // [N, C] [C, C] → [N, C]
    // Every element of these is written, so they need no fill: each row is a query's and a key's.
    let d = inputs.map { arena.matrix(dy.rows, $0.outputs) }  // [N, 3 C] in all
    attention.backward(
      dheads, tape.qkv, scale: scale, kept: tape.kept, probabilities: tape.probabilities,
      into: .init(d), arena)
    // Three maps have one input: the second and third add to its gradient.
    for (index, (map, dy)) in zip(inputs, d).enumerated() {
      map.backward(dy, x: tape.x, into: dx, adding: adding || index > 0, parameters)  // → [N, C]
    }
  }
}

/// Two linear maps with an activation between them.
package struct FeedForward: Sendable {
  /// `[C] → [inner]`
  let input: Linear
  /// `[inner] → [C]`
  let output: Linear
  let activation: Activation

  struct Tape {
    /// `[N, C]`: what came in. `[N, inner]`: before and after the activation.
    let x, wide, active: Matrix
  }

  func forward(_ x: Matrix, keeps: Bool, into y: Matrix, _ arena: Arena) -> Tape {
    let wide = input.forward(x, arena)  // [N, C] [C, inner] → [N, inner]
    // The slope of the activation is taken at its input, so training keeps both sides of it.
    let active = keeps ? arena.matrix(wide.rows, wide.columns) : wide
    activation.forward(wide, into: active)
    output.forward(active, into: y)  // [N, inner] [inner, C] → [N, C]
    return Tape(x: x, wide: wide, active: active)
  }

  /// As that of ``AttentionBranch``.
  func backward(
    _ dy: Matrix, _ tape: Tape, into dx: Matrix, adding: Bool, _ parameters: Parameters,
    _ arena: Arena
  ) {
    let mark = arena.mark
    defer { arena.release(to: mark) }
    let dwide = arena.matrix(dy.rows, tape.wide.columns)
    output.backward(dy, x: tape.active, into: dwide, parameters)  // [N, C] [C, inner] → [N, inner]
    activation.backward(dwide, x: tape.wide)  // where it lies
    input.backward(dwide, x: tape.x, into: dx, adding: adding, parameters)  // → [N, C]
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
