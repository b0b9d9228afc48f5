import TestSupport
import Testing

@testable import FoxTries

@Suite("Word merger", .counted)
struct WordMergerTests {
  /// Random words of every length around the limit between scanning and the queue, and of runs.
  @Test
  func `BPE-4 scan and queue agree with the chapter`() throws {
    let merges = ["a a", "b a", "aa b", "ba aa", "c c", "aa aa", "aab ba", "cc cc", "b b"]
    let tokenizer = try Fixture.tokenizer(alphabet: "abc", merges: merges)
    let plain = BytePairEncoding(
      merges: merges.map { line in
        let parts = line.split(separator: " ").map { Array($0.utf8) }
        return BytePairEncoding.Pair(parts[0], parts[1])
      })
    var random = SeededGenerator()
    for count in Array(0...WordMerger.scanLimit + 20) + [100, 300] {
      for letters in ["a", "ab", "aab", "abc"] {
        let word = String((0..<count).compactMap { _ in letters.randomElement(using: &random) })
        let tokens = plain.tokens(of: word.utf8).map { String(decoding: $0, as: UTF8.self) }
        expectSame(try tokenizer.encode(word).tokens, tokens, "\(word), seed \(random.seed)")
      }
    }
  }

  @Test(arguments: ["a", "ab", " ", "\n", "😀"])
  func `BPE-4 a word of 100,000 bytes`(part: String) throws {
    let tokenizer = try Fixture.tiny.get()
    let text = String(repeating: part, count: 100_000 / part.utf8.count)
    #expect(try tokenizer.decode(tokenizer.encodeIDs(text)) == text)
  }
}
