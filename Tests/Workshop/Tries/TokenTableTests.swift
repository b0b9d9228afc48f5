import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("Tables of tokens and merges", .counted)
struct TokenTableTests {
  @Test
  func `BPE-5 composed and decomposed tokens are two tokens`() throws {
    let members: [(key: String, value: JSON)] = [
      ("\u{e0}", 0), ("a\u{300}", 1), ("\u{212b}", 2), ("\u{c5}", 3), ("A\u{30a}", 4),
      ("\u{feff}#", 5), ("#", 6),
    ]
    let tokenizer = try Fixture.read(vocabulary: .object(.init(members)), merges: "")
    for (token, id) in members {
      #expect(tokenizer.id(of: token) == id.integer)
      expectText(tokenizer.token(of: id.integer ?? -1) ?? "none", token, "\(id)")
    }
    #expect(tokenizer.count == 8)
  }

  @Test
  func `BPE-5 a vocabulary of many tokens`() throws {
    var vocabulary = TokenTable(capacity: 0)
    for id in 0..<5000 {
      var token = String(id * 7919, radix: 36)
      token.withUTF8 { vocabulary.insert($0, id: id) }
    }
    #expect(vocabulary.count == 5000)
    for id in 0..<5000 {
      #expect(vocabulary.id(String(id * 7919, radix: 36)) == id)
      #expect(vocabulary.text(id) == String(id * 7919, radix: 36))
    }
    #expect(vocabulary.id("-") == nil && vocabulary.text(5000) == nil)
  }

  @Test
  func `BPE-4 a merge table that has to grow`() {
    var table = MergeTable(capacity: 0)
    for pair in UInt32(0)..<2000 {
      #expect(table.insert(pair, pair &* 7, rank: Int(pair), result: pair + 1) == nil)
    }
    #expect(table.insert(5, 35, rank: 1, result: 1) == 5)
    for pair in UInt32(0)..<2000 {
      #expect(MergeTable.result(table.merge(pair, pair &* 7)) == pair + 1)
    }
    #expect(table.merge(1, 1) == MergeTable.none)
  }
}
