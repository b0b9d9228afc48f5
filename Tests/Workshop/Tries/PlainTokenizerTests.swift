import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

/// Texts of anything, which a seed repeats.
struct RandomTexts {
  private var random = SeededGenerator()
  private static let parts = [
    " ", "  ", "\n", "\t", "\u{A0}", "'s", "'ll", "'", "don't", "the", " The", "and", "movie",
    "42", ".", ", ", "!?", "é", "e\u{301}", "\u{323}\u{301}", "ß", "İ", "ΣΑΣ", "中文", "한국",
    "\u{1100}\u{1161}", "日本", "😀", "👩‍👩‍👧", "\u{0}", "\u{200B}", "\u{FFFD}", "\u{85}",
    "\u{302E}", "\u{0F71}\u{0F72}", "<|endoftext|>", "[MASK]", "[SEP]", "[mask]", "a", "##ing",
    "<|endof", "[MAS", "q", "$", "_",
  ]

  var seed: UInt64 { random.seed }

  /// Up to 24 parts; one in four is a scalar of anywhere.
  mutating func next() -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...24, using: &random) {
      if Int.random(in: 0..<4, using: &random) == 0 {
        let limit: UInt32 = Bool.random(using: &random) ? 0x3000 : 0x110000
        text.append(Unicode.Scalar(.random(in: 0..<limit, using: &random)) ?? "?")
      } else {
        text += Self.parts.randomElement(using: &random)?.unicodeScalars ?? " ".unicodeScalars
      }
    }
    return String(text)
  }
}

/// All texts that the reference was asked about.
enum GoldenTexts {
  static func gpt2() throws -> [String] {
    let golden = try Golden.json("tokenizers/gpt2.json")
    return try (golden.list("cases") + golden.list("random")).map { try $0.text("text") }
  }

  static func bert() throws -> [String] {
    try Golden.json("tokenizers/bert.json").list("texts").compactMap(\.string)
  }
}

@Suite("The chapter's tokenizers give the same ids", .counted)
struct PlainTokenizerTests {
  private static func plain(gpt2 folder: String) throws -> BytePairTokenizer {
    try BytePairTokenizer(
      vocabulary: VocabularyText.entries("\(folder)/vocab.json"),
      merges: VocabularyText.text("\(folder)/merges.txt"))
  }

  private static func compare(
    _ fast: GPT2Tokenizer, _ plain: BytePairTokenizer, _ texts: [String], _ what: String
  ) throws {
    var encoder = GPT2Tokenizer.Encoder(fast)
    for text in texts {
      let ids = try plain.encode(text)
      let name = "\(text.debugDescription), \(what)"
      expectSame(try encoder.encodeIDs(text), ids, name)
      expectText(try fast.decode(ids), try plain.decode(ids), name)
      // Any ids: parts of characters too.
      let some = ids.enumerated().filter { $0.offset % 3 != 0 }.map(\.element)
      expectText(try fast.decode(some), try plain.decode(some), name)
    }
  }

  private static func random(_ count: Int) -> (texts: [String], what: String) {
    var texts = RandomTexts()
    return ((0..<count).map { _ in texts.next() }, "seed \(texts.seed)")
  }

  @Test
  func `BPE-4 BPE-7 BPE-9 GPT-2's: random texts, 512 tokens`() throws {
    let (texts, what) = Self.random(1000)
    let plain = try Self.plain(gpt2: Places.golden("tokenizers/tiny"))
    try Self.compare(Fixture.tiny.get(), plain, texts, what)
  }

  @Test(.tier(.t1))
  func `BPE-4 BPE-7 BPE-9 GPT-2's: random texts, its vocabulary`() throws {
    let (texts, what) = Self.random(300)
    let folder = Places.weights.appendingPathComponent("tale-gpt2").path
    try Self.compare(Fixture.gpt2.get(), Self.plain(gpt2: folder), texts, what)
  }

  @Test(arguments: BERTTokenizerTests.names)
  func `WP-2 WP-4 WP-5 WP-8 BERT's: golden and random texts, and pairs`(name: String) throws {
    let plain = try WordPieceTokenizer(
      vocabulary: VocabularyText.text(Places.golden("tokenizers/bert/\(name)/vocab.txt")),
      lowercases: name == "uncased")
    let (texts, what) = Self.random(1500)
    var encoder = BERTTokenizer.Encoder(try BERTFixture.named(name))
    var before = ""
    for text in try GoldenTexts.bert() + texts {
      let name = "\(text.debugDescription), \(what)"
      expectSame(encoder.encodeIDs(text), plain.ids(of: text), name)
      let (fast, pair) = (try encoder.encode(text, pair: before), plain.encode(text, pair: before))
      expectSame(fast.ids, pair.ids, name)
      expectSame(fast.typeIDs, pair.types, name)
      before = text
    }
  }

  @Test(arguments: [true, false])
  func `WP-2 WP-3 BERT's words: random texts`(lowercases: Bool) throws {
    let (texts, what) = Self.random(2000)
    let plain = BasicTokenizer(lowercases: lowercases)
    let tokenizer = try BERTFixture.named(lowercases ? "uncased" : "cased")
    for text in texts {
      let normalized = tokenizer.options.normalizer.normalized(text)
      let words = normalized.withUnsafeBufferPointer { bytes in
        var words: [[UInt8]] = []
        tokenizer.words(of: bytes, 0..<bytes.count) { word, _ in words.append(Array(bytes[word])) }
        return words
      }
      expectSame(
        words, plain.words(of: text).map { Array($0.utf8) }, "\(text.debugDescription), \(what)")
    }
  }
}
