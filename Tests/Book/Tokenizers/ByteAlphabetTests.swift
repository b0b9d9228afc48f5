import FoxTokenizers
import TestSupport
import Testing

@Suite("Byte alphabet", .counted)
struct ByteAlphabetTests {
  @Test
  func `BPE-1 bytes as the reference spells them`() {
    #expect(ByteAlphabet.spell(Array(" the\n\té".utf8)) == "ĠtheĊĉÃ©")
    #expect(ByteAlphabet.spell([0x00, 0x20, 0x7F, 0xA0, 0xAD, 0xFF]) == "ĀĠġłŃÿ")
  }

  @Test
  func `BPE-1 256 characters and back`() {
    let characters = (0...255).map { ByteAlphabet.character(of: $0) }
    #expect(Set(characters).count == 256)
    #expect(characters.map { ByteAlphabet.byte(of: $0) } == (0...255).map { UInt8($0) })
    #expect(ByteAlphabet.byte(of: " ") == nil)
    #expect(ByteAlphabet.byte(of: "\u{144}") == nil)
    #expect(ByteAlphabet.byte(of: "😀") == nil)
  }

  @Test
  func `BPE-1 a token with a character that spells no byte stands for its own UTF-8`() {
    #expect(ByteAlphabet.bytes(of: "Ġx") == [0x20, 0x78])
    #expect(ByteAlphabet.bytes(of: "Ġ x") == Array("Ġ x".utf8))
    #expect(ByteAlphabet.bytes(of: "é") == [0xE9])
  }
}
