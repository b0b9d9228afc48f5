/// # The greatest of many
///
/// Beam search asks for the best `k` of all continuations: 5 of 250,000 numbers. Sorting them would
/// cost a hundred times the search. Instead a heap holds the best `k` so far with the worst of them on
/// top; a number that does not exceed it is passed over, and almost none does.
///
/// Source: `torch.topk`, which promises nothing about equal numbers; here the lower index comes first.
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
      if value == other.value || (value.isNaN && other.value.isNaN) { return index < other.index }
      return value > other.value || value.isNaN
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
    let firstAbove = Operations.current.firstAbove
    var heap = WorstFirstHeap(capacity: k)
    for (row, offset) in offsets.enumerated() {
      let start = row * columns
      var column = 0
      while column < columns {
        // Indices rise, so an equal value never displaces one that is there.
        column += firstAbove(values + start + column, offset, heap.threshold, columns - column)
        if column == columns { break }
        heap.insert(Entry(value: values[start + column] + offset, index: start + column))
        column += 1
      }
    }
    return heap.entries.sorted { $0.precedes($1) }
  }
}

/// A binary heap of at most `capacity` entries whose root is the one to give up first.
private struct WorstFirstHeap {
  let capacity: Int
  private(set) var entries: [TopK.Entry] = []
  /// What a newcomer must exceed; NaN (exceeded by everything, also by −∞) until the heap is full.
  private(set) var threshold = Float.nan

  init(capacity: Int) {
    self.capacity = capacity
    entries.reserveCapacity(capacity)
  }

  mutating func insert(_ entry: TopK.Entry) {
    if entries.count < capacity {
      entries.append(entry)
      siftUp(entries.count - 1)
    } else if let root = entries.first, entry.precedes(root) {
      entries[0] = entry
      siftDown(0)
    }
    if entries.count == capacity, let root = entries.first { threshold = root.value }
  }

  private mutating func siftUp(_ start: Int) {
    var child = start
    while child > 0 {
      let parent = (child - 1) / 2
      guard entries[parent].precedes(entries[child]) else { return }
      entries.swapAt(parent, child)
      child = parent
    }
  }

  private mutating func siftDown(_ start: Int) {
    var parent = start
    while true {
      var worst = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
        if entries[worst].precedes(entries[child]) { worst = child }
      }
      if worst == parent { return }
      entries.swapAt(parent, worst)
      parent = worst
    }
  }
}
