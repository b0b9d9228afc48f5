import FoxNumbers

/// # The cache
///
/// When a token is added to a text, the keys and values of all tokens before it stay what they were: a
/// causal model never looks ahead. So they are kept, and a step computes one token for each text
/// instead of all.
///
/// Each token has a *slot*: one row of the key and of the value table of each layer. A text is a list of
/// slots. Beams that share a beginning list the same slots, so reordering them copies a few integers
/// and no keys or values. A slot that no text lists any more is used again.
///
/// Source: `past_key_values` of transformers, which copies the whole cache to reorder it. SPEC `GPT2-8`.
package final class KeyValueCache {
  private let channels: Int
  private var keys: [FloatBuffer]
  private var values: [FloatBuffer]
  /// The slots of each text, by position.
  package private(set) var sequences: [[Int32]]
  /// How many texts list each slot.
  private var owners: [Int32] = []
  private var free: [Int32] = []
  /// How many slots there is memory for.
  package private(set) var capacity: Int

  /// An empty cache.
  ///
  /// - Parameter capacity: Slots to allocate at once; more are added when they run out.
  package init(layers: Int, channels: Int, sequences: Int, capacity: Int) {
    (self.channels, self.capacity) = (channels, capacity)
    self.sequences = Array(repeating: [], count: sequences)
    keys = (0..<layers).map { _ in FloatBuffer(uninitialized: capacity * channels) }
    values = (0..<layers).map { _ in FloatBuffer(uninitialized: capacity * channels) }
  }

  /// The key table of a layer, `[capacity, C]`.
  package func keys(layer: Int) -> Matrix { Matrix(keys[layer], capacity, channels) }

  /// The value table of a layer, `[capacity, C]`.
  package func values(layer: Int) -> Matrix { Matrix(values[layer], capacity, channels) }

  /// Appends `count` slots to a text; their keys and values are then to be written.
  package func append(_ count: Int, to sequence: Int) -> ArraySlice<Int32> {
    for _ in 0..<count {
      let slot = free.popLast() ?? fresh()
      owners[Int(slot)] = 1
      sequences[sequence].append(slot)
    }
    return sequences[sequence].suffix(count)
  }

  /// Replaces the texts: the new text `i` continues the old text `parents[i]`.
  ///
  /// - Complexity: O(tokens of all texts), in integers.
  package func reorder(_ parents: [Int]) {
    let old = sequences
    sequences = parents.map { old[$0] }
    for slots in sequences { for slot in slots { owners[Int(slot)] += 1 } }
    for slots in old {
      for slot in slots {
        owners[Int(slot)] -= 1
        if owners[Int(slot)] == 0 { free.append(slot) }
      }
    }
  }

  private func fresh() -> Int32 {
    let slot = owners.count
    if slot == capacity { grow(to: max(64, 2 * capacity)) }
    owners.append(0)
    return Int32(slot)
  }

  private func grow(to larger: Int) {
    func grown(_ old: FloatBuffer) -> FloatBuffer {
      let new = FloatBuffer(uninitialized: larger * channels)
      new.pointer.update(from: old.pointer, count: old.count)
      return new
    }
    (keys, values, capacity) = (keys.map(grown), values.map(grown), larger)
  }
}

/// One token that attends to slots.
package struct SlotQuery {
  /// Its row among the queries.
  package let row: Int
  /// The slots it sees, its own the last of them.
  package let slots: ArraySlice<Int32>

  package init(row: Int, slots: ArraySlice<Int32>) { (self.row, self.slots) = (row, slots) }
}

extension Attention {
  /// Attention token by token, over slots that may lie anywhere: `softmax(q kᵀ · scale) v` again.
  ///
  /// - Parameters:
  ///   - q: `[N, C]`.
  ///   - out: `[N, C]`; rows that no query names stay as they are.
  package static func forward(
    _ queries: [SlotQuery], heads: Int, scale: Float, _ q: Matrix, keys: Matrix, values: Matrix,
    into out: Matrix
  ) {
    let (operations, size) = (Operations.current, q.columns / heads)
    let longest = queries.reduce(0) { max($0, $1.slots.count) }
    // A head over a short text is less work than waking a thread.
    let grain = max(1, 16_384 / max(1, longest * size))
    operations.ranges(queries.count * heads, grain) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: longest) { memory in
        guard let scores = memory.baseAddress else { return }
        for task in range {
          let (query, first) = (queries[task / heads], task % heads * size)
          let channels = first..<first + size
          query.slots.withUnsafeBufferPointer { slots in
            let head = q.row(query.row) + first
            operations.slotScores(head, keys[columns: channels], slots, scale, scores)
            operations.softmax(Matrix(scores, 1, slots.count), nil)
            operations.slotSum(
              values[columns: channels], slots, scores, out.row(query.row) + first)
          }
        }
      }
    }
  }
}
