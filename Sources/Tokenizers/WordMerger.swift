/// Byte-pair encoding of one word.
///
/// Starts from one token a byte and joins neighbours until no merge applies: always the merge of
/// the lowest rank, the leftmost of equal ones first, one at a time. With the merges `a b`, `ab c`
/// the word `abcab` becomes `ab|c|a|b`, `ab|c|ab`, `abc|ab`.
///
/// Short words, nearly all of them, find the next merge by scanning; long ones with a heap.
/// Both give the same tokens.
///
/// Spec: `BPE-4`. Source: Sennrich, Haddow, Birch 2016, algorithm 1.
struct WordMerger: Sendable {
  /// Words of at most this many bytes are merged by scanning.
  static let scanLimit = 48

  private let byteIDs: [Int32]
  private let merges: MergeTable

  /// - Parameters:
  ///   - byteIDs: The id of each byte's token, -1 where the vocabulary has none.
  ///   - merges: The merges by pair of ids.
  init(byteIDs: [Int32], merges: MergeTable) {
    self.byteIDs = byteIDs
    self.merges = merges
  }

  /// Appends the ids of the tokens of `word` to `ids`.
  ///
  /// - Returns: `nil`, or the index of the first byte that has no token; `ids` is then unchanged.
  /// - Complexity: O(*n*²) up to ``scanLimit`` bytes, O(*n* log *n*) above.
  func merge(_ word: UTF8Buffer, into ids: inout [UInt32]) -> Int? {
    if let missing = word.firstIndex(where: { byteIDs[Int($0)] < 0 }) { return missing }
    if word.count <= Self.scanLimit { scan(word, into: &ids) } else { heap(word, into: &ids) }
    return nil
  }

  private func scan(_ word: UTF8Buffer, into ids: inout [UInt32]) {
    let start = ids.count
    for byte in word { ids.append(UInt32(bitPattern: byteIDs[Int(byte)])) }
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.scanLimit) { pairs in
      var count = word.count
      for index in 0..<max(count - 1, 0) {
        pairs[index] = merges.merge(ids[start + index], ids[start + index + 1])
      }
      while let index = lowest(pairs, count - 1) {
        ids[start + index] = MergeTable.result(pairs[index])
        count -= 1
        for place in index + 1..<max(count, index + 1) {
          ids[start + place] = ids[start + place + 1]
          pairs[place - 1] = pairs[place]
        }
        update(pairs, index - 1, ids, start, count)
        update(pairs, index, ids, start, count)
      }
      ids.removeLast(ids.count - start - count)
    }
  }

  /// The first of the lowest values, or `nil` when nothing can be joined.
  @inline(__always) private func lowest(
    _ pairs: UnsafeMutableBufferPointer<UInt64>, _ count: Int
  ) -> Int? {
    var best = MergeTable.none
    var place: Int?
    var index = 0
    while index < count {
      if pairs[index] < best {
        best = pairs[index]
        place = index
      }
      index += 1
    }
    return place
  }

  @inline(__always) private func update(
    _ pairs: UnsafeMutableBufferPointer<UInt64>, _ index: Int, _ ids: [UInt32], _ start: Int,
    _ count: Int
  ) {
    if index >= 0, index + 1 < count {
      pairs[index] = merges.merge(ids[start + index], ids[start + index + 1])
    }
  }
}

extension WordMerger {
  /// The tokens as a doubly linked list over byte positions, and a heap of the merges in sight.
  private func heap(_ word: UTF8Buffer, into out: inout [UInt32]) {
    let end = word.count
    var ids = word.map { UInt32(bitPattern: byteIDs[Int($0)]) }
    var next = Array(1...end)
    var previous = Array(-1..<end - 1)
    // What joining the token at a position with its right neighbour gives; entries of the heap that
    // no longer say so are stale and are passed over.
    var pairs = [UInt64](repeating: MergeTable.none, count: end)
    var heap = MergeHeap()
    func offer(_ place: Int) {
      let right = next[place]
      pairs[place] = right < end ? merges.merge(ids[place], ids[right]) : MergeTable.none
      if pairs[place] != MergeTable.none { heap.push(pairs[place], at: place) }
    }
    for place in 0..<end - 1 { offer(place) }
    while let (value, place) = heap.pop() {
      if pairs[place] != value { continue }
      let right = next[place]
      ids[place] = MergeTable.result(value)
      pairs[right] = MergeTable.none
      next[place] = next[right]
      if next[place] < end { previous[next[place]] = place }
      offer(place)
      if previous[place] >= 0 { offer(previous[place]) }
    }
    var place = 0
    while place < end {
      out.append(ids[place])
      place = next[place]
    }
  }
}

/// A binary heap whose top is the merge of the lowest rank, the leftmost of equal ones.
private struct MergeHeap {
  private var entries: [(value: UInt64, place: Int)] = []

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    (entries[a].value, entries[a].place) < (entries[b].value, entries[b].place)
  }

  mutating func push(_ value: UInt64, at place: Int) {
    entries.append((value, place))
    var child = entries.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      entries.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func pop() -> (value: UInt64, place: Int)? {
    guard let top = entries.first, let last = entries.popLast() else { return nil }
    if entries.isEmpty { return top }
    entries[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= entries.count { return top }
      if child + 1 < entries.count, precedes(child + 1, child) { child += 1 }
      if !precedes(child, parent) { return top }
      entries.swapAt(parent, child)
      parent = child
    }
  }
}
