/// The bytes that each id decodes to.
struct TokenBytes: Sendable {
  private var bytes: [UInt8] = []
  private var starts: [Int] = [0]
  private var special: Set<Int> = []

  /// Spells out all tokens of `vocabulary`; `added` ones take precedence.
  init(_ vocabulary: TokenTable, added: [AddedToken]) {
    var replaced: [Int: String] = [:]
    for token in added {
      replaced[token.id] = token.content
      if token.special { special.insert(token.id) }
    }
    let end = max(vocabulary.endID, (added.map(\.id).max() ?? -1) + 1)
    starts.reserveCapacity(end + 1)
    for id in 0..<end {
      if let content = replaced[id] {
        bytes += ByteAlphabet.bytes(of: content)
      } else {
        append(vocabulary.spelling(id))
      }
      starts.append(bytes.count)
    }
  }

  private mutating func append(_ spelling: ArraySlice<UInt8>) {
    let start = bytes.count
    let complete = spelling.withUnsafeBufferPointer { text in
      var place = 0
      while place < text.count {
        let (scalar, length) = text.scalar(at: place)
        guard let byte = Unicode.Scalar(scalar).flatMap(ByteAlphabet.byte(of:)) else {
          return false
        }
        bytes.append(byte)
        place += length
      }
      return true
    }
    if !complete {
      bytes.removeLast(bytes.count - start)
      bytes += spelling
    }
  }

  /// One more than the greatest id.
  var endID: Int { starts.count - 1 }

  /// The bytes of `id`, which must be below ``endID``; empty for an id that no token has.
  subscript(id: Int) -> ArraySlice<UInt8> { bytes[starts[id]..<starts[id + 1]] }

  func contains(_ id: Int) -> Bool { id >= 0 && id < endID && count(id) > 0 }

  /// The number of bytes of `id`, which must be below ``endID``.
  func count(_ id: Int) -> Int { starts[id + 1] - starts[id] }

  func isSpecial(_ id: Int) -> Bool { special.contains(id) }
}
