import TestSupport
import Testing

@testable import FoxTries

@Suite("Word merger")
struct WordMergerTests {
  @Test(
    "lowest rank first, then leftmost", .spec("BPE-4"),
    arguments: [
      (["a b", "ab c"], "abcab", ["abc", "ab"]),
      (["b c", "a b"], "abc", ["a", "bc"]),
      (["a a"], "aaaaa", ["aa", "aa", "a"]),
      (["a a", "aa a"], "aaaaa", ["aa", "aaa"]),
      (["a a", "aa aa", "aaaa a"], "aaaaaaaaa", ["aaaa", "aaaaa"]),
      (["a b", "b a"], "ababa", ["ab", "ab", "a"]),
    ] as [([String], String, [String])])
  func order(merges: [String], text: String, tokens: [String]) throws {
    let tokenizer = try Fixture.tokenizer(alphabet: "abc", merges: merges)
    #expect(try tokenizer.encode(text).tokens == tokens)
  }

  /// Random words of every length around the limit between scanning and the heap, and of runs,
  /// against the algorithm as it is told.
  @Test("scan and heap agree with the plain algorithm", .spec("BPE-4"))
  func plain() throws {
    let merges = ["a a", "b a", "aa b", "ba aa", "c c", "aa aa", "aab ba", "cc cc", "b b"]
    let tokenizer = try Fixture.tokenizer(alphabet: "abc", merges: merges)
    var random = SystemRandomNumberGenerator()
    for count in Array(0...WordMerger.scanLimit + 20) + [100, 300] {
      for letters in ["a", "ab", "aab", "abc"] {
        let word = String((0..<count).compactMap { _ in letters.randomElement(using: &random) })
        expectSame(try tokenizer.encode(word).tokens, Self.merge(word, merges), word)
      }
    }
  }

  static func merge(_ word: String, _ merges: [String]) -> [String] {
    var tokens = word.map { String($0) }
    while true {
      let pairs = zip(tokens, tokens.dropFirst()).map { merges.firstIndex(of: "\($0) \($1)") }
      guard let best = pairs.compactMap({ $0 }).min(), let place = pairs.firstIndex(of: best) else {
        return tokens
      }
      tokens.replaceSubrange(place...place + 1, with: [tokens[place] + tokens[place + 1]])
    }
  }

  @Test("a word of 100,000 bytes", .spec("BPE-4"), arguments: ["a", "ab", " ", "\n", "😀"])
  func long(part: String) throws {
    let tokenizer = try Fixture.tiny.get()
    let text = String(repeating: part, count: 100_000 / part.utf8.count)
    #expect(try tokenizer.decode(tokenizer.encodeIDs(text)) == text)
  }
}
