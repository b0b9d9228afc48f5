import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("BERT: texts of the reference", .counted)
struct BERTTokenizerTests {
  static let names = ["uncased", "cased"]

  private static func golden() throws -> JSON { try Golden.json("tokenizers/bert.json") }

  @Test(arguments: names)
  func `WP-2 WP-3 WP-4 WP-6 WP-13 ids, tokens, offsets`(name: String) throws {
    let golden = try Self.golden()
    let tokenizer = try BERTFixture.named(name)
    #expect(tokenizer.count == golden["\(name).count"]?.integer)
    let texts = try golden.list("texts").compactMap(\.string)
    let (ids, offsets) = (try golden.list("\(name).ids"), try golden.list("\(name).offsets"))
    #expect(texts.count == ids.count && texts.count == offsets.count && texts.count > 300)
    var options = EncodingOptions()
    options.addsSpecialTokens = false
    var digest = EncodingDigest()
    var encoder = BERTTokenizer.Encoder(tokenizer)
    for (index, text) in texts.enumerated() {
      let what = text.debugDescription
      let actual = try encoder.encode(text, options: options)
      expectSame(actual.ids, try ids[index].integers(), "ids of \(what)")
      expectSame(
        actual.offsets.flatMap { [$0.lowerBound, $0.upperBound] }, try offsets[index].integers(),
        "offsets of \(what)")
      expectSame(encoder.encodeIDs(text), actual.ids, "ids alone of \(what)")
      digest.add(try encoder.encode(text))
    }
    digest.check(golden["\(name).tokens"], "all texts")
  }

  @Test(arguments: names)
  func `WP-2 WP-6 WP-16 generated texts`(name: String) throws {
    let golden = try Self.golden()
    let generator = try golden.required("generated")
    var texts = GeneratedTexts(
      seed: generator["seed"]?.integer ?? 0, pools: try generator.list("pools"))
    var encoder = BERTTokenizer.Encoder(try BERTFixture.named(name))
    var digest = EncodingDigest()
    for _ in 0..<(generator["lines"]?.integer ?? 0) {
      let text = texts.line()
      let encoding = try encoder.encode(text)
      digest.add(encoding)
      let ids = Array(encoding.ids.dropFirst().dropLast())
      if encoder.encodeIDs(text) != ids { Issue.record("ids alone of \(text.debugDescription)") }
    }
    digest.check(golden["\(name).generated"], "generated texts")
  }

  @Test(arguments: names)
  func `WP-5 a megabyte of anything takes no time to speak of`(name: String) throws {
    let golden = try Self.golden()
    let tokenizer = try BERTFixture.named(name)
    let results = try golden.list("\(name).long")
    for (text, result) in zip(try golden.list("long"), results) {
      let unit = try #require(text.array?[0].string)
      let long = String(repeating: unit, count: text.array?[1].integer ?? 0)
      let start = Date()
      let encoding = try tokenizer.encode(long)
      #expect(tokenizer.encodeIDs(long).count == encoding.ids.count - 2)
      // A square of the length would take hours, on any machine.
      #expect(start.timeIntervalSinceNow > -600, "\(unit.debugDescription)")
      var digest = EncodingDigest()
      digest.add(encoding)
      digest.check(result, "many \(unit.debugDescription)")
    }
  }

  @Test(arguments: names)
  func `WP-7 decode`(name: String) throws {
    let tokenizer = try BERTFixture.named(name)
    for json in try Self.golden().list("\(name).decode") {
      let golden = try #require(json.array)
      let ids = try golden[0].integers()
      for (index, options) in [(false, false), (false, true), (true, false), (true, true)]
        .enumerated()
      {
        let text = try tokenizer.decode(
          ids, skipSpecialTokens: options.0, cleanUpSpaces: options.1)
        expectText(text, golden[index + 1].string ?? "none", "\(ids) \(options)")
      }
    }
  }

  @Test
  func `WP-7 ids nobody knows`() throws {
    let tokenizer = try BERTFixture.tokenizer(["a", "", "b"])
    #expect(throws: Fault.unknownID(6, below: 8)) { try tokenizer.decode([5, 6]) }
    #expect(throws: Fault.unknownID(8, below: 8)) { try tokenizer.decode([8]) }
    #expect(throws: Fault.unknownID(-1, below: 8)) { try tokenizer.decode([-1]) }
    #expect(tokenizer.known([5, 6, 7, 99, -1]) == [5, 7])
  }

