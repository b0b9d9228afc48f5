import FoxKernels
import FoxLayers

/// A model at work on a batch of sequences: what they hold so far, and the memory of the pass.
///
/// Sequences may differ in length; nothing is padded and nothing is computed twice. Each call of
/// ``advance(_:positions:logits:)`` appends tokens and returns the scores of what may follow. A
/// session has one owner at a time; the model can be shared.
public final class GPT2Session {
  /// Which tokens' logits are wanted: the product with the vocabulary is the largest of all.
  public enum LogitRows: Sendable {
    /// Those of the last token of each sequence.
    case last
    /// Those of every appended token, sequence by sequence.
    case all
  }

  /// The model.
  public let model: GPT2Model
  private let cache: KeyValueCache
  private var buffers = GPT2Buffers()

  /// A session over empty sequences.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - sequences: How many sequences there are.
  ///   - tokens: How many tokens to make room for, in all; more make the session grow.
  public init(model: GPT2Model, sequences: Int = 1, reserving tokens: Int = 64) {
    self.model = model
    let configuration = model.configuration
    cache = KeyValueCache(
      layers: configuration.layers, channels: configuration.channels, sequences: sequences,
      capacity: tokens)
  }

  /// How many tokens each sequence holds.
  public var lengths: [Int] { cache.sequences.map(\.count) }

  /// Replaces the sequences: the new sequence `i` continues the old sequence `parents[i]`. There may
  /// be more or fewer than before.
  ///
  /// - Throws: ``GPT2Error/batch(_:)`` when a parent is not a sequence.
  public func reorder(_ parents: [Int]) throws(GPT2Error) {
    if let wrong = parents.first(where: { !cache.sequences.indices.contains($0) }) {
      throw .batch("there is no sequence \(wrong) among \(cache.sequences.count) to continue")
    }
    cache.reorder(parents)
  }

  /// Appends tokens to the sequences and scores what may follow.
  ///
  /// - Parameters:
  ///   - tokens: The ids to append to each sequence; none is allowed.
  ///   - positions: The position of each of those tokens, for models that were trained so; by
  ///     default a token's position is its index in the sequence.
  ///   - rows: Which logits are computed.
  /// - Returns: Logits `[rows, V]`.
  /// - Throws: ``GPT2Error`` for ids outside the vocabulary, sequences longer than the model's
  ///   positions, or a batch that does not fit. The session is then as it was before.
  public func advance(
    _ tokens: [[Int]], positions: [[Int]]? = nil, logits rows: LogitRows = .last
  ) throws(GPT2Error) -> Tensor {
    let count = try pass(tokens, positions: positions, rows: rows)
    let vocabulary = model.configuration.vocabularySize
    let logits = FloatBuffer(uninitialized: count * vocabulary)
    model.head.forward(buffers.normed.pointer, rows: count, into: logits.pointer)
    return Tensor(shape: [count, vocabulary], taking: logits)
  }

  /// The logits of the last pass, which the caller may overwrite; valid until the next pass.
  package var logits: UnsafeMutablePointer<Float> { buffers.logits.pointer }

  /// As ``advance(_:positions:logits:)``, leaving the logits in ``logits``.
  ///
  /// - Returns: How many rows of logits there are.
  package func advanceInPlace(
    _ tokens: [[Int]], positions: [[Int]]? = nil, logits rows: LogitRows
  ) throws(GPT2Error) -> Int {
    let count = try pass(tokens, positions: positions, rows: rows)
    buffers.reserveLogits(rows: count, vocabulary: model.configuration.vocabularySize)
    model.head.forward(buffers.normed.pointer, rows: count, into: buffers.logits.pointer)
    return count
  }

