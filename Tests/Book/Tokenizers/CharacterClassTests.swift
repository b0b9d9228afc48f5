import FoxTries
import TestSupport
import Testing

@testable import FoxTokenizers

@Suite("Character classes", .counted)
struct CharacterClassTests {
  @Test
  func `BPE-3 every scalar is classified as the reference does`() throws {
    let golden = try Golden.json("tokenizers/character-classes.json")
    let classes = CharacterClasses.shared
    var digest = Digest()
    var counts = [0, 0, 0, 0]
    var words = 0
    for scalar in [0...0xD7FF, 0xE000...0x10FFFF].joined() {
      let character = try #require(Unicode.Scalar(UInt32(scalar)))
      let (kind, isWord) = (classes[character].rawValue, CharacterClasses.isWord(character.value))
      // As the recorder counts it: the class, and 4 where `\w` matches.
      digest.add(UInt64(kind) + (isWord ? 4 : 0))
      counts[Int(kind)] += 1
      if isWord { words += 1 }
    }
    #expect(counts.reduce(0, +) == golden["scalars"]?.integer)
    #expect(counts[1] == golden["letters"]?.integer)
    #expect(counts[2] == golden["numbers"]?.integer)
    #expect(counts[3] == golden["spaces"]?.array?.count)
    #expect(words == golden["words"]?.integer)
    #expect(digest.text == golden["fnv1a64"]?.string)
  }

  @Test
  func `BPE-3 white space is these 25 scalars`() throws {
    let golden = try Golden.json("tokenizers/character-classes.json").list("spaces")
    for value in golden.compactMap({ $0.string.flatMap { UInt32($0, radix: 16) } }) {
      let scalar = try #require(Unicode.Scalar(value))
      #expect(CharacterClasses.shared[scalar] == .space && !CharacterClasses.isWord(value))
    }
  }

  @Test
  func `BPE-3 a letter, a digit, a mark, a space`() {
    let classes = CharacterClasses.shared
    #expect(["a", "é", "日", "ª"].allSatisfy { classes[$0] == .letter })
    #expect(["1", "²", "½", "Ⅷ"].allSatisfy { classes[$0] == .number })
    #expect([".", "_", "€", "\u{301}", "\u{200B}"].allSatisfy { classes[$0] == .other })
    #expect([" ", "\n", "\u{A0}", "\u{3000}"].allSatisfy { classes[$0] == .space })
    #expect("_a".unicodeScalars.allSatisfy { CharacterClasses.isWord($0.value) })
    #expect(!CharacterClasses.isWord(0x2E))
  }
}
