import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("Decoding", .counted)
struct DecodeTests {
  static func check(_ golden: String, _ tokenizer: GPT2Tokenizer) throws {
    for json in try Golden.json(golden).list("decode") {
      let ids = try json.required("ids").integers()
      let text = try json.text("text")
      expectText(try tokenizer.decode(ids), text, "\(ids)")
      expectText(
        try tokenizer.decode(ids, cleanUpSpaces: true), json["clean"]?.string ?? text,
        "\(ids) cleaned up")
      expectText(
        try tokenizer.decode(ids, skipSpecialTokens: true), json["skip"]?.string ?? text,
        "\(ids) without special tokens")
      expectText(try stream(ids, tokenizer), text, "\(ids) one by one")
    }
  }

  static func stream(_ ids: [Int], _ tokenizer: GPT2Tokenizer) throws -> String {
    var decoder = StreamingDecoder(tokenizer)
    return try ids.map { try decoder.feed($0) }.joined() + decoder.flush()
  }

  @Test
  func `BPE-9 BPE-10 BPE-11 any ids, 512 tokens`() throws {
    try Self.check("tokenizers/tiny.json", Fixture.tiny.get())
  }

  @Test(.tier(.t1))
  func `BPE-9 BPE-10 BPE-11 any ids, GPT-2's vocabulary`() throws {
    try Self.check("tokenizers/gpt2.json", Fixture.gpt2.get())
  }

  @Test
  func `BPE-9 bytes, also halves of characters`() throws {
    let tokenizer = try Fixture.tiny.get()
    let ids = try tokenizer.encodeIDs("a😀")
    #expect(try tokenizer.decodeBytes(ids) == Array("a😀".utf8))
    #expect(try tokenizer.decodeBytes(ids.dropLast()) == Array("a😀".utf8.dropLast()))
    #expect(try tokenizer.decode(ids.dropLast()) == "a\u{FFFD}")
  }

  @Test(arguments: [-1, 512, 1 << 40])
  func `BPE-15 an id that no token has is an error`(id: Int) throws {
    let tokenizer = try Fixture.tiny.get()
    #expect(throws: Fault.unknownID(id, below: 512)) {
      try tokenizer.decode([0, id])
    }
  }

  @Test
  func `BPE-15 a gap between ids is an error too`() throws {
    let tokenizer = try Fixture.read(vocabulary: ["a": 0, "<|endoftext|>": 2], merges: "")
    #expect(tokenizer.count == 2 && tokenizer.endID == 3)
    #expect(throws: Fault.unknownID(1, below: 3)) { try tokenizer.decode([1]) }
  }
}

@Suite("Streaming decoder", .counted)
struct StreamingDecoderTests {
  @Test
  func `BPE-11 characters come out whole, as soon as they are`() throws {
    let tokenizer = try Fixture.tiny.get()
    let bytes = Array("é€😀!".utf8)
    let ids = try bytes.map { try #require(tokenizer.id(of: ByteAlphabet.spell([$0]))) }
    var decoder = StreamingDecoder(tokenizer)
    let pieces = try ids.map { try decoder.feed($0) }
    #expect(pieces == ["", "é", "", "", "€", "", "", "", "😀", "!"])
    #expect(decoder.flush().isEmpty)
  }

  @Test
  func `BPE-11 what cannot become a character comes out at once`() throws {
    let tokenizer = try Fixture.tiny.get()
    func id(_ byte: UInt8) throws -> Int {
      try #require(tokenizer.id(of: ByteAlphabet.spell([byte])))
    }
    var decoder = StreamingDecoder(tokenizer)
    #expect(try decoder.feed(id(0xFF)) == "\u{FFFD}")
    #expect(try decoder.feed(id(0xF0)).isEmpty)
    #expect(try decoder.feed(id(0x61)) == "\u{FFFD}a")
    #expect(try decoder.feed(id(0xE2)).isEmpty)
    #expect(decoder.flush() == "\u{FFFD}")
    #expect(decoder.flush().isEmpty)
  }

  @Test
  func `BPE-11 special tokens can be left out`() throws {
    let tokenizer = try Fixture.tiny.get()
    let end = try #require(tokenizer.id(of: GPT2Tokenizer.endOfText))
    var decoder = StreamingDecoder(tokenizer, skipSpecialTokens: true)
    #expect(try decoder.feed(end).isEmpty)
    var keeping = StreamingDecoder(tokenizer)
    #expect(try keeping.feed(end) == "<|endoftext|>")
  }
}
