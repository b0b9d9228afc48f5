import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("Encoder", .counted)
struct EncoderTests {
  @Test
  func `BPE-7 what it has met changes nothing`() throws {
    let tokenizer = try Fixture.tiny.get()
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    let texts = try Golden.cases("tokenizers/tiny.json").map { try $0.text("text") }
    for text in texts + texts.reversed() {
      expectSame(try encoder.encodeIDs(text), try tokenizer.encodeIDs(text), text.debugDescription)
    }
  }

  @Test
  func `BPE-7 words of all lengths, at the end of the text and before it`() throws {
    let tokenizer = try Fixture.tiny.get()
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    for letters in 0...20 {
      let word = String("abcdefghijklmnopqrst".prefix(letters))
      let alone = try tokenizer.encodeIDs(word)
      let line = try tokenizer.encodeIDs("\n")
      for _ in 0..<2 {
        expectSame(try encoder.encodeIDs(word), alone, word)
        expectSame(try encoder.encodeIDs(word + "\n" + word), alone + line + alone, word)
      }
    }
    // Zero bytes are not the end of a key.
    for text in ["\0", "\0\0", "\0\0\0"] {
      #expect(try encoder.encodeIDs(text).count == text.utf8.count)
    }
  }

  @Test
  func `BPE-7 more words than it keeps`() throws {
    let tokenizer = try Fixture.tiny.get()
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    let text = (0..<WordCache.limit + 1000).map { " \($0)" }.joined()
    let ids = try encoder.encodeIDs(text)
    #expect(try tokenizer.decode(ids) == text)
    #expect(try encoder.encodeIDs(text) == ids)
  }

  @Test
  func `BPE-7 the UTF-8 as bytes`() throws {
    let tokenizer = try Fixture.tiny.get()
    let text = "Once upon a time é😀\0"
    #expect(try tokenizer.encodeIDs(utf8: Array(text.utf8)) == tokenizer.encodeIDs(text))
  }

  @Test(
    arguments: [
      ([0x61, 0xC3], 1), ([0x80], 0), ([0x61, 0xE2, 0x82, 0x61], 1), ([0xC0, 0x80], 0),
      ([0xED, 0xA0, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0), ([0xC3, 0xA9, 0xFF], 2),
      ([0xF0, 0x9F, 0x98, 0x80, 0xF0, 0x9F, 0x98], 4), ([0xE0, 0x80, 0x80], 0),
    ] as [([UInt8], Int)])
  func `BPE-15 what is not UTF-8 is refused`(bytes: [UInt8], offset: Int) throws {
    let tokenizer = try Fixture.tiny.get()
    #expect(throws: Self.notUTF8(at: offset)) {
      try tokenizer.encodeIDs(utf8: bytes)
    }
  }

  static func notUTF8(at offset: Int) -> Fault {
    Fault(
      "the text", at: "byte \(offset)", found: "a byte that is not UTF-8", expected: "UTF-8")
  }

  @Test
  func `BPE-15 a byte without a token is an error that says where`() throws {
    let tokenizer = try Fixture.tokenizer(alphabet: "abĠ", merges: ["a b"])
    #expect(try tokenizer.encodeIDs("ab b") == [3, 2, 1])
    for (text, offset) in [("x", 0), ("ab bax", 5), ("<|endoftext|>ax", 14)] {
      let fault = Fault(
        "the text", at: "byte \(offset)", found: "0x78", expected: "bytes that have a token")
      #expect(throws: fault) { try tokenizer.encodeIDs(text) }
      #expect(throws: fault) { try tokenizer.encode(text) }
    }
  }
}