  /// Everything but the head. What goes into the head is then in the normalised activations.
  ///
  /// - Returns: How many rows there are.
  private func pass(
    _ tokens: [[Int]], positions: [[Int]]?, rows: LogitRows
  ) throws(GPT2Error) -> Int {
    let batch = try PackedBatch(
      tokens, positions: positions, lengths: lengths, configuration: model.configuration)
    buffers.reserve(rows: batch.rows.count, segments: batch.segments, model.configuration)
    let segments = batch.segments.map { segment in
      CachedSegment(segment, slots: cache.append(segment.count, to: segment.sequence))
    }
    let work = AttentionWork(segments, sequences: cache.sequences)
    embed(batch.rows)
    for (layer, block) in model.blocks.enumerated() {
      attend(block, layer: layer, rows: batch.rows.count, work)
      feedForward(block, rows: batch.rows.count)
    }
    return normalise(batch, rows: rows)
  }

  /// `x = wte[token] + wpe[position]`
  private func embed(_ rows: [PackedBatch.Row]) {
    let channels = model.configuration.channels
    for (index, row) in rows.enumerated() {
      let x = buffers.hidden.pointer + index * channels
      let position = buffers.normed.pointer
      model.tokenEmbedding.copy(from: row.token * channels, count: channels, to: x)
      model.positionEmbedding.copy(from: row.position * channels, count: channels, to: position)
      Rows.add(position, to: x, count: channels)
    }
  }

  /// `x += project(attention(ln₁ x))`
  private func attend(_ block: GPT2Model.Block, layer: Int, rows: Int, _ work: AttentionWork) {
    let channels = model.configuration.channels
    let (hidden, normed, wide) = (
      buffers.hidden.pointer, buffers.normed.pointer, buffers.wide.pointer
    )
    let (keys, values) = (cache.keys(layer: layer), cache.values(layer: layer))
    block.attentionNorm.forward(hidden, rows: rows, into: normed)
    block.queryKeyValue.forward(normed, rows: rows, into: wide)
    Parallel.ranges(rows, grain: 64) { range in
      for index in range {
        let (row, slot) = (wide + index * 3 * channels, Int(work.slots[index]))
        (keys + slot * channels).update(from: row + channels, count: channels)
        (values + slot * channels).update(from: row + 2 * channels, count: channels)
      }
    }
    for prompt in work.prompts {
      CausalAttention.forward(
        tokens: prompt.tokens, shape: block.attention,
        wide + prompt.firstRow * 3 * channels, queryStride: 3 * channels,
        keys: keys + prompt.firstSlot * channels, values: values + prompt.firstSlot * channels,
        scratch: buffers.scores.pointer, into: normed + prompt.firstRow * channels)
    }
    SlotAttention.forward(
      work.queries, shape: block.attention, wide, queryStride: 3 * channels,
      keys: keys, values: values, into: normed)
    block.attentionOutput.forward(normed, rows: rows, into: wide, then: .add(to: hidden))
  }

  /// `x += down(gelu(up(ln₂ x)))`
  private func feedForward(_ block: GPT2Model.Block, rows: Int) {
    let (hidden, normed, wide) = (
      buffers.hidden.pointer, buffers.normed.pointer, buffers.wide.pointer
    )
    block.innerNorm.forward(hidden, rows: rows, into: normed)
    block.inner.forward(normed, rows: rows, into: wide, then: .gelu)
    block.innerOutput.forward(wide, rows: rows, into: normed, then: .add(to: hidden))
  }

  /// `ln_f x`, for all rows or the last of each segment.
  private func normalise(_ batch: PackedBatch, rows: LogitRows) -> Int {
    let channels = model.configuration.channels
    var count = batch.rows.count
    if case .last = rows {
      // Rows move up, never down: row `index` is at or before the segment's last row.
      for (index, segment) in batch.segments.enumerated() {
        let last = segment.firstRow + segment.count - 1
        if last == index { continue }
        (buffers.hidden.pointer + index * channels).update(
          from: buffers.hidden.pointer + last * channels, count: channels)
      }
      count = batch.segments.count
    }
    model.finalNorm.forward(buffers.hidden.pointer, rows: count, into: buffers.normed.pointer)
    return count
  }
}
