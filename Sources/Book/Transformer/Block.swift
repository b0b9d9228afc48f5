import FoxDecoding
import FoxNumbers

/// # A block
///
/// In a block, tokens first look at each other and then think, each for itself:
///
///     attention(x) = heads W + b            heads = softmax(q kᵀ · scale) v,   q, k, v = x W + b
///     feedForward(x) = f(x W₁ + b₁) W₂ + b₂
///
/// What such a *branch* gives is added to what came in (He et al. 2015, arXiv 1512.03385). GPT-2
/// and BERT differ in where its norm stands:
///
///     GPT-2:  y = x + branch(norm(x))          BERT:  y = norm(x + branch(x))
///
/// Source: Vaswani et al. 2017, arXiv 1706.03762; norms that come first: Xiong et al. 2020, arXiv
/// 2002.04745. `GPT2Block` and `BertLayer` of transformers 4.17.0. SPEC `GPT2-14`, `BERT-11`.
///
/// What it does not do: it does not know what a token is. `Transformer.swift` does.
package struct TransformerBlock: Sendable {
  package let attention: Residual<AttentionBranch>
  package let feedForward: Residual<FeedForward>

  package typealias Tape = (
    attention: Residual<AttentionBranch>.Tape, feedForward: Residual<FeedForward>.Tape
  )
}

/// What a block adds to its input, and how to go back through it.
package protocol Branch: Sendable {
  associatedtype Tape  // what the backward pass needs of the forward pass
  func forward(_ x: Matrix, into y: Matrix, _ pass: Pass) -> Tape  // [N, C] → [N, C]
  // dx = …, or += when adding; dx may be dy when not.
  func backward(
    _ dy: Matrix, _ tape: Tape, into dx: Matrix, adding: Bool, _ pass: Pass,
    _ parameters: Parameters)
}

/// A branch, its norm and its dropout, added to what came in.
package struct Residual<B: Branch>: Sendable {
  package let branch: B
  let norm: LayerNorm
  let normsFirst: Bool  // before the branch, as in GPT-2; else after the sum, as in BERT
  let dropout: Double  // the probability that training drops a number that the branch adds

  // What the norm read, [N, C], mean and 1/σ of its rows, [N, 2], and what dropout kept.
  package typealias Tape = (branch: B.Tape, read: Matrix, stats: Matrix, kept: Kept?)

  /// - Parameter added: Room for what the branch adds, which is used up at once: `[N, C]`.
  func forward(_ x: Matrix, _ added: Matrix, _ pass: Pass) -> (y: Matrix, tape: Tape) {
    func matrix() -> Matrix { pass.arena.matrix(x.rows, x.columns) }
    // GPT-2's branch reads the norm of x, BERT's reads x, which is the norm of a sum already.
    let first = normsFirst ? norm.forward(x, pass.arena) : nil  // [N, C] and [N, 2]
    let tape = branch.forward(first?.y ?? x, into: added, pass)
    let kept = pass.drawRows(dropping: dropout)  // drawn after the branch's own
    // Without a backward pass nobody asks for x again: the sum takes its place, and then y.
    let sum = pass.keeps ? matrix() : x
    Operations.current.addKept(x, added, kept, sum)  // x + keep(branch)
    if let first { return (sum, (tape, x, first.stats, kept)) }
    // Not over the sum in training: the norm's backward pass reads it.
    let (y, stats) = (pass.keeps ? matrix() : sum, pass.arena.matrix(x.rows, 2))
    norm.forward(sum, into: y, stats: stats)
    return (y, (tape, sum, stats, kept))
  }

  /// `x + branch(x)` passes its gradient on unchanged to `x`, and the branch *adds* its own:
  ///
  ///     y = x + branch(x)        dx = dy + branch′(x)ᵀ dy
  ///
  /// `d` is the gradient of `y` and becomes that of `x`; it may change places with `other`.
  func backward(
    _ d: inout Matrix, _ other: inout Matrix, _ tape: Tape, _ pass: Pass, _ parameters: Parameters
  ) {
    if normsFirst {
      // y = x + keep(branch(norm x)): d is dx already, but for the branch's part. What was dropped
      // on the way forward has gradient 0 on the way back: no new draws.
      Dropout.apply(tape.kept, to: d, into: other)
      branch.backward(other, tape.branch, into: other, adding: false, pass, parameters)
      norm.backward(other, x: tape.read, stats: tape.stats, addingTo: d, parameters)
    } else {
      // y = norm(s), s = x + keep(branch x): no gradient runs past the norm untouched. Behind it
      // the gradient of s is that of x too, but for the branch's part.
      other.fill(0)  // the norm's backward pass adds
      norm.backward(d, x: tape.read, stats: tape.stats, addingTo: other, parameters)
      Dropout.apply(tape.kept, to: other, into: d)  // dy is no longer needed
      branch.backward(d, tape.branch, into: other, adding: true, pass, parameters)
      swap(&d, &other)
    }
  }
}

