/// A word of at most 15 bytes, in two machine words: the bytes in little-endian order, the length
/// in the uppermost byte.
struct WordKey: Equatable {
  let low: UInt64
  let high: UInt64

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
/// Open addressing with linear probing; grows with the text and starts anew when it holds
/// ``limit`` words, so that its memory is bounded (about 4 MB). It belongs to one encoder; nothing
/// is shared or locked.
struct WordCache: Sendable {
  private struct Entry: Sendable {
    var low: UInt64 = 0
    var high: UInt64 = 0
    /// The id when there is one, else where they start in `ids`.
    var first: UInt32 = 0
    /// Number of ids; 0 marks a free place.
    var count: UInt32 = 0
  }

  /// The number of words at which the cache is emptied.
  static let limit = 1 << 16

  private var entries = [Entry](repeating: Entry(), count: 256)
  private var ids: [UInt32] = []
  private var words = 0

  /// Appends the ids of the word `key`, when it is known.
  @inline(__always) func append(_ key: WordKey, to out: inout [Int]) -> Bool {
    let entry = entries[slot(of: key)]
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
    if words == Self.limit { self = WordCache() }
    if words * 2 >= entries.count { grow() }
    guard let first = tokens.first else { return }
    var entry = Entry(low: key.low, high: key.high, first: first, count: UInt32(tokens.count))
    if tokens.count > 1 {
      entry.first = UInt32(ids.count)
      ids.append(contentsOf: tokens)
    }
    entries[slot(of: key)] = entry
    words += 1
  }

  @inline(__always) private func slot(of key: WordKey) -> Int {
    let mask = entries.count - 1
    var slot = Int(truncatingIfNeeded: key.hash) & mask
    while entries[slot].count != 0, entries[slot].low != key.low || entries[slot].high != key.high {
      slot = (slot + 1) & mask
    }
    return slot
  }

  private mutating func grow() {
    let old = entries
    entries = Array(repeating: Entry(), count: old.count * 4)
    for entry in old where entry.count != 0 {
      entries[slot(of: WordKey(low: entry.low, high: entry.high))] = entry
    }
  }
}

extension WordKey {
  fileprivate init(low: UInt64, high: UInt64) {
    self.low = low
    self.high = high
  }
}
