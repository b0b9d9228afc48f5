import FoxKernels

/// The shape of multi-head attention: how channels are shared among heads.
public struct AttentionShape: Sendable, Equatable {
  /// Heads, `H`.
  public let heads: Int
  /// Channels of one head, `C / H`.
  public let headSize: Int
  /// What the products of queries and keys are multiplied by.
  public let scale: Float

  /// Attention of `heads` heads over `channels` channels.
  public init(channels: Int, heads: Int, scale: Float) {
    self.heads = heads
    headSize = channels / heads
    self.scale = scale
  }

  /// All channels, `C`.
  public var channels: Int { heads * headSize }
}

/// Scaled dot-product attention: `softmax(q kᵀ · scale) v`, per head.
///
/// A token attends to a list of *slots*: rows of a key and a value table. Tokens of one sequence
/// list their predecessors and themselves, which makes it causal; beams that share a history list
/// the same slots, which makes sharing free. Source: Vaswani et al. 2017, `GPT2Attention._attn`.
/// SPEC `LAYER-3`.
public enum SlotAttention {
  /// One query token.
  public struct Query {
    /// Its row in the table of queries.
    public let row: Int
    /// The slots it attends to.
    public let slots: ArraySlice<Int32>

    /// A query of the given row over the given slots.
    public init(row: Int, slots: ArraySlice<Int32>) {
      self.row = row
      self.slots = slots
    }
  }

  /// Attends token by token. The way for the few rows of a decoding step.
  ///
  /// - Parameters:
  ///   - q: Queries; row `r` starts at `q + r · queryStride`.
  ///   - keys: `[slots, C]`.
  ///   - values: `[slots, C]`.
  ///   - out: `[rows, C]`, overwritten.
  /// - Complexity: O(*rows · slots · C*).
  public static func forward(
    _ queries: [Query], shape: AttentionShape,
    _ q: UnsafePointer<Float>, queryStride: Int,
    keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    into out: UnsafeMutablePointer<Float>
  ) {
    let longest = queries.reduce(0) { max($0, $1.slots.count) }
    // A head over a short history is less work than waking a thread.
    let grain = max(1, 16_384 / max(1, longest * shape.headSize))
    Parallel.ranges(queries.count * shape.heads, grain: grain) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: longest) { scores in
        guard let scores = scores.baseAddress else { return }
        for task in range {
          let query = queries[task / shape.heads]
          let channel = task % shape.heads * shape.headSize
          attend(
            query.slots, shape, q + query.row * queryStride + channel, keys + channel,
            values + channel, scores, into: out + query.row * shape.channels + channel)
        }
      }
    }
  }

  /// One head of one token.
  private static func attend(
    _ slots: ArraySlice<Int32>, _ shape: AttentionShape, _ q: UnsafePointer<Float>,
    _ keys: UnsafePointer<Float>, _ values: UnsafePointer<Float>,
    _ scores: UnsafeMutablePointer<Float>, into out: UnsafeMutablePointer<Float>
  ) {
    slots.withUnsafeBufferPointer { slots in
      Rows.scores(
        q, keys, stride: shape.channels, slots: slots, size: shape.headSize, scale: shape.scale,
        into: scores)
      Rows.softmax(scores, scores, count: slots.count)
      Rows.sum(
        values, stride: shape.channels, slots: slots, weights: scores, size: shape.headSize,
        into: out)
    }
  }
}

/// Causal self-attention of a whole sequence at once, by matrix products. The way for prompts.
/// SPEC `LAYER-3`.
public enum CausalAttention {
  /// Query rows that are computed together: they skip the keys behind the last of them.
  private static let block = 128

  /// How many numbers of scratch memory ``forward`` needs.
  public static func scratchCount(tokens: Int) -> Int {
    BLAS.threads * min(block, tokens) * tokens
  }

  /// Attends from every token of a sequence to itself and those before it.
  ///
  /// - Parameters:
  ///   - q: `[T, C]`, rows `queryStride` apart.
  ///   - keys: `[T, C]`.
  ///   - values: `[T, C]`.
  ///   - scratch: ``scratchCount(tokens:)`` numbers.
  ///   - out: `[T, C]`, overwritten.
  /// - Complexity: O(*T² C*).
  public static func forward(
    tokens: Int, shape: AttentionShape,
    _ q: UnsafePointer<Float>, queryStride: Int,
    keys: UnsafePointer<Float>, values: UnsafePointer<Float>,
    scratch: UnsafeMutablePointer<Float>, into out: UnsafeMutablePointer<Float>
  ) {
    let channels = shape.channels
    let blocks = (tokens + block - 1) / block
    // The long blocks at the end come first, so that threads end together.
    Parallel.interleaved(blocks * shape.heads) { task, thread in
      let first = (blocks - 1 - task / shape.heads) * block
      let channel = task % shape.heads * shape.headSize
      let rows = min(block, tokens - first)
      let visible = first + rows
      let scores = scratch + thread * min(block, tokens) * tokens
      BLAS.multiply(
        m: rows, n: visible, k: shape.headSize, alpha: shape.scale,
        q + first * queryStride + channel, strideA: queryStride,
        keys + channel, strideB: channels, transposeB: true, scores, strideC: visible)
      softmaxBelowDiagonal(scores, rows: rows, visible: visible)
      BLAS.multiply(
        m: rows, n: shape.headSize, k: visible, scores, strideA: visible,
        values + channel, strideB: channels, out + first * channels + channel, strideC: channels)
    }
  }

  /// Softmax over the keys that each query may see; 0 for those behind it.
  private static func softmaxBelowDiagonal(
    _ scores: UnsafeMutablePointer<Float>, rows: Int, visible: Int
  ) {
    for row in 0..<rows {
      let start = scores + row * visible
      let count = visible - rows + row + 1
      Rows.softmax(start, start, count: count)
      (start + count).update(repeating: 0, count: visible - count)
    }
  }
}
