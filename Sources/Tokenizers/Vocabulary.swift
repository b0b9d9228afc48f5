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
  private var ranges: [Range<UInt32>] = []
  /// Open addressing by the bytes of the spelling: id + 1, 0 marks a free place.
  private var slots: [UInt32]

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
    return spellings[Int(ranges[id].lowerBound)..<Int(ranges[id].upperBound)]
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
    let found = slots[slot(spelling)]
    return found == 0 ? nil : Int(found) - 1
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
    let start = UInt32(spellings.count)
    spellings.append(contentsOf: spelling)
    ranges[id] = start..<UInt32(spellings.count)
    slots[slot(spelling)] = UInt32(id) + 1
    count += 1
  }

  private func slot(_ spelling: UTF8Buffer) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in spelling { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var slot = Int(truncatingIfNeeded: hash ^ hash >> 29) & (slots.count - 1)
    while slots[slot] != 0, !self.spelling(Int(slots[slot]) - 1).elementsEqual(spelling) {
      slot = (slot + 1) & (slots.count - 1)
    }
    return slot
  }

  private mutating func grow() {
    slots = Array(repeating: 0, count: slots.count * 2)
    for id in ranges.indices where !ranges[id].isEmpty {
      let place = Array(spelling(id)).withUnsafeBufferPointer { slot($0) }
      slots[place] = UInt32(id) + 1
    }
  }
}
