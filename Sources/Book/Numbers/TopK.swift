/// # The greatest of many
///
/// Beam search asks for the best `k` of all continuations: 5 of 250,000 numbers. Sorting them would
/// cost a hundred times the search. Instead a heap holds the best `k` so far with the worst of them
/// on top; a number that does not exceed it is passed over, and almost none does.
///
///     k = 3 of 4 1 7 3 9 2:   heap 1 4 7;   3 > 1: heap 3 4 7;   9 > 3: heap 4 7 9;   2 ≤ 4
///
/// Source: `torch.topk`, which promises nothing about equal numbers; here the lower index comes
/// first.
///
/// What it does not do: it does not choose at random, and it does not know what the numbers mean.
public enum TopK {
  /// One of the greatest numbers and where it stands.
  public struct Entry: Equatable, Sendable {
    /// The number.
    public let value: Float
    /// Its index.
    public let index: Int

    /// A number and its index.
    public init(value: Float, index: Int) {
      self.value = value
      self.index = index
    }

    /// Whether this comes before `other`: the greater value first, of equal values the lower index.
    /// NaN comes before every number, as in `torch.topk`.
    func precedes(_ other: Entry) -> Bool {
      // NaN is not equal to NaN, but two of them have to be in some order, or sorting has none.
      if value == other.value || (value.isNaN && other.value.isNaN) { return index < other.index }
      return value > other.value || value.isNaN  // both false when only the other is NaN
    }
  }

  /// The `k` greatest of `rows[r][j] + offsets[r]`, over all rows at once.
  ///
  /// Ties are broken by the lower index. `torch.topk` promises nothing about ties; where values
  /// differ the two agree. See SPEC `TENS-6`.
  ///
  /// - Parameters:
  ///   - values: `[offsets.count, columns]`.
  ///   - offsets: A number added to each element of a row, in float32.
  ///   - columns: The length of a row.
  ///   - k: How many to find; fewer are returned when there are fewer numbers.
  /// - Returns: Greatest first; `index` is `row · columns + column`.
  /// - Complexity: O(*n* + *m* log *k*), where *m* numbers exceed the *k*-th greatest seen before
  ///   them: few in practice, all *n* at worst.
  public static func find(
    _ k: Int, in values: UnsafePointer<Float>, offsets: [Float], columns: Int
  ) -> [Entry] {
    // The long scan is an operation of the table. All else is only for numbers that enter the heap.
    let firstAbove = Operations.current.firstAbove
    var heap = WorstFirstHeap(capacity: k)
    // Row after row, a beam each. [beams, vocabulary] → k entries.
    for (row, offset) in offsets.enumerated() {
      let start = row * columns
      var column = 0
      while column < columns {
        // Indices rise, so an equal value never displaces one that is there.
        column += firstAbove(values + start + column, offset, heap.threshold, columns - column)
        if column == columns { break }
        // The sum is rounded to float32 before it is compared, as PyTorch adds beam scores.
        heap.insert(Entry(value: values[start + column] + offset, index: start + column))
        column += 1  // on with the next number
      }
    }
    return heap.entries.sorted { $0.precedes($1) }  // a heap is only in order along its branches
  }
}

/// A binary heap of at most `capacity` entries whose root is the one to give up first.
private struct WorstFirstHeap {
  let capacity: Int
  // Children of entry i are 2 i + 1 and 2 i + 2; each precedes its parent, so the worst is entry 0.
  private(set) var entries: [TopK.Entry] = []
  /// What a newcomer must exceed; NaN (exceeded by everything, also by −∞) until the heap is full.
  private(set) var threshold = Float.nan

  init(capacity: Int) {
    self.capacity = capacity
    entries.reserveCapacity(capacity)  // never moved while numbers come in
  }

  mutating func insert(_ entry: TopK.Entry) {
    // There is room: every number is taken.
    if entries.count < capacity {
      entries.append(entry)
      siftUp(entries.count - 1)
    } else if let root = entries.first, entry.precedes(root) {
      // The worst makes way for a better one. It is compared once more, because with a worst of NaN
      // the scan offers every number.
      entries[0] = entry
      siftDown(0)
    }
    // As the worst gets better, the scan passes over more and more.
    if entries.count == capacity, let root = entries.first { threshold = root.value }
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      // Where the parent is the worse one, the order is right.
      guard entries[parent].precedes(entries[child]) else { return }
      // An entry that is worse than its parent rises.
      entries.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      // The entry sinks until nothing below it is worse.
      var worst = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        // Of two children the worse one rises: it will be the parent of the other.
        if entries[worst].precedes(entries[child]) { worst = child }
      }
      if worst == parent { return }
      entries.swapAt(parent, worst)
      parent = worst
    }
  }
}
