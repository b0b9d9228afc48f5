/// The tokens of a WordPiece vocabulary, found by the bytes of a text: the longest first.
///
/// A trie whose edges (node, byte) → node are in one hash table. A token that continues a word, such as
/// `##ing`, is found from the node of its prefix `##`.
///
/// Spec: `WP-3`.
struct WordPieceTrie: Sendable {
  private struct Edge: OpenTableEntry {
    /// (node << 8 | byte) + 1 in the upper half, the node it leads to in the lower; 0 is free.
    let bits: UInt64

    static let free = Edge(bits: 0)
    @inline(__always) var isFree: Bool { bits == 0 }
    @inline(__always) var hash: UInt64 { Self.hash(bits >> 32) }

    @inline(__always) static func key(_ node: UInt32, _ byte: UInt8) -> UInt64 {
      UInt64(node << 8 | UInt32(byte)) + 1
    }

    @inline(__always) static func hash(_ key: UInt64) -> UInt64 {
      (key &* 0x9E37_79B9_7F4A_7C15) >> 32
    }
  }

  private var edges: OpenTable<Edge>
  /// The id of the token that ends at each node, or -1.
  private var ids: [Int32] = [-1]
  /// Where tokens that continue a word begin; `nil` when there are none.
  private var continuation: UInt32?

  /// Nodes have 24 bits in the key of an edge.
  private static let limit = 1 << 24

  /// The tokens of `vocabulary`; `nil` when they have more than 16 million prefixes.
  ///
  /// - Parameter longest: Number of bytes beyond which no token can match a word.
  init?(_ vocabulary: TokenTable, continuingPrefix: String, longest: Int) {
    edges = OpenTable(capacity: 4 * vocabulary.count)
    for id in 0..<vocabulary.endID {
      let spelling = vocabulary.spelling(id)
      if spelling.isEmpty || spelling.count > longest { continue }
      if ids.count + spelling.count > Self.limit { return nil }
      var node: UInt32 = 0
      for byte in spelling { node = insert(node, byte) }
      ids[Int(node)] = Int32(id)
    }
    var node: UInt32? = 0
    for byte in continuingPrefix.utf8 {
      node = node.flatMap { child($0, byte) }
    }
    continuation = node
  }

  private mutating func insert(_ node: UInt32, _ byte: UInt8) -> UInt32 {
    if let known = child(node, byte) { return known }
    let new = UInt32(ids.count)
    edges.insert(Edge(bits: Edge.key(node, byte) << 32 | UInt64(new)))
    ids.append(-1)
    return new
  }

  @inline(__always) private func child(_ node: UInt32, _ byte: UInt8) -> UInt32? {
    let key = Edge.key(node, byte)
    let edge = edges.find(Edge.hash(key)) { $0.bits >> 32 == key }
    return edge.isFree ? nil : UInt32(truncatingIfNeeded: edge.bits)
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
      guard let next = child(node, text[place]) else { break }
      node = next
      if ids[Int(node)] >= 0 { found = (ids[Int(node)], place + 1) }
    }
    return found
  }
}
