import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("BERT's characters")
struct BERTCharacterTests {
  private static let names: [(String, UInt16)] = [
    ("dropped", BERTClass.dropped), ("spaces", BERTClass.space), ("chinese", BERTClass.chinese),
    ("punctuation", BERTClass.punctuation), ("marks", BERTClass.mark),
    ("lower", BERTClass.lowers),
  ]

  @Test("every scalar is classified and mapped as the reference does", .spec("WP-1"))
  func allScalars() throws {
    let golden = try Golden.json("tokenizers/bert-characters.json")
    let characters = BERTCharacters.shared
    var digest = Digest()
    var counts = [Int](repeating: 0, count: Self.names.count)
    var decompositions = 0
    for scalar in [0...0xD7FF, 0xE000...0x10FFFF].joined().map({ UInt32($0) }) {
      let value = characters[scalar]
      digest.add(UInt64(value & 0x7F))
      digest.add(UInt64(value >> BERTClass.rankShift))
      if value & BERTClass.lowers != 0 { characters.lower(scalar) { digest.add(UInt64($0)) } }
      for (index, name) in Self.names.enumerated() where value & name.1 != 0 { counts[index] += 1 }
      if BERTCharacters.syllables.contains(scalar) {
        #expect(value & BERTClass.decomposes != 0)
      } else if value & BERTClass.decomposes != 0 {
        decompositions += 1
        characters.decompose(scalar) { digest.add(UInt64($0)) }
      }
    }
    for (name, count) in zip(Self.names, counts) {
      #expect(golden[name.0]?.integer == count, "\(name.0)")
    }
    #expect(golden["decompositions"]?.integer == decompositions)
    #expect(digest.text == golden["fnv1a64"]?.string)
  }

  @Test("Hangul decomposes by arithmetic", .spec("WP-1"))
  func hangul() {
    func parts(_ scalar: UInt32) -> [UInt32] {
      var found: [UInt32] = []
      BERTCharacters.shared.decompose(scalar) { found.append($0) }
      return found
    }
    #expect(parts(0xAC00) == [0x1100, 0x1161])
    #expect(parts(0xD4DB) == [0x1111, 0x1171, 0x11B6])
    #expect(parts(0xD7A3) == [0x1112, 0x1175, 0x11C2])
  }
}
