import FoxKernels

/// Self-attention of whole sequences, forward and backward: `softmax(q kᵀ · scale) v` for each head,
/// causal or not, with dropout on the probabilities.
///
/// Rows of all sequences follow each other without padding. Source: Vaswani et al. 2017;
/// `GPT2Attention._attn` and `BertSelfAttention` of transformers 4.17.0. SPEC `LAYER-8`.
public struct SequenceAttention {
  /// One sequence of a batch.
  public struct Sequence: Sendable {
    /// Its first row.
    public let firstRow: Int
    /// Its tokens, `T`.
    public let count: Int

    /// A sequence of `count` rows.
    public init(firstRow: Int, count: Int) {
      self.firstRow = firstRow
      self.count = count
    }
  }

  /// Queries, keys and values, or their gradients: row `r` of each starts `r · stride` behind its
  /// pointer.
  public struct Projections<Pointer> {
    /// `[rows, C]`.
    public let queries: Pointer
    /// `[rows, C]`.
    public let keys: Pointer
    /// `[rows, C]`.
    public let values: Pointer
    /// From one row to the next.
    public let stride: Int

    /// Three tables with rows `stride` apart.
    public init(queries: Pointer, keys: Pointer, values: Pointer, stride: Int) {
      self.queries = queries
      self.keys = keys
      self.values = values
      self.stride = stride
    }
  }

  /// Query rows that are computed together.
  private static let block = 128

  let shape: AttentionShape
  let isCausal: Bool
  let sequences: [Sequence]
  /// Where the probabilities of each sequence begin.
  private let starts: [Int]
  /// How many probabilities there are: `Σ H T²`.
  public let probabilityCount: Int
  /// How many numbers of scratch memory a pass needs.
  public let scratchCount: Int
  private let scratchOfThread: Int

  /// Attention over the given sequences.
  public init(_ sequences: [Sequence], shape: AttentionShape, isCausal: Bool) {
    self.sequences = sequences
    self.shape = shape
    self.isCausal = isCausal
    var starts: [Int] = []
    var total = 0
    for sequence in sequences {
      starts.append(total)
      total += shape.heads * sequence.count * sequence.count
    }
    self.starts = starts
    probabilityCount = total
    let longest = sequences.reduce(0) { max($0, $1.count) }
    scratchOfThread = 2 * min(Self.block, longest) * longest
    scratchCount = BLAS.threads * scratchOfThread
  }

  /// Attends.
  ///
  /// - Parameters:
  ///   - kept: What dropout keeps of the probabilities, in their order: sequence by sequence `[H, T, T]`.
  ///   - probabilities: ``probabilityCount`` numbers, overwritten: before dropout, for ``backward``.
  ///   - scratch: ``scratchCount`` numbers.
  ///   - out: `[rows, C]`, overwritten.
  /// - Complexity: O(Σ *T² C*).
  public func forward(
    _ input: Projections<UnsafePointer<Float>>, kept: Rows.Kept?,
    probabilities: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    let (size, stride) = (shape.headSize, input.stride)
    Parallel.interleaved(sequences.count * shape.heads) { task, thread in
      let head = Head(self, task)
      let (q, k, v) = (
        input.queries + head.offset(stride), input.keys + head.offset(stride),
        input.values + head.offset(stride)
      )
      for block in blocks(head.count) {
        let p = probabilities + head.start + block.first * head.count
        BLAS.multiply(
          m: block.rows, n: block.visible, k: size, alpha: shape.scale,
          q + block.first * stride, strideA: stride, k, strideB: stride, transposeB: true,
          p, strideC: head.count)
        softmax(p, block, stride: head.count)
        let (a, strideA) = dropped(
          p, block, head, kept: kept, scratch: scratch + thread * scratchOfThread)
        BLAS.multiply(
          m: block.rows, n: size, k: block.visible, a, strideA: strideA, v, strideB: stride,
          out + head.offset(shape.channels) + block.first * shape.channels,
          strideC: shape.channels)
      }
    }
  }

  /// The backward pass. With `A = keep(P)` and `dA = dy vᵀ`: `dv = Aᵀ dy`, `dP = keep(dA)`,
  /// `dS = scale · P (dP − Σ P dP)`, `dq = dS k`, `dk = dSᵀ q`.
  ///
  /// - Parameters:
  ///   - dy: `[rows, C]`, the gradient of what ``forward`` wrote.
  ///   - gradients: Overwritten.
  /// - Complexity: O(Σ *T² C*), twice the forward pass.
  public func backward(
    _ dy: UnsafePointer<Float>, _ input: Projections<UnsafePointer<Float>>, kept: Rows.Kept?,
    probabilities: UnsafePointer<Float>, scratch: UnsafeMutablePointer<Float>,
    into gradients: Projections<UnsafeMutablePointer<Float>>
  ) {
    Parallel.interleaved(sequences.count * shape.heads) { task, thread in
      let head = Head(self, task)
      let scratch = scratch + thread * scratchOfThread
      // The last block sees every key: it overwrites what the others add to.
      for (index, block) in blocks(head.count).reversed().enumerated() {
        let p = probabilities + head.start + block.first * head.count
        let a = dropped(p, block, head, kept: kept, scratch: scratch)
        backward(
          block, head, dy + head.offset(shape.channels) + block.first * shape.channels, input,
          kept: kept, p: p, a, ds: scratch + scratchOfThread / 2, beta: index == 0 ? 0 : 1,
          into: gradients)
      }
    }
  }

