/// A word of at most 15 bytes, in two machine words: the bytes in little-endian order, the length
/// in the uppermost byte.
struct WordKey: Equatable, Sendable {
  let low: UInt64
  let high: UInt64

  static let empty = WordKey(low: 0, high: 0)

  private init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

  /// The key of the `count` bytes of `text` at `start`, or `nil` when they are more than 15.
  @inline(__always) init?(_ text: UTF8Buffer, at start: Int, count: Int) {
    if count > 15 { return nil }
    let raw = UnsafeRawBufferPointer(text)
    var low: UInt64 = 0
    var high: UInt64 = 0
    if start + 16 <= raw.count {
      low = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: start, as: UInt64.self))
      high = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
      low &= Self.mask(count)
      high &= Self.mask(count - 8)
    } else {
      for index in 0..<min(count, 8) { low |= UInt64(raw[start + index]) << UInt64(8 * index) }
      for index in 8..<max(count, 8) {
        high |= UInt64(raw[start + index]) << UInt64(8 * (index - 8))
      }
    }
    self.low = low
    self.high = high | UInt64(count) << 56
  }

  /// Ones in the lowest `count` bytes; none when it is negative, all when it is above 7.
  @inline(__always) private static func mask(_ count: Int) -> UInt64 {
    if count >= 8 { return .max }
    return count <= 0 ? 0 : (1 &<< UInt64(8 * count)) - 1
  }

  @inline(__always) var hash: UInt64 {
    let mixed = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
    return mixed ^ mixed >> 32
  }
}

/// The tokens of words met before. Texts repeat their words: nine in ten are found here.
///
/// Grows with the text and starts anew when it holds ``limit`` words, so that its memory is bounded
/// (about 4 MB). It belongs to one encoder; nothing is shared or locked.
struct WordCache: Sendable {
  private struct Entry: OpenTableEntry {
    let key: WordKey
    /// The id when there is one, else where they start in `ids`.
    let first: UInt32
    /// Number of ids; 0 marks a free place.
    let count: UInt32

    static let free = Entry(key: .empty, first: 0, count: 0)
    @inline(__always) var isFree: Bool { count == 0 }
    @inline(__always) var hash: UInt64 { key.hash }
  }

  /// The number of words at which the cache is emptied.
  static let limit = 1 << 16

  private var table = OpenTable<Entry>(capacity: 128)
  private var ids: [UInt32] = []

  /// Appends the ids of the word `key`, when it is known.
  @inline(__always) func append(_ key: WordKey, to out: inout [Int]) -> Bool {
    let entry = table.find(key.hash) { $0.key == key }
    if entry.count == 1 {
      out.append(Int(entry.first))
      return true
    }
    if entry.count == 0 { return false }
    for index in Int(entry.first)..<Int(entry.first + entry.count) { out.append(Int(ids[index])) }
    return true
  }

  /// Enters a word that is not there, with its tokens.
  mutating func insert(_ key: WordKey, _ tokens: ArraySlice<UInt32>) {
    if table.count == Self.limit { self = WordCache() }
    guard let first = tokens.first else { return }
    if tokens.count == 1 { return table.insert(Entry(key: key, first: first, count: 1)) }
    table.insert(Entry(key: key, first: UInt32(ids.count), count: UInt32(tokens.count)))
    ids.append(contentsOf: tokens)
  }
}
