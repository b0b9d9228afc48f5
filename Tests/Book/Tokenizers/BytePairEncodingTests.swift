import TestSupport
import Testing

@testable import FoxTokenizers

/// Words that a reader merges by hand.
@Suite("Byte-pair encoding, by hand", .counted)
struct BytePairEncodingTests {
  /// Merges as `merges.txt` has them, of letters only.
  static func encoding(_ merges: [String]) -> BytePairEncoding {
    BytePairEncoding(
      merges: merges.map { line in
        let parts = line.split(separator: " ").map { Array($0.utf8) }
        return BytePairEncoding.Pair(parts[0], parts[1])
      })
  }

  static func tokens(_ word: String, _ merges: [String]) -> [String] {
    encoding(merges).tokens(of: word.utf8).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    arguments: [
      "a|a|a|b|d|a|a|a|b|a|c", "aa|a|b|d|aa|a|b|a|c", "aa|ab|d|aa|ab|a|c", "aaab|d|aaab|a|c",
    ].enumerated().map { ($0, $1) })
  func `BPE-4 aaabdaaabac, merge by merge`(merges count: Int, expected: String) {
    let merges = Array(["a a", "a b", "aa ab"].prefix(count))
    #expect(Self.tokens("aaabdaaabac", merges).joined(separator: "|") == expected)
  }

  @Test(
    arguments: [
      (["a b", "ab c"], "abcab", ["abc", "ab"]),
      (["b c", "a b"], "abc", ["a", "bc"]),
      (["a b", "b c"], "abc", ["ab", "c"]),
      (["a a"], "aaaaa", ["aa", "aa", "a"]),
      (["a a", "aa a"], "aaaaa", ["aa", "aaa"]),
      (["a b", "b a"], "ababa", ["ab", "ab", "a"]),
      // A new token may have a merge of a lower rank than the one that made it.
      (["aa b", "a a"], "aaab", ["aa", "a", "b"]),
      (["aa b", "a a"], "aab", ["aab"]),
      (["aa a", "a a"], "aaaa", ["aaa", "a"]),
      ([], "ab", ["a", "b"]),
      (["a b"], "", []),
    ] as [([String], String, [String])])
  func `BPE-4 lowest rank first, then leftmost`(merges: [String], word: String, tokens: [String]) {
    #expect(Self.tokens(word, merges) == tokens)
  }
}