  @Test
  func `WP-13 special tokens by their part`() throws {
    let tokenizer = try BERTFixture.uncased.get()
    #expect(tokenizer.paddingID == 0 && tokenizer.unknownID == 1 && tokenizer.id(of: "[CLS]") == 2)
    #expect(
      tokenizer.id(of: "[SEP]") == 3 && tokenizer.id(of: "[MASK]") == 4 && tokenizer.lowercases)
    #expect(tokenizer.isSpecial(4) && !tokenizer.isSpecial(5))
    #expect(tokenizer.token(of: 4) == "[MASK]" && tokenizer.id(of: "[MASK]") == 4)
    #expect(tokenizer.modelMaxLength == 24)
    #expect(try !BERTFixture.cased.get().lowercases)
  }

  @Test
  func `WP-5 ids do not depend on what was met before; several threads`() throws {
    let tokenizer = try BERTFixture.uncased.get()
    var text = try Self.golden().list("texts").compactMap(\.string).joined(separator: "\n")
    text = String(repeating: text + "\n", count: 20)
    let bytes = Array(text.utf8)
    var encoder = BERTTokenizer.Encoder(tokenizer)
    let once = encoder.encodeIDs(text)
    #expect(encoder.encodeIDs(text) == once)
    for threads in [2, 3, 7] {
      #expect(try tokenizer.encodeIDs(utf8: bytes, threads: threads) == once)
    }
    #expect(throws: EncoderTests.notUTF8(at: 1)) {
      try tokenizer.encodeIDs(utf8: [0x61, 0xFF])
    }
  }

  @Test
  func `WP-5 more words than the encoder keeps`() throws {
    let tokenizer = try BERTFixture.uncased.get()
    var encoder = BERTTokenizer.Encoder(tokenizer)
    for word in 0..<WordCache.limit + 1000 { _ = encoder.encodeIDs(String(word, radix: 36)) }
    #expect(encoder.encodeIDs("the movie") == tokenizer.encodeIDs("the movie"))
  }
}

@Suite("BERT: real text", .counted)
struct BERTRealTextTests {
  private static func check(_ golden: JSON, _ tokenizer: BERTTokenizer) throws {
    var encoder = BERTTokenizer.Encoder(tokenizer)
    var digest = EncodingDigest()
    var lines = 0
    func add(_ text: String) throws {
      let encoding = try encoder.encode(text)
      digest.add(encoding)
      lines += 1
      let same = encoder.encodeIDs(text).elementsEqual(encoding.ids.dropFirst().dropLast())
      if !same { Issue.record("ids alone of \(text.debugDescription)") }
    }
    if let file = golden["file"]?.string, let folder = Places.data {
      let bytes = try MappedFile(path: folder.appendingPathComponent(file).path)
      try bytes.withBytes { bytes in
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
          try add(String(decoding: line, as: UTF8.self))
        }
      }
    } else {
      let pools = try Golden.json("tokenizers/bert.json").required("generated").list("pools")
      var texts = GeneratedTexts(
        seed: try Golden.json("tokenizers/bert-real.json")["seed"]?.integer ?? 0, pools: pools)
      for _ in 0..<(golden["lines"]?.integer ?? 0) { try add(texts.line()) }
    }
    #expect(lines == golden["lines"]?.integer)
    digest.check(golden, golden["file"]?.string ?? "generated")
  }

  private static func vocabulary(_ name: String) throws -> BERTTokenizer {
    let folder = try #require(Places.data)
    let path = folder.appendingPathComponent("vocab/bert-base-\(name)-vocab.txt").path
    return try BERTTokenizer(vocabularyPath: path, lowercases: name == "uncased")
  }

  private static func cases(_ name: String, long: Bool) throws -> [JSON] {
    try Golden.cases("tokenizers/bert-real.json").filter {
      $0["vocabulary"]?.string == name
        && long == ($0["file"]?.string == "stories/corpus-children.txt")
    }
  }

  @Test(.tier(.t3), arguments: BERTTokenizerTests.names)
  func `WP-16 every sentence of SST-2, every story, with Google's vocabularies`(name: String) throws
  {
    let tokenizer = try Self.vocabulary(name)
    for golden in try Self.cases(name, long: false) { try Self.check(golden, tokenizer) }
  }

  @Test(.tier(.t3), .tier(.heavy), arguments: BERTTokenizerTests.names)
  func `WP-16 29 MB of tales`(name: String) throws {
    let tokenizer = try Self.vocabulary(name)
    for golden in try Self.cases(name, long: true) { try Self.check(golden, tokenizer) }
  }

  @Test(.tier(.t2))
  func `WP-14 MiniLM's tokenizer.json: truncation and padding are reset`() throws {
    let tokenizer = try BERTTokenizer(folder: Places.weights.appendingPathComponent("minilm").path)
    #expect(tokenizer.count == 30522 && tokenizer.endID == 30522)
    #expect(tokenizer.modelMaxLength == 512 && tokenizer.id(of: "[MASK]") == 103)
    let encoding = try tokenizer.encode("Hello, world!")
    #expect(encoding.ids == [101, 7592, 1010, 2088, 999, 102])
    // The vocabulary is that of bert-base-uncased.
    let golden = try Self.cases("uncased", long: false).first { $0["file"]?.string == nil }
    try Self.check(try #require(golden), tokenizer)
  }
}
