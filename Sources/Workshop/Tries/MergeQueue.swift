/// The merges in sight of a long word, lowest rank first, of one rank the leftmost first.
///
/// A long word has few different merges and many places for each, so places wait in a bucket for
/// each rank, and only the ranks stand in a heap. Places come nearly in order, in a few rising runs,
/// which makes sorting a bucket cheap.
struct MergeQueue {
  /// The places of one rank; those before `head` are done.
  private struct Bucket {
    let rank: UInt32
    var places: [Int32] = []
    var head = 0
    var isSorted = true
  }

  private var buckets: [Bucket] = []
  private var bucketOfRank: [UInt32: Int32] = [:]
  /// The ranks and buckets met last, by the rank's low bits: pushes alternate among a few.
  private var recent = [(rank: UInt32, bucket: Int32)](repeating: (.max, -1), count: 64)
  /// Ranks that have places, a binary heap: the rank in the upper half, its bucket in the lower.
  private var ranks: [UInt64] = []

  /// Adds a place.
  ///
  /// - Complexity: O(1), O(log *r*) for a rank that had no places, with *r* such ranks.
  mutating func push(rank: UInt32, place: Int32) {
    let index = bucket(of: rank)
    if buckets[index].head == buckets[index].places.count {
      buckets[index].places.removeAll(keepingCapacity: true)
      buckets[index].head = 0
      buckets[index].isSorted = true
      insert(UInt64(rank) << 32 | UInt64(index))
    } else if let last = buckets[index].places.last, place < last {
      buckets[index].isSorted = false
    }
    buckets[index].places.append(place)
  }

  /// Takes the next merge; it may be stale.
  mutating func pop() -> (rank: UInt32, place: Int)? {
    guard let top = ranks.first else { return nil }
    let index = Int(top & 0xFFFF_FFFF)
    if !buckets[index].isSorted {
      buckets[index].places[buckets[index].head...].sort()
      buckets[index].isSorted = true
    }
    let place = buckets[index].places[buckets[index].head]
    buckets[index].head += 1
    if buckets[index].head == buckets[index].places.count { removeFirst() }
    return (buckets[index].rank, Int(place))
  }

  private mutating func bucket(of rank: UInt32) -> Int {
    let slot = Int(rank & 63)
    if recent[slot].rank == rank { return Int(recent[slot].bucket) }
    let index: Int32
    if let known = bucketOfRank[rank] {
      index = known
    } else {
      index = Int32(buckets.count)
      buckets.append(Bucket(rank: rank))
      bucketOfRank[rank] = index
    }
    recent[slot] = (rank, index)
    return Int(index)
  }

  private mutating func insert(_ entry: UInt64) {
    ranks.append(entry)
    var child = ranks.count - 1
    while child > 0, entry < ranks[(child - 1) / 2] {
      ranks[child] = ranks[(child - 1) / 2]
      child = (child - 1) / 2
    }
    ranks[child] = entry
  }

  private mutating func removeFirst() {
    let entry = ranks.removeLast()
    if ranks.isEmpty { return }
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= ranks.count { break }
      if child + 1 < ranks.count, ranks[child + 1] < ranks[child] { child += 1 }
      if entry <= ranks[child] { break }
      ranks[parent] = ranks[child]
      parent = child
    }
    ranks[parent] = entry
  }
}
