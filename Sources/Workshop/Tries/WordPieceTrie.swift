/// The tokens of a WordPiece vocabulary, found by the bytes of a text: the longest first.
///
/// A trie whose edges (node, byte) → node stand in one table with open addressing. A token that
/// continues a word, such as `##ing`, is found from the node of its prefix `##`.
///
/// Spec: `WP-3`.
struct WordPieceTrie: Sendable {
  /// (node << 8 | byte) + 1 in the upper half, the node it leads to in the lower; 0 is free.
  private var slots: [UInt64]
  /// The id of the token that ends at each node, or -1.
  private var ids: [Int32] = [-1]
  /// Where tokens that continue a word begin; `nil` when there are none.
  private let continuation: UInt32?

  /// Nodes have 24 bits in the key of an edge.
  private static let limit = 1 << 24

  /// The tokens of `vocabulary`; `nil` when they have more than 16 million prefixes.
  ///
  /// - Parameter longest: Number of bytes beyond which no token can match a word.
  init?(_ vocabulary: Vocabulary, continuingPrefix: String, longest: Int) {
    slots = Array(repeating: 0, count: 1 << 10)
    for id in 0..<vocabulary.endID {
      let spelling = vocabulary.spelling(id)
      if spelling.isEmpty || spelling.count > longest { continue }
      if ids.count + spelling.count > Self.limit { return nil }
      var node: UInt32 = 0
      for byte in spelling { node = Self.insert(node, byte, &slots, &ids) }
      ids[Int(node)] = Int32(id)
    }
    var node: UInt32? = 0
    for byte in continuingPrefix.utf8 {
      if let parent = node { node = Self.child(parent, byte, slots) }
    }
    continuation = node
  }

  private static func insert(
    _ node: UInt32, _ byte: UInt8, _ slots: inout [UInt64], _ ids: inout [Int32]
  ) -> UInt32 {
    let place = slot(node, byte, slots)
    if slots[place] != 0 { return UInt32(truncatingIfNeeded: slots[place]) }
    let new = UInt32(ids.count)
    slots[place] = key(node, byte) << 32 | UInt64(new)
    ids.append(-1)
    if ids.count * 2 > slots.count { grow(&slots) }
    return new
  }

  @inline(__always) private static func key(_ node: UInt32, _ byte: UInt8) -> UInt64 {
    UInt64(node << 8 | UInt32(byte)) + 1
  }

  @inline(__always) private static func hash(_ key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32)
  }

  @inline(__always) private static func slot(
    _ node: UInt32, _ byte: UInt8, _ slots: [UInt64]
  ) -> Int {
    let key = key(node, byte)
    var place = hash(key) & (slots.count - 1)
    while slots[place] != 0, slots[place] >> 32 != key { place = (place + 1) & (slots.count - 1) }
    return place
  }

  @inline(__always) private static func child(
    _ node: UInt32, _ byte: UInt8, _ slots: [UInt64]
  ) -> UInt32? {
    let entry = slots[slot(node, byte, slots)]
    return entry == 0 ? nil : UInt32(truncatingIfNeeded: entry)
  }

  private static func grow(_ slots: inout [UInt64]) {
    let old = slots
    slots = Array(repeating: 0, count: old.count * 4)
    for entry in old where entry != 0 {
      var place = hash(entry >> 32) & (slots.count - 1)
      while slots[place] != 0 { place = (place + 1) & (slots.count - 1) }
      slots[place] = entry
    }
  }

  /// The longest token that the bytes of `text` from `range.lowerBound` on begin with, and its end.
  ///
  /// - Parameter continues: Whether it stands within a word, and is spelled with the prefix.
  /// - Complexity: O(*m*) where *m* is the length of the longest token that could match.
  @inline(__always) func longest(
    _ text: UTF8Buffer, _ range: Range<Int>, continues: Bool
  ) -> (id: Int32, end: Int)? {
    guard var node = continues ? continuation : 0 else { return nil }
    var found: (id: Int32, end: Int)?
    for place in range {
      guard let next = Self.child(node, text[place], slots) else { break }
      node = next
      if ids[Int(node)] >= 0 { found = (ids[Int(node)], place + 1) }
    }
    return found
  }
}
