import FoxKernels
import FoxLayers

/// The tokens of one pass, row after row without padding, checked against the model.
struct PackedBatch {
  /// One token.
  struct Row {
    let token: Int
    let position: Int
  }

  /// The consecutive rows of one sequence.
  struct Segment {
    let sequence: Int
    let firstRow: Int
    let count: Int
    /// How many tokens the sequence held before.
    let past: Int
  }

  private(set) var rows: [Row] = []
  private(set) var segments: [Segment] = []

  init(
    _ tokens: [[Int]], positions: [[Int]]?, lengths: [Int], configuration: GPT2Configuration
  ) throws(GPT2Error) {
    guard tokens.count == lengths.count else {
      throw .batch("tokens for \(tokens.count) sequences, but there are \(lengths.count)")
    }
    if let positions, positions.map(\.count) != tokens.map(\.count) {
      throw .batch("there must be one position for each token")
    }
    for (sequence, ids) in tokens.enumerated() where !ids.isEmpty {
      let past = lengths[sequence]
      guard past + ids.count <= configuration.positions else {
        throw .tooLong(tokens: past + ids.count, positions: configuration.positions)
      }
      segments.append(
        Segment(sequence: sequence, firstRow: rows.count, count: ids.count, past: past))
      for (index, id) in ids.enumerated() {
        let position = positions?[sequence][index] ?? past + index
        try Self.check(id: id, position: position, configuration)
        rows.append(Row(token: id, position: position))
      }
    }
  }

  private static func check(
    id: Int, position: Int, _ configuration: GPT2Configuration
  ) throws(GPT2Error) {
    guard (0..<configuration.vocabularySize).contains(id) else {
      throw .token(id: id, vocabulary: configuration.vocabularySize)
    }
    guard (0..<configuration.positions).contains(position) else {
      throw .tooLong(tokens: position + 1, positions: configuration.positions)
    }
  }
}

/// A segment whose tokens have their slots in the cache.
struct CachedSegment {
  let sequence: Int
  let firstRow: Int
  let slots: ArraySlice<Int32>
  private let past: Int

  init(_ segment: PackedBatch.Segment, slots: ArraySlice<Int32>) {
    sequence = segment.sequence
    firstRow = segment.firstRow
    past = segment.past
    self.slots = slots
  }

  /// The first slot, when this is the beginning of a sequence in consecutive slots and long enough
  /// for matrix products.
  var promptStart: Int? {
    guard past == 0, slots.count > Product.skinnyRows, let first = slots.first else { return nil }
    let isConsecutive = zip(slots, slots.dropFirst()).allSatisfy { $1 == $0 + 1 }
    return isConsecutive ? Int(first) : nil
  }

  /// What each token attends to: all of `sequence` up to itself.
  func queries(of sequence: [Int32]) -> [SlotAttention.Query] {
    slots.indices.map { index in
      let visible = past + (index - slots.startIndex) + 1
      return .init(row: firstRow + (index - slots.startIndex), slots: sequence[..<visible])
    }
  }
}

/// What attends to what in one pass; the same for all layers.
struct AttentionWork {
  /// A prompt whose tokens attend by products.
  struct Prompt {
    let firstRow: Int
    let firstSlot: Int
    let tokens: Int
  }

  /// The slot of each row.
  private(set) var slots: [Int32] = []
  private(set) var prompts: [Prompt] = []
  /// The tokens that attend one by one.
  private(set) var queries: [SlotAttention.Query] = []

  init(_ segments: [CachedSegment], sequences: [[Int32]]) {
    for segment in segments {
      slots += segment.slots
      if let first = segment.promptStart {
        prompts.append(
          Prompt(firstRow: segment.firstRow, firstSlot: first, tokens: segment.slots.count))
      } else {
        queries += segment.queries(of: sequences[segment.sequence])
      }
    }
  }
}

/// The activations of one pass. They are allocated when a pass needs more than any before it, and
/// never in a loop of equal steps.
struct GPT2Buffers {
  private(set) var hidden = FloatBuffer(count: 0)
  /// `[rows, C]`: normalised activations, and what attention gathers.
  private(set) var normed = FloatBuffer(count: 0)
  /// `[rows, 3 C]` or `[rows, inner]`.
  private(set) var wide = FloatBuffer(count: 0)
  private(set) var scores = FloatBuffer(count: 0)
  private(set) var logits = FloatBuffer(count: 0)

  mutating func reserve(
    rows: Int, segments: [PackedBatch.Segment], _ configuration: GPT2Configuration
  ) {
    let channels = configuration.channels
    Self.reserve(&hidden, rows * channels)
    Self.reserve(&normed, rows * channels)
    Self.reserve(&wide, rows * max(3 * channels, configuration.innerChannels))
    let longest = segments.reduce(0) { max($0, $1.count) }
    if longest > Product.skinnyRows {
      Self.reserve(&scores, CausalAttention.scratchCount(tokens: longest))
    }
  }

  mutating func reserveLogits(rows: Int, vocabulary: Int) {
    Self.reserve(&logits, rows * vocabulary)
  }

  private static func reserve(_ buffer: inout FloatBuffer, _ count: Int) {
    if buffer.count < count { buffer = FloatBuffer(uninitialized: count) }
  }
}
