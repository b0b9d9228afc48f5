/// The tokens of a model by id and by their bytes.
///
/// Tokens are compared by their UTF-8 bytes: "é" composed and decomposed are two tokens, as they
/// are in the file. Ids need not be without gaps.
///
/// Spec: `BPE-5`.
struct Vocabulary: Sendable {
  /// Ids are below this: four times the largest vocabularies in use, and no memory to speak of.
  static let idLimit = 1 << 20

  /// Number of tokens.
  private(set) var count = 0
  /// All spellings one after the other, and where each id's is; an empty range is a gap, for no
  /// token is empty.
  private var spellings: [UInt8] = []
  private var ranges: [Range<Int>] = []
  /// Open addressing by the bytes of the spelling: half of their hash above id + 1, which spares
  /// nearly all comparisons with other spellings. 0 marks a free place.
  private var slots: [UInt64]

  /// No tokens, with room for `capacity`.
  init(capacity: Int) {
    var size = 64
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: 0, count: size)
    ranges.reserveCapacity(capacity)
    spellings.reserveCapacity(capacity * 8)
  }

  /// One more than the greatest id.
  var endID: Int { ranges.count }

  /// The bytes of the spelling of `id`; empty when no token has that id.
  func spelling(_ id: Int) -> ArraySlice<UInt8> {
    guard ranges.indices.contains(id) else { return [] }
    return spellings[ranges[id]]
  }

  /// The spelling of `id` as text.
  func text(_ id: Int) -> String? {
    let bytes = spelling(id)
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// The id of the token with these bytes.
  ///
  /// - Complexity: O(*n*) in the bytes.
  func id(_ spelling: UTF8Buffer) -> Int? {
    let entry = slots[slot(spelling, Self.hash(spelling))]
    return entry == 0 ? nil : Self.id(entry)
  }

  /// The id of the token `text`.
  func id(_ text: String) -> Int? {
    var text = text
    return text.withUTF8 { id($0) }
  }

  /// Enters a token under an id that is free and within the limit; its bytes must be new.
  mutating func insert(_ spelling: UTF8Buffer, id: Int) {
    if count * 2 >= slots.count { grow() }
    if id >= ranges.count {
      ranges.append(contentsOf: repeatElement(0..<0, count: id + 1 - ranges.count))
    }
    let start = spellings.count
    spellings.append(contentsOf: spelling)
    ranges[id] = start..<spellings.count
    let hash = Self.hash(spelling)
    slots[slot(spelling, hash)] = hash << 32 | UInt64(id + 1)
    count += 1
  }

  /// The place of a spelling, or the free place where it belongs.
  private func slot(_ spelling: UTF8Buffer, _ hash: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      if slots[slot] >> 32 == hash, isEqual(Self.id(slots[slot]), spelling) { break }
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private func isEqual(_ id: Int, _ spelling: UTF8Buffer) -> Bool {
    let range = ranges[id]
    if range.count != spelling.count { return false }
    return spelling.indices.allSatisfy { spellings[range.lowerBound + $0] == spelling[$0] }
  }

  private static func id(_ entry: UInt64) -> Int { Int(entry & 0xFFFF_FFFF) - 1 }

  /// 32 bits of FNV-1a.
  private static func hash(_ spelling: UTF8Buffer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in spelling { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return (hash ^ hash >> 29) & 0xFFFF_FFFF
  }

  private mutating func grow() {
    let old = slots
    slots = Array(repeating: 0, count: old.count * 2)
    for entry in old where entry != 0 {
      // All spellings differ, so the first free place is the right one.
      var slot = Int(truncatingIfNeeded: entry >> 32) & (slots.count - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = entry
    }
  }
}
