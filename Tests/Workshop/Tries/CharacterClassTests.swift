import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("Character classes")
struct CharacterClassTests {
  @Test("every scalar is classified as the reference does", .spec("BPE-3"))
  func allScalars() throws {
    let golden = try Golden.json("tokenizers/character-classes.json")
    let classes = CharacterClasses.shared
    var digest = Digest()
    var counts = [0, 0, 0, 0]
    var words = 0
    for scalar in [0...0xD7FF, 0xE000...0x10FFFF].joined() {
      let value = classes[UInt32(scalar)]
      digest.add(UInt64(value))
      counts[Int(value & CharacterClass.mask)] += 1
      if value & CharacterClass.word != 0 { words += 1 }
    }
    #expect(counts.reduce(0, +) == golden["scalars"]?.integer)
    #expect(counts[1] == golden["letters"]?.integer)
    #expect(counts[2] == golden["numbers"]?.integer)
    #expect(counts[3] == golden["spaces"]?.array?.count)
    #expect(words == golden["words"]?.integer)
    #expect(digest.text == golden["fnv1a64"]?.string)
  }

  @Test("white space is these 25 scalars", .spec("BPE-3"))
  func spaces() throws {
    let golden = try Golden.json("tokenizers/character-classes.json").list("spaces")
    for scalar in golden.compactMap({ $0.string.flatMap { UInt32($0, radix: 16) } }) {
      #expect(CharacterClasses.shared[scalar] == CharacterClass.space)
    }
  }

  @Test("ASCII by byte and by scalar", .spec("BPE-3"))
  func ascii() {
    for byte in UInt8(0)..<0x80 {
      #expect(CharacterClasses.shared[ascii: byte] == CharacterClasses.shared[UInt32(byte)])
    }
  }
}
