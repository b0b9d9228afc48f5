import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("Encodings of the reference", .counted)
struct EncodingTests {
  static func check(_ golden: String, _ tokenizer: GPT2Tokenizer) throws {
    let document = try Golden.json(golden)
    #expect(tokenizer.count == document["count"]?.integer)
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    for list in ["cases", "pairs", "random"] {
      for json in try document.list(list) {
        let golden = try GoldenEncoding(json)
        try golden.check(&encoder, list)
        if golden.pair == nil {
          expectText(try tokenizer.decode(golden.ids), golden.text, "decoded again")
        }
      }
    }
  }

  @Test
  func `BPE-8 BPE-14 512 tokens, from tokenizer.json`() throws {
    try Self.check("tokenizers/tiny.json", Fixture.tiny.get())
  }

  @Test
  func `BPE-8 BPE-13 512 tokens, from vocab.json and merges.txt`() throws {
    try Self.check("tokenizers/tiny.json", Fixture.tinyFiles.get())
  }

  @Test(.tier(.t1))
  func `BPE-8 GPT-2's vocabulary`() throws {
    try Self.check("tokenizers/gpt2.json", Fixture.gpt2.get())
  }

  @Test(.tier(.t1))
  func `BPE-6 GPT-2's special token`() throws {
    let tokenizer = try Fixture.gpt2.get()
    #expect(tokenizer.id(of: GPT2Tokenizer.endOfText) == 50256)
    #expect(tokenizer.count == 50257 && tokenizer.endID == 50257)
    #expect(tokenizer.isSpecial(50256) && !tokenizer.isSpecial(0))
    #expect(tokenizer.id(of: "Ġthe") == 262 && tokenizer.token(of: 262) == "Ġthe")
    #expect(tokenizer.token(of: 50257) == nil && tokenizer.token(of: -1) == nil)
  }
}

@Suite("Real text", .counted)
struct StoriesTests {
  static func check(_ golden: JSON) throws {
    let file = try golden.text("file")
    guard let folder = Places.data else { return }
    let bytes = try MappedFile(path: folder.appendingPathComponent(file).path)
    var encoder = GPT2Tokenizer.Encoder(try Fixture.gpt2.get())
    var (digest, lines, ids) = (Digest(), 0, 0)
    for line in bytes.bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      let found = try encoder.encodeIDs(utf8: Array(line))
      for id in found { digest.add(UInt64(id)) }
      digest.add(0xFFFF_FFFF)
      (lines, ids) = (lines + 1, ids + found.count)
    }
    withExtendedLifetime(bytes) {}
    #expect(lines == golden["lines"]?.integer, "\(file)")
    #expect(ids == golden["ids"]?.integer, "\(file)")
    #expect(digest.text == golden["fnv1a64"]?.string, "\(file)")
  }

  @Test(.tier(.t1), .tier(.t3))
  func `BPE-16 every line of the stories and sentences`() throws {
    for golden in try Golden.cases("tokenizers/stories.json").dropLast() { try Self.check(golden) }
  }

  @Test(.tier(.t1), .tier(.t3), .tier(.heavy))
  func `BPE-16 29 MB of tales`() throws {
    for golden in try Golden.cases("tokenizers/stories.json").suffix(1) { try Self.check(golden) }
  }
}
