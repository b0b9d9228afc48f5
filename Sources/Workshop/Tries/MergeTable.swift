/// What becomes of two neighbouring tokens: rank and result of each merge, by the pair of ids.
///
/// An open-addressing table with linear probing: a key is the two ids in one 64-bit word, a value
/// the rank in the upper half and the resulting id in the lower, so that the smaller value is the
/// earlier merge.
struct MergeTable: Sendable {
  /// The value of a pair that no merge joins; greater than every other.
  static let none = UInt64.max

  private var keys: [UInt64]
  private var values: [UInt64]
  private var shift: UInt64
  private var count = 0
  /// A bit for each pair of bytes: whether some merge joins two tokens there.
  private var junctions = [UInt64](repeating: 0, count: 1 << 10)

  /// An empty table with room for `capacity` merges.
  init(capacity: Int) {
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    keys = Array(repeating: Self.none, count: 1 << bits)
    values = keys
    shift = 64 - bits
  }

  /// Rank and result of joining `left` and `right`, or ``none``.
  @inline(__always) func merge(_ left: UInt32, _ right: UInt32) -> UInt64 {
    values[slot(of: UInt64(left) << 32 | UInt64(right))]
  }

  /// The id that a value of ``merge(_:_:)`` leads to.
  @inline(__always) static func result(_ value: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: value)
  }

  /// Enters a merge.
  ///
  /// - Returns: The rank the pair already had, or `nil` when it is new.
  mutating func insert(_ left: UInt32, _ right: UInt32, rank: Int, result: UInt32) -> Int? {
    if count * 2 >= keys.count { grow() }
    let key = UInt64(left) << 32 | UInt64(right)
    let slot = slot(of: key)
    if keys[slot] == key { return Int(values[slot] >> 32) }
    keys[slot] = key
    values[slot] = UInt64(rank) << 32 | UInt64(result)
    count += 1
    return nil
  }

  /// Enters that a merge joins a token that ends with `left` and one that begins with `right`.
  mutating func addJunction(_ left: UInt8, _ right: UInt8) {
    let pair = Int(left) << 8 | Int(right)
    junctions[pair >> 6] |= 1 << UInt64(pair & 63)
  }

  /// Whether any merge can join tokens between these two bytes. Where none can, a word falls into
  /// parts that have nothing to do with each other.
  @inline(__always) func joins(_ left: UInt8, _ right: UInt8) -> Bool {
    let pair = Int(left) << 8 | Int(right)
    return junctions[pair >> 6] >> UInt64(pair & 63) & 1 == 1
  }

  private mutating func grow() {
    let (oldKeys, oldValues, oldJunctions) = (keys, values, junctions)
    self = MergeTable(capacity: keys.count)
    junctions = oldJunctions
    for (key, value) in zip(oldKeys, oldValues) where key != Self.none {
      let slot = slot(of: key)
      keys[slot] = key
      values[slot] = value
      count += 1
    }
  }

  /// The place of `key`, or the free place where it belongs. The table is at most half full, so
  /// there is one.
  @inline(__always) private func slot(of key: UInt64) -> Int {
    // Fibonacci hashing; the factor is 2^64 divided by the golden ratio.
    var slot = Int((key &* 0x9E37_79B9_7F4A_7C15) >> shift)
    while keys[slot] != key, keys[slot] != Self.none { slot = (slot + 1) & (keys.count - 1) }
    return slot
  }
}
