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
/// A token takes `2 · layers · C` numbers: 72 KB in GPT-2 small, 72 MB for 1,024 tokens.
///
/// Source: `past_key_values` of transformers, which copies the whole cache to reorder it
/// (`_reorder_cache`); slots are the pages of Kwon et al. 2023, arXiv 2309.06180, one token each.
/// SPEC `GPT2-7`, `GPT2-8`.
///
/// What it does not do: it forgets no token of a text, and nothing can be trained through it.
package final class KeyValueCache {
  private let channels: Int
  private var keys: [FloatBuffer]  // [capacity, C] for each layer
  private var values: [FloatBuffer]  // the same
  /// The slots of each text, by position.
  package private(set) var sequences: [[Int32]]
  /// How many texts list each slot.
  private var owners: [Int32] = []
  /// Slots that no text lists any more.
  private var free: [Int32] = []  // a stack: the slot freed last is reused first
  /// How many slots there is memory for.
  package private(set) var capacity: Int

  /// An empty cache.
  ///
  /// - Parameter capacity: Slots to allocate at once; more are added when they run out.
  package init(layers: Int, channels: Int, sequences: Int, capacity: Int) {
    (self.channels, self.capacity) = (channels, capacity)
    self.sequences = Array(repeating: [], count: sequences)
    // Uninitialized, for a slot is written before any query lists it.
    keys = (0..<layers).map { _ in FloatBuffer(uninitialized: capacity * channels) }
    values = (0..<layers).map { _ in FloatBuffer(uninitialized: capacity * channels) }
  }

  /// The key table of a layer, `[capacity, C]`: a view for one pass, since growing moves the tables.
  package func keys(layer: Int) -> Matrix { Matrix(keys[layer], capacity, channels) }

  /// The value table of a layer, `[capacity, C]`.
  package func values(layer: Int) -> Matrix { Matrix(values[layer], capacity, channels) }

  /// Appends `count` slots to a text; their keys and values are then to be written.
  package func append(_ count: Int, to sequence: Int) -> ArraySlice<Int32> {
    for _ in 0..<count {
      let slot = free.popLast() ?? fresh()  // a used slot before a new one
      owners[Int(slot)] = 1  // a new token is one text's alone, until the text is repeated
      sequences[sequence].append(slot)  // position t of the text is entry t of its list
    }
    return sequences[sequence].suffix(count)
  }

  /// Replaces the texts: the new text `i` continues the old text `parents[i]`.
  ///
  /// - Complexity: O(tokens of all texts), in integers.
  package func reorder(_ parents: [Int]) {
    let old = sequences  // reordering is all at once: parents are counted in the old texts
    // Swift's arrays share memory until one of them is changed: so far not even integers move.
    sequences = parents.map { old[$0] }
    // New owners are counted before old ones leave. The other way round, a slot that stays would
    // pass through 0 and be given away.
    for slots in sequences { for slot in slots { owners[Int(slot)] += 1 } }
    for slots in old {
      for slot in slots {
        owners[Int(slot)] -= 1
        // Its numbers stay until they are overwritten.
        if owners[Int(slot)] == 0 { free.append(slot) }
      }
    }
  }

  private func fresh() -> Int32 {
    let slot = owners.count  // every slot there ever was has a count, free ones too
    // Doubling: growing to n tokens copies about n in all, not n² / 2.
    if slot == capacity { grow(to: max(64, 2 * capacity)) }
    owners.append(0)  // the caller takes it
    return Int32(slot)
  }

  private func grow(to larger: Int) {
    func grown(_ old: FloatBuffer) -> FloatBuffer {
      let new = FloatBuffer(uninitialized: larger * channels)
      // Slots keep their numbers, so no text's list changes.
      new.pointer.update(from: old.pointer, count: old.count)
      return new
    }
    (keys, values, capacity) = (keys.map(grown), values.map(grown), larger)
  }
}

/// How the rows of a pass use the cache.
package struct CachedRows {
  private let cache: KeyValueCache
  /// The slot of each row.
  var slots: [Int32] = []
  /// The rows that attend token by token.
  var queries: [SlotQuery] = []

  init(_ cache: KeyValueCache) { self.cache = cache }

  /// Writes the keys and values of new tokens to their slots; those that do not attend by products then
  /// attend to the slots of their text.
  func attend(
    _ x: Attention.Projections, layer: Int, heads: Int, scale: Float, into out: Matrix
  ) {
    let (keys, values) = (cache.keys(layer: layer), cache.values(layer: layer))  // [capacity, C]
    // All keys are written before any query is answered: a token sees itself, and its text's other
    // new tokens before it.
    Operations.current.ranges(slots.count, 64) { range in
      for row in range {
        let slot = Int(slots[row])
        keys[rows: slot..<slot + 1].copy(x.k[rows: row..<row + 1])
        values[rows: slot..<slot + 1].copy(x.v[rows: row..<row + 1])
      }
    }
    Attention.forward(
      queries, heads: heads, scale: scale, x.q, keys: keys, values: values, into: out)
  }
}

/// One token that attends to slots.
package struct SlotQuery {
  /// Its row among the queries.
  package let row: Int
  /// The slots it sees, its own the last of them.
  package let slots: ArraySlice<Int32>
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
    // Texts differ in length; scores need room for the longest.
    let longest = queries.reduce(0) { max($0, $1.slots.count) }
    // A head over a short text is less work than waking a thread.
    // A unit is a multiplication and addition, of which a score takes C/H.
    let grain = max(1, 16_384 / max(1, longest * size))
    operations.ranges(queries.count * heads, grain) { range in  // a task is one head of one query
      // One row of scores serves all tasks of a range, and never reaches the heap when it is short.
      withUnsafeTemporaryAllocation(of: Float.self, capacity: longest) { memory in
        guard let scores = memory.baseAddress else { return }
        for task in range {
          // Head h owns the channels from h · C/H on, as in `Attention`.
          let (query, first) = (queries[task / heads], task % heads * size)
          let channels = first..<first + size
          query.slots.withUnsafeBufferPointer { slots in
            let head = q.row(query.row) + first  // [C/H]
            // No mask: slots end with the token's own, so nothing later is among the t keys.
            operations.slotScores(head, keys[columns: channels], slots, scale, scores)
            operations.softmax(Matrix(scores, 1, slots.count), nil)  // [1, t]
            // [1, t] [t, C/H] → [1, C/H], the rows of the table in the order of the text.
            operations.slotSum(
              values[columns: channels], slots, scores, out.row(query.row) + first)
          }
        }
      }
    }
  }
}
