import FoxNumbers

/// # The cache
///
/// When a token is added to a text, the keys and values of all tokens before it stay what they
/// were: a causal model never looks ahead. So they are kept, and a step computes one token for each
/// text instead of all. Each token has a *slot*: one row of the key and of the value table of each
/// layer. Beams that share a beginning list the same slots; to reorder them copies integers only:
///
///     text 0   "The fox jumps"   slots 0 1 2           text 1   "The fox runs"   slots 0 1 3
///
/// A token takes `2 · layers · C` numbers: 72 KB in GPT-2 small, 72 MB for 1,024 tokens.
///
/// Source: `past_key_values` of transformers, which copies all of it to reorder; slots are the
/// pages of Kwon et al. 2023, arXiv 2309.06180, one token each. SPEC `GPT2-7`, `GPT2-8`.
///
/// What it does not do: it forgets no token of a text, and nothing can be trained through it.
final class KeyValueCache {
  private let channels: Int
  private var keys, values: [FloatBuffer]  // [capacity, C] for each layer
  private(set) var sequences: [[Int32]]  // the slots of each text, by position
  private(set) var capacity: Int  // how many slots there is memory for
  private var owners: [Int32] = []  // how many texts list each slot
  private var free: [Int32] = []  // slots that none lists, a stack: that freed last is reused first

  init(layers: Int, channels: Int, sequences: Int, capacity: Int) {
    (self.channels, self.capacity) = (channels, capacity)
    self.sequences = Array(repeating: [], count: sequences)
    // Uninitialized, for a slot is written before any query lists it.
    keys = (0..<layers).map { _ in FloatBuffer(uninitialized: capacity * channels) }
    values = (0..<layers).map { _ in FloatBuffer(uninitialized: capacity * channels) }
  }

  /// The tables of a layer, `[capacity, C]`: views for one pass, since growing moves the tables.
  func tables(layer: Int) -> (keys: Matrix, values: Matrix) {
    (Matrix(keys[layer], capacity, channels), Matrix(values[layer], capacity, channels))
  }

  func append(_ count: Int, to sequence: Int) -> ArraySlice<Int32> {
    for _ in 0..<count {
      let slot = free.popLast() ?? fresh()  // a used slot before a new one
      owners[Int(slot)] = 1  // a new token is one text's alone, until the text is repeated
      sequences[sequence].append(slot)  // position t of the text is entry t of its list
    }
    return sequences[sequence].suffix(count)
  }

  func reorder(_ parents: [Int]) {
    // The new text i continues the old text parents[i].
    let old = sequences  // reordering is all at once: parents are counted in the old texts
    // Swift's arrays share memory until one of them is changed: so far not even integers move.
    sequences = parents.map { old[$0] }
    // New owners are counted before old ones leave. The other way round, a slot that stays would
    // pass through 0 and be given away.
    for slot in sequences.joined() { owners[Int(slot)] += 1 }
    for slot in old.joined() {
      owners[Int(slot)] -= 1
      // Its numbers stay until they are overwritten.
      if owners[Int(slot)] == 0 { free.append(slot) }
    }
  }

  private func fresh() -> Int32 {
    let slot = owners.count  // every slot there ever was has a count, free ones too
    if slot == capacity {
      // Doubling: growing to n tokens copies about n in all, not n² / 2.
      capacity = max(64, 2 * capacity)
      (keys, values) = (keys.map(grown), values.map(grown))
    }
    owners.append(0)  // the caller takes it
    return Int32(slot)
  }

  private func grown(_ old: FloatBuffer) -> FloatBuffer {
    let new = FloatBuffer(uninitialized: capacity * channels)
    // Slots keep their numbers, so no text's list changes.
    new.pointer.update(from: old.pointer, count: old.count)
    return new
  }
}

extension KeyValueCache {
  /// Writes the keys and values of new tokens to their slots, then answers the queries.
  func attend(
    _ rows: TokenRows, _ x: Attention.Projections, layer: Int, heads: Int, scale: Float,
    into out: Matrix
  ) {
    let (keys, values) = tables(layer: layer)  // [capacity, C]
    // All keys are written before any query is answered: a token sees itself, and its text's other
    // new tokens before it.
    Operations.current.ranges(rows.slots.count, 64) { range in
      for row in range {
        let slot = Int(rows.slots[row])
        keys[rows: slot..<slot + 1].copy(x.k[rows: row..<row + 1])
        values[rows: slot..<slot + 1].copy(x.v[rows: row..<row + 1])
      }
    }
    Attention.forward(
      rows.queries, heads: heads, scale: scale, x.q, keys: keys, values: values, into: out)
  }
}

/// One token that attends to slots.
struct SlotQuery {
  let row: Int  // its row among the queries
  let slots: ArraySlice<Int32>  // the slots it sees, its own the last of them
}

extension Attention {
  /// Attention token by token, over slots that may lie anywhere: `softmax(q kᵀ · scale) v` again.
  /// Rows of `out`, `[N, C]`, that no query names stay as they are.
  static func forward(
    _ queries: [SlotQuery], heads: Int, scale: Float, _ q: Matrix, keys: Matrix, values: Matrix,
    into out: Matrix
  ) {
    let (operations, size) = (Operations.current, q.columns / heads)
    // Texts differ in length; scores need room for the longest.
    let longest = queries.reduce(0) { max($0, $1.slots.count) }
    // A head over a short text is less work than waking a thread. A unit is a multiplication and
    // addition, of which a score takes C/H.
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
