import Dispatch
import FoxDecoding
import Synchronization

extension GPT2Tokenizer {
  /// The ids of a text given as UTF-8, encoded by several threads: the ids of ``encodeIDs(utf8:)``.
  ///
  /// The text is cut where no word can reach across: between two visible ASCII characters with one
  /// line feed between them, behind the line feed. Where an option could see across such a cut (a prefix space, added tokens that strip what
  /// is before them or hold a line feed, no splitting at all), one thread does it all. SPEC `BPE-17`.
  ///
  /// - Parameter threads: How many parts to cut the text into, at most; 1 or less means one.
  /// - Throws: As ``encodeIDs(utf8:)``, for the first fault of the text.
  /// - Complexity: O(*n* / threads) where *n* is the number of bytes and lines are short.
  public func encodeIDs(utf8 bytes: [UInt8], threads: Int) throws(Fault) -> [Int] {
    let parts = canBeCut ? threads : 1
    return try ParallelEncoding.ids(bytes, parts: parts) { part throws(Fault) in
      try encodeIDs(utf8: part)
    }
  }

  private var canBeCut: Bool {
    options.splitsWords && !options.addsPrefixSpace
      && !addedTokens.contains { $0.stripsLeft || $0.content.utf8.contains(0x0A) }
  }
}

extension BERTTokenizer {
  /// The ids of a text given as UTF-8, encoded by several threads: the ids of ``encodeIDs(utf8:)``.
  ///
  /// - Parameter threads: How many parts to cut the text into, at most; 1 or less means one.
  /// - Throws: ``Fault/invalidUTF8(offset:)``.
  /// - Complexity: O(*n* / threads) where *n* is the number of bytes and lines are short.
  public func encodeIDs(utf8 bytes: [UInt8], threads: Int) throws(Fault) -> [Int] {
    // What strips, and what holds white space, may reach across a line feed.
    let canBeCut = !addedTokens.contains { token in
      token.stripsLeft || token.stripsRight || token.content.utf8.contains { $0 <= 0x20 }
    }
    return try ParallelEncoding.ids(bytes, parts: canBeCut ? threads : 1) {
      part throws(Fault) in try encodeIDs(utf8: part)
    }
  }
}

/// Encodes the parts of a text at once.
enum ParallelEncoding {
  /// The ids of all parts, one after the other.
  static func ids(
    _ bytes: [UInt8], parts: Int, _ encode: @Sendable ([UInt8]) throws(Fault) -> [Int]
  ) throws(Fault) -> [Int] {
    let starts = cuts(bytes, parts: parts)
    if starts.count == 1 { return try encode(bytes) }
    let results = Mutex([[Int]?](repeating: nil, count: starts.count))
    DispatchQueue.concurrentPerform(iterations: starts.count) { part in
      let end = part + 1 < starts.count ? starts[part + 1] : bytes.count
      let ids = try? encode(Array(bytes[starts[part]..<end]))
      results.withLock { $0[part] = ids }
    }
    let found = results.withLock { $0 }.compactMap { $0 }
    // One thread finds the first fault, and where in the whole text it is.
    return found.count == starts.count ? Array(found.joined()) : try encode(bytes)
  }

  /// Where the parts begin: 0, and the first possible place behind each even share of the text.
  static func cuts(_ bytes: [UInt8], parts: Int) -> [Int] {
    var starts = [0]
    for part in 1..<max(parts, 1) {
      let share = bytes.count / parts * part
      let from = max(share, (starts.last ?? 0) + 2)
      guard from < bytes.count else { break }
      let place = (from..<bytes.count).first { index in
        bytes[index - 1] == 0x0A && isVisible(bytes[index]) && isVisible(bytes[index - 2])
      }
      guard let place else { break }
      starts.append(place)
    }
    return starts
  }
}

/// Whether a byte is an ASCII character other than space and the controls.
private func isVisible(_ byte: UInt8) -> Bool { (0x21..<0x7F).contains(byte) }
