/// The tokens of a model by id and by their bytes.
///
/// Tokens are compared by their UTF-8 bytes: "é" composed and decomposed are two tokens, as they
/// are in the file. Ids need not be without gaps.
///
/// Spec: `BPE-5`.
struct TokenTable: Sendable {
  /// Ids are below this: four times the largest vocabularies in use, and no memory to speak of.
  static let idLimit = 1 << 20

  /// Half of the hash of a spelling above id + 1, which spares nearly all comparisons with other
  /// spellings. 0 is free.
  private struct Entry: OpenTableEntry {
    let bits: UInt64

    static let free = Entry(bits: 0)
    @inline(__always) var isFree: Bool { bits == 0 }
    @inline(__always) var hash: UInt64 { bits >> 32 }
    @inline(__always) var id: Int { Int(bits & 0xFFFF_FFFF) - 1 }
  }

  /// All spellings one after the other, and where each id's is; an empty range is a gap, for no
  /// token is empty.
  private var spellings: [UInt8] = []
  private var ranges: [Range<Int>] = []
  private var table: OpenTable<Entry>

  /// No tokens, with room for `capacity`.
  init(capacity: Int) {
    table = OpenTable(capacity: capacity)
    ranges.reserveCapacity(capacity)
    spellings.reserveCapacity(capacity * 8)
  }

  /// Number of tokens.
  var count: Int { table.count }

  /// One more than the greatest id.
  var endID: Int { ranges.count }

  /// The bytes of the spelling of `id`; empty when no token has that id.
  func spelling(_ id: Int) -> ArraySlice<UInt8> {
    guard ranges.indices.contains(id) else { return [] }
    return spellings[ranges[id]]
  }

  func text(_ id: Int) -> String? {
    let bytes = spelling(id)
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }

  /// The id of the token with these bytes.
  ///
  /// - Complexity: O(*n*) in the bytes.
  func id(_ spelling: UTF8Buffer) -> Int? {
    let hash = Self.hash(spelling)
    let entry = table.find(hash) { $0.hash == hash && isEqual($0.id, spelling) }
    return entry.isFree ? nil : entry.id
  }

  func id(_ text: String) -> Int? {
    var text = text
    return text.withUTF8 { id($0) }
  }

  /// Enters a token under an id that is free and within the limit; its bytes must be new.
  mutating func insert(_ spelling: UTF8Buffer, id: Int) {
    if id >= ranges.count {
      ranges.append(contentsOf: repeatElement(0..<0, count: id + 1 - ranges.count))
    }
    let start = spellings.count
    spellings.append(contentsOf: spelling)
    ranges[id] = start..<spellings.count
    table.insert(Entry(bits: Self.hash(spelling) << 32 | UInt64(id + 1)))
  }

  private func isEqual(_ id: Int, _ spelling: UTF8Buffer) -> Bool {
    let range = ranges[id]
    if range.count != spelling.count { return false }
    return spelling.indices.allSatisfy { spellings[range.lowerBound + $0] == spelling[$0] }
  }

  /// 32 bits of FNV-1a.
  private static func hash(_ spelling: UTF8Buffer) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in spelling { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return (hash ^ hash >> 29) & 0xFFFF_FFFF
  }
}
