import FoxDecoding
import FoxTokenizers
import Testing

/// A number for each letter.
struct LetterTokenizer {
  let letters: [Character]

  func encode(_ text: String) throws(Fault) -> [Int] {
    var ids: [Int] = []
    for letter in text {
      guard let id = letters.firstIndex(of: letter) else {
        throw Fault("the text", found: "\"\(letter)\"", expected: "letters of \(letters.count)")
      }
      ids.append(id)
    }
    return ids
  }

  func decode(_ ids: [Int]) -> String {
    String(ids.filter(letters.indices.contains).map { letters[$0] })
  }
}

@Suite("The guide to Tokenizers", .counted)
struct TokenizersGuide {
  @Test
  func `BOOK-10 a tokenizer of letters, and merges of one's own`() throws {
    let tokenizer = LetterTokenizer(letters: Array("abcdefghijklmnopqrstuvwxyz "))
    for text in ["", "the fox", "a"] {
      #expect(tokenizer.decode(try tokenizer.encode(text)) == text)
    }
    #expect(throws: Fault.self) { try tokenizer.encode("é") }

    let pairs = [("a", "a"), ("a", "b"), ("aa", "ab")].map { left, right in
      BytePairEncoding.Pair(Array(left.utf8), Array(right.utf8))
    }
    let tokens = BytePairEncoding(merges: pairs).tokens(of: "aaabdaaabac".utf8)
    #expect(tokens.map { String(decoding: $0, as: UTF8.self) } == ["aaab", "d", "aaab", "a", "c"])
  }
}
