import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

/// The BERT tokenizers of the tests, each read once.
enum BERTFixture {
  /// Some hundred tokens.
  static let uncased = Result {
    try BERTTokenizer(folder: Places.golden("tokenizers/bert/uncased"))
  }
  static let cased = Result { try BERTTokenizer(folder: Places.golden("tokenizers/bert/cased")) }

  static func named(_ name: String) throws -> BERTTokenizer {
    try (name == "cased" ? cased : uncased).get()
  }

  /// A tokenizer with these lines behind the special tokens, from id 5.
  static func tokenizer(_ lines: [String]) throws -> BERTTokenizer {
    let all = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + lines
    return try Fixture.files(["vocab.txt": all.joined(separator: "\n")]) {
      try BERTTokenizer(folder: $0)
    }
  }
}

/// The sha256 over encodings, as the goldens have it.
struct EncodingDigest {
  private var sha = SHA256()
  private(set) var tokens = 0

  mutating func add(_ encoding: Encoding) {
    var bytes: [UInt8] = []
    func put(_ number: Int) {
      withUnsafeBytes(of: Int32(truncatingIfNeeded: number).littleEndian) { bytes += $0 }
    }
    put(encoding.ids.count)
    for id in encoding.ids { put(id) }
    for range in encoding.offsets {
      put(range.lowerBound)
      put(range.upperBound)
    }
    for type in encoding.typeIDs { put(type) }
    for mask in encoding.attentionMask { put(mask) }
    for token in encoding.tokens {
      bytes += Array(token.utf8)
      bytes.append(0)
    }
    sha.update(bytes)
    tokens += encoding.ids.count
  }

  /// Compares with a record of `tokens` and `sha256`.
  func check(_ golden: JSON?, _ what: String) {
    #expect(tokens == golden?["tokens"]?.integer, "\(what)")
    #expect(sha.finalize().hexadecimal == golden?["sha256"]?.string, "\(what)")
  }
}

/// The generator of texts that the recorder has too.
struct GeneratedTexts {
  enum Pool {
    case scalars(UInt64, UInt64)
    case words([String])
  }

  private var state: UInt64
  private let pools: [Pool]

  init(seed: Int, pools: [JSON]) {
    state = UInt64(seed)
    self.pools = pools.compactMap(\.array).map { pool in
      let words = pool.compactMap(\.string)
      if !words.isEmpty { return .words(words) }
      return .scalars(UInt64(pool[0].integer ?? 0), UInt64(pool[1].integer ?? 1))
    }
  }

  private mutating func next(_ limit: UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return (z ^ z >> 31) % limit
  }

  mutating func line() -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<1 + next(12) {
      let pool = pools[Int(next(UInt64(pools.count)))]
      let times = next(16) == 0 ? 1 + next(40) : 1
      for _ in 0..<times {
        switch pool {
        case .words(let words):
          text += words[Int(next(UInt64(words.count)))].unicodeScalars
        case .scalars(let low, let high):
          text.append(Unicode.Scalar(UInt32(low + next(high - low))) ?? "A")
        }
      }
    }
    return String(text)
  }
}

/// An encoding as the goldens have it: ids, tokens, offsets, type ids, and perhaps the masks.
struct GoldenBERTEncoding {
  let lists: [JSON]

  init(_ json: JSON) throws { lists = try #require(json.array) }

  func check(_ actual: Encoding, _ what: String) throws {
    expectSame(actual.ids, try lists[0].integers(), "ids of \(what)")
    expectSame(
      actual.tokens.map(UTF8Key.init),
      (lists[1].array ?? []).compactMap(\.string).map(UTF8Key.init),
      "tokens of \(what)")
    expectSame(
      actual.offsets.flatMap { [$0.lowerBound, $0.upperBound] }, try lists[2].integers(),
      "offsets of \(what)")
    expectSame(actual.typeIDs, try lists[3].integers(), "type ids of \(what)")
    guard lists.count > 4 else { return }
    expectSame(actual.attentionMask, try lists[4].integers(), "mask of \(what)")
    expectSame(actual.specialTokensMask, try lists[5].integers(), "special tokens of \(what)")
  }
}