  /// The backward pass of some query rows of a head.
  private func backward(
    _ block: Block, _ head: Head, _ dy: UnsafePointer<Float>,
    _ input: Projections<UnsafePointer<Float>>, kept: Rows.Kept?, p: UnsafePointer<Float>,
    _ a: (UnsafePointer<Float>, stride: Int), ds: UnsafeMutablePointer<Float>, beta: Float,
    into gradients: Projections<UnsafeMutablePointer<Float>>
  ) {
    let (size, visible, channels) = (shape.headSize, block.visible, shape.channels)
    let (start, strideOut) = (head.offset(input.stride), gradients.stride)
    let startOut = head.offset(strideOut)
    BLAS.multiply(
      m: visible, n: size, k: block.rows, a.0, strideA: a.stride, transposeA: true,
      dy, strideB: channels, beta: beta, gradients.values + startOut, strideC: strideOut)
    BLAS.multiply(
      m: block.rows, n: visible, k: size, dy, strideA: channels,
      input.values + start, strideB: input.stride, transposeB: true, ds, strideC: visible)
    for row in 0..<block.rows {
      let ds = ds + row * visible
      Rows.keep(
        kept?.from(head.start + (block.first + row) * head.count), of: ds, ds, count: visible)
      Rows.softmaxBackward(
        p + row * head.count, ds, scale: shape.scale, ds, count: visible)
    }
    BLAS.multiply(
      m: block.rows, n: size, k: visible, ds, strideA: visible,
      input.keys + start, strideB: input.stride,
      gradients.queries + startOut + block.first * strideOut, strideC: strideOut)
    BLAS.multiply(
      m: visible, n: size, k: block.rows, ds, strideA: visible, transposeA: true,
      input.queries + start + block.first * input.stride, strideB: input.stride,
      beta: beta, gradients.keys + startOut, strideC: strideOut)
  }
}

extension SequenceAttention {
  /// One head of one sequence.
  private struct Head {
    let sequence: Sequence
    let index: Int
    let size: Int
    /// Where its probabilities begin.
    let start: Int

    init(_ attention: SequenceAttention, _ task: Int) {
      let heads = attention.shape.heads
      sequence = attention.sequences[task / heads]
      index = task % heads
      size = attention.shape.headSize
      start = attention.starts[task / heads] + index * sequence.count * sequence.count
    }

    var count: Int { sequence.count }

    /// Where its first number lies in a table with rows `stride` apart.
    func offset(_ stride: Int) -> Int { sequence.firstRow * stride + index * size }
  }

  /// Query rows of a head that are computed together, and how many keys the last of them sees.
  private struct Block {
    let first: Int
    let rows: Int
    let visible: Int
  }

  private func blocks(_ count: Int) -> [Block] {
    stride(from: 0, to: count, by: Self.block).map { first in
      let rows = min(Self.block, count - first)
      return Block(first: first, rows: rows, visible: isCausal ? first + rows : count)
    }
  }

  /// Softmax over the keys that each query sees; 0 for those behind it.
  private func softmax(_ p: UnsafeMutablePointer<Float>, _ block: Block, stride: Int) {
    for row in 0..<block.rows {
      let start = p + row * stride
      let count = isCausal ? block.first + row + 1 : block.visible
      Rows.softmax(start, start, count: count)
      (start + count).update(repeating: 0, count: block.visible - count)
    }
  }

  /// What dropout leaves of a block's probabilities, and the distance of its rows.
  private func dropped(
    _ p: UnsafePointer<Float>, _ block: Block, _ head: Head, kept: Rows.Kept?,
    scratch: UnsafeMutablePointer<Float>
  ) -> (UnsafePointer<Float>, stride: Int) {
    guard let kept else { return (p, head.count) }
    for row in 0..<block.rows {
      Rows.keep(
        kept.from(head.start + (block.first + row) * head.count), of: p + row * head.count,
        scratch + row * block.visible, count: block.visible)
    }
    return (UnsafePointer(scratch), block.visible)
  }
}
