/// What becomes of two neighbouring tokens: rank and result of each merge, by the pair of ids.
///
/// A key is the two ids in one 64-bit word, a value the rank in the upper half and the resulting id in
/// the lower, so that the smaller value is the earlier merge.
struct MergeTable: Sendable {
  /// The value of a pair that no merge joins; greater than every other.
  static let none = UInt64.max

  private struct Entry: OpenTableEntry {
    let key, value: UInt64

    static let free = Entry(key: .max, value: MergeTable.none)
    @inline(__always) var isFree: Bool { key == .max }
    @inline(__always) var hash: UInt64 { MergeTable.hash(key) }
  }

  private var table: OpenTable<Entry>
  /// A bit for each pair of bytes: whether some merge joins two tokens there.
  private var junctions = [UInt64](repeating: 0, count: 1 << 10)

  /// An empty table with room for `capacity` merges.
  init(capacity: Int) { table = OpenTable(capacity: capacity) }

  /// Rank and result of joining `left` and `right`, or ``none``.
  @inline(__always) func merge(_ left: UInt32, _ right: UInt32) -> UInt64 {
    let key = UInt64(left) << 32 | UInt64(right)
    return table.find(Self.hash(key)) { $0.key == key }.value
  }

  /// The id that a value of ``merge(_:_:)`` leads to.
  @inline(__always) static func result(_ value: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: value)
  }

  /// Enters a merge.
  ///
  /// - Returns: The rank the pair already had, or `nil` when it is new.
  mutating func insert(_ left: UInt32, _ right: UInt32, rank: Int, result: UInt32) -> Int? {
    let known = merge(left, right)
    if known != Self.none { return Int(known >> 32) }
    table.insert(
      Entry(
        key: UInt64(left) << 32 | UInt64(right), value: UInt64(rank) << 32 | UInt64(result)))
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

  /// Fibonacci hashing: the factor is 2⁶⁴ divided by the golden ratio, and the upper bits are good.
  @inline(__always) private static func hash(_ key: UInt64) -> UInt64 {
    (key &* 0x9E37_79B9_7F4A_7C15) >> 32
  }
}