/// Attention between linear maps.
package struct AttentionBranch: Branch {
  package let inputs: [Linear]  // one map [C] → [3 C], as in GPT-2, or three: queries, keys, values
  package let output: Linear  // [C] → [C]: what attention gathered, mixed over the heads
  let scale: Float  // what the products of queries and keys are multiplied by
  let dropout: Double  // the probability that training drops a probability of attention
  let layer: Int  // the block, from 0: where the cache has its keys and values
  var bias: (any ScoreBias)?  // what else scores are made of; nothing in most models

  // What came in and what attention gathered, [N, C]; probabilities before dropout, for each
  // sequence [H, T, T], nothing outside training.
  package typealias Tape = (
    x: Matrix, heads: Matrix, qkv: Attention.Projections, probabilities: Matrix, kept: Kept?
  )

  package func forward(_ x: Matrix, into y: Matrix, _ pass: Pass) -> Tape {
    let (arena, attention) = (pass.arena, pass.attention)
    let qkv = Attention.Projections(inputs.map { $0.forward(x, arena) })  // [N, C] → [N, 3 C]
    // Drawn before the probabilities are there: only the order of draws counts.
    let kept = pass.drawPairs(dropping: dropout)
    // Σ H T² numbers: at T = 1,024 and H = 12 these are 50 MB for each text and block.
    let probabilities = arena.matrix(1, pass.keeps ? attention.probabilityCount : 0)
    let heads = arena.matrix(x.rows, x.columns)  // each head writes its own C/H columns
    attention.forward(
      qkv, scale: scale, bias: bias, kept: kept, keeping: pass.keeps ? probabilities : nil,
      into: heads, arena)
    // The rows that look into the cache. Each row of heads is written once.
    pass.cache?.attend(
      pass.rows, qkv, layer: layer, heads: attention.heads, scale: scale, into: heads)
    output.forward(heads, into: y)  // [N, C] [C, C] → [N, C]
    return (x, heads, qkv, probabilities, kept)
  }

  package func backward(
    _ dy: Matrix, _ tape: Tape, into dx: Matrix, adding: Bool, _ pass: Pass,
    _ parameters: Parameters
  ) {
    // What one branch takes for its gradients, the next takes again.
    let (arena, mark) = (pass.arena, pass.arena.mark)
    defer { arena.release(to: mark) }
    let dheads = arena.matrix(dy.rows, dy.columns)
    output.backward(dy, x: tape.heads, into: dheads, parameters)  // [N, C] [C, C] → [N, C]
    // Every element of these is written, so they need no fill: each row is a query's and a key's.
    let d = inputs.map { arena.matrix(dy.rows, $0.outputs) }  // [N, 3 C] in all
    pass.attention.backward(
      dheads, tape.qkv, scale: scale, biased: bias.map { ($0, parameters) }, kept: tape.kept,
      probabilities: tape.probabilities, into: .init(d), arena)
    // Three maps have one input: the second and third add to its gradient.
    for (index, (map, dy)) in zip(inputs, d).enumerated() {
      map.backward(dy, x: tape.x, into: dx, adding: adding || index > 0, parameters)  // → [N, C]
    }
  }
}

/// Two linear maps with an activation between them.
package struct FeedForward: Branch {
  package let input, output: Linear  // [C] → [inner] → [C]
  let activation: Activation

  // [N, C], and [N, inner] before and after the activation.
  package typealias Tape = (x: Matrix, wide: Matrix, active: Matrix)

  package func forward(_ x: Matrix, into y: Matrix, _ pass: Pass) -> Tape {
    let wide = input.forward(x, pass.arena)  // [N, C] [C, inner] → [N, inner]
    // The slope of the activation is taken at its input, so training keeps both sides of it.
    let active = pass.keeps ? pass.arena.matrix(wide.rows, wide.columns) : wide
    activation.forward(wide, active)
    output.forward(active, into: y)  // [N, inner] [inner, C] → [N, C]
    return (x, wide, active)
  }

  package func backward(
    _ dy: Matrix, _ tape: Tape, into dx: Matrix, adding: Bool, _ pass: Pass,
    _ parameters: Parameters
  ) {
    let mark = pass.arena.mark
    defer { pass.arena.release(to: mark) }
    let dwide = pass.arena.matrix(dy.rows, tape.wide.columns)  // [N, inner]
    output.backward(dy, x: tape.active, into: dwide, parameters)  // [N, C] [C, inner] → [N, inner]
    activation.backward(dwide, tape.wide)  // where it lies
    input.backward(dwide, x: tape.x, into: dx, adding: adding, parameters)  // → [N, C]
  }
}
