/// Byte-pair encoding of one word.
///
/// Starts from one token a byte and joins neighbours until no merge applies: always the merge of
/// the lowest rank, the leftmost of equal ones first, one at a time. With the merges `a b`, `ab c`
/// the word `abcab` becomes `ab|c|a|b`, `ab|c|ab`, `abc|ab`.
///
/// Short words, nearly all of them, find the next merge by scanning. Long ones are first cut between
/// bytes where no merge can join anything, and what is still long finds the next merge with a queue.
/// All give the same tokens.
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
  /// - Complexity: O(*n*²) up to ``scanLimit`` bytes, about O(*n*) above.
  func merge(_ word: UTF8Buffer, into ids: inout [UInt32]) -> Int? {
    if let missing = word.firstIndex(where: { byteIDs[Int($0)] < 0 }) { return missing }
    if word.count <= Self.scanLimit {
      scan(word, into: &ids)
    } else {
      mergeParts(of: word, into: &ids)
    }
    return nil
  }

  /// Merges the parts of a long word between which nothing can be joined.
  private func mergeParts(of word: UTF8Buffer, into ids: inout [UInt32]) {
    var start = 0
    while start < word.count {
      var end = start + 1
      while end < word.count, merges.joins(word[end - 1], word[end]) { end += 1 }
      let part = UTF8Buffer(rebasing: word[start..<end])
      if part.count <= Self.scanLimit { scan(part, into: &ids) } else { queue(part, into: &ids) }
      start = end
    }
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
  /// The tokens as a doubly linked list over byte positions, and a queue of the merges in sight.
  private func queue(_ word: UTF8Buffer, into out: inout [UInt32]) {
    let list = MergeList(word, byteIDs: byteIDs)
    var queue = MergeQueue()
    for place in 0..<word.count - 1 {
      if let rank = list.update(place, merges) { queue.push(rank: rank, place: Int32(place)) }
    }
    while let (rank, place) = queue.pop() {
      if !list.join(place, rank) { continue }
      if let rank = list.update(place, merges) { queue.push(rank: rank, place: Int32(place)) }
      let previous = list.previous[place]
      if previous >= 0, let rank = list.update(Int(previous), merges) {
        queue.push(rank: rank, place: previous)
      }
    }
    list.forEach { out.append($0) }
  }
}

/// The tokens of a word, each at the place of its first byte.
private final class MergeList {
  private let count: Int
  let previous: UnsafeMutablePointer<Int32>
  private let ids: UnsafeMutablePointer<UInt32>
  private let next: UnsafeMutablePointer<Int32>
  /// What joining the token at a place with its right neighbour gives. Queue entries that no longer
  /// say so are stale.
  private let merges: UnsafeMutablePointer<UInt64>

  init(_ word: UTF8Buffer, byteIDs: [Int32]) {
    count = word.count
    previous = .allocate(capacity: count)
    ids = .allocate(capacity: count)
    next = .allocate(capacity: count)
    merges = .allocate(capacity: count)
    for place in 0..<count {
      previous[place] = Int32(place - 1)
      next[place] = Int32(place + 1)
      ids[place] = UInt32(bitPattern: byteIDs[Int(word[place])])
    }
    merges.initialize(repeating: MergeTable.none, count: count)
  }

  deinit {
    previous.deallocate()
    ids.deallocate()
    next.deallocate()
    merges.deallocate()
  }

  /// Looks up the merge of the token at `place` with its right neighbour, and returns its rank.
  @inline(__always) func update(_ place: Int, _ table: MergeTable) -> UInt32? {
    let right = Int(next[place])
    let merge = right < count ? table.merge(ids[place], ids[right]) : MergeTable.none
    merges[place] = merge
    return merge == MergeTable.none ? nil : UInt32(merge >> 32)
  }

  /// Joins the token at `place` with its right neighbour, unless the merge of that rank is stale.
  @inline(__always) func join(_ place: Int, _ rank: UInt32) -> Bool {
    if merges[place] >> 32 != UInt64(rank) { return false }
    let right = Int(next[place])
    ids[place] = MergeTable.result(merges[place])
    merges[right] = MergeTable.none
    next[place] = next[right]
    if next[place] < count { previous[Int(next[place])] = Int32(place) }
    return true
  }

  func forEach(_ body: (UInt32) -> Void) {
    var place = 0
    while place < count {
      body(ids[place])
      place = Int(next[place])
    }
  }
}
