import TestSupport
import Testing

@testable import FoxTokenizers

@Suite("BERT's characters", .counted)
struct BERTCharacterTests {
  private static let names: [(String, BERTClass)] = [
    ("dropped", .dropped), ("spaces", .space), ("chinese", .chinese),
    ("punctuation", .punctuation), ("marks", .mark), ("lower", .lowers),
  ]

  @Test
  func `WP-1 every scalar is classified and mapped as the reference does`() throws {
    let golden = try Golden.json("tokenizers/bert-characters.json")
    let characters = BERTCharacters.shared
    var digest = Digest()
    var counts = [Int](repeating: 0, count: Self.names.count)
    var decompositions = 0
    for scalar in [0...0xD7FF, 0xE000...0x10FFFF].joined().map({ UInt32($0) }) {
      let value = characters[scalar]
      // As the recorder counts it: the classes, the rank, the small letters, the parts.
      digest.add(UInt64(value.subtracting(.ordered).rawValue))
      digest.add(value.contains(.ordered) ? UInt64(characters.rank(of: scalar)) : 0)
      if value.contains(.lowers) { characters.small(scalar).forEach { digest.add(UInt64($0)) } }
      for (index, name) in Self.names.enumerated() where value.contains(name.1) {
        counts[index] += 1
      }
      if (0xAC00..<0xD7A4).contains(scalar) {
        #expect(value.contains(.decomposes))
      } else if value.contains(.decomposes) {
        decompositions += 1
        characters.parts(of: scalar).forEach { digest.add(UInt64($0)) }
      }
    }
    for (name, count) in zip(Self.names, counts) {
      #expect(golden[name.0]?.integer == count, "\(name.0)")
    }
    #expect(golden["decompositions"]?.integer == decompositions)
    #expect(digest.text == golden["fnv1a64"]?.string)
  }

  @Test
  func `WP-1 Hangul decomposes by arithmetic`() {
    func parts(_ scalar: UInt32) -> [UInt32] { BERTCharacters.shared.parts(of: scalar) }
    #expect(parts(0xAC00) == [0x1100, 0x1161])
    #expect(parts(0xD4DB) == [0x1111, 0x1171, 0x11B6])
    #expect(parts(0xD7A3) == [0x1112, 0x1175, 0x11C2])
  }

  @Test
  func `WP-1 a capital, an accent, a sign`() {
    let characters = BERTCharacters.shared
    func text(_ scalars: [UInt32]) -> String {
      scalars.map { String($0, radix: 16) }.joined(separator: " ")
    }
    #expect(characters[0x41] == [.lowers] && text(characters.small(0x41)) == "61")  // A
    #expect(text(characters.small(0x130)) == "69 307")  // İ
    #expect(text(characters.parts(of: 0xE9)) == "65 301")  // é
    #expect(characters[0x301] == [.mark, .ordered] && characters[0x61] == [])
    #expect(characters.rank(of: 0x323) < characters.rank(of: 0x301))  // below goes before above
    #expect(characters[0x4E2D] == [.chinese] && characters[0x24] == [.punctuation])
  }
}
