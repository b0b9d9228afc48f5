import Exercises
import FoxTokenizers
import Testing

@Suite("Exercise 5: merge ranks")
struct Exercise5Tests {
  @Test func `by hand: aaabdaaabac`() throws {
    let merges = [("a", "a"), ("a", "b"), ("aa", "ab")]
    #expect(
      try tokens(of: "aaabdaaabac", merges: merges) == ["aaab", "d", "aaab", "a", "c"],
      "a a first (rank 0), everywhere; then a b; then aa ab")
  }

  @Test func `the lowest rank, not the leftmost pair`() throws {
    #expect(try tokens(of: "abc", merges: [("b", "c"), ("a", "b")]) == ["a", "bc"])
  }

  @Test func `the lowest rank, not the longest token`() throws {
    let merges = [("a", "b"), ("b", "c"), ("bc", "d")]
    #expect(try tokens(of: "abcd", merges: merges) == ["ab", "c", "d"])
  }

  @Test func `of equal pairs the leftmost`() throws {
    #expect(try tokens(of: "aaa", merges: [("a", "a")]) == ["aa", "a"])
  }

  @Test func `nothing to merge`() throws {
    #expect(try tokens(of: "xyz", merges: []) == ["x", "y", "z"])
  }

  /// In a process of its own: a range that ends before it begins ends the program.
  @Test func `nothing at all, and a word that becomes one token`() async throws {
    let survivor = await #expect(
      processExitsWith: .success,
      "one token has no pair, and no token has none: 0...(count - 2) ends the program there"
    ) {
      _ = try? tokens(of: "", merges: [("a", "a")])
      _ = try? tokens(of: "aa", merges: [("a", "a")])
    }
    if survivor == nil { return }
    #expect(try tokens(of: "", merges: [("a", "a")]) == [])
    #expect(try tokens(of: "aa", merges: [("a", "a")]) == ["aa"])
    // a b first (rank 1), then ab c (rank 2), which makes the pair of rank 0: abc a.
    #expect(
      try tokens(of: "abca", merges: [("abc", "a"), ("a", "b"), ("ab", "c")]) == ["abca"],
      "a new token may have a merge of a lower rank than the one before: look again from rank 0")
  }

  /// The Book's tokenizer, with a vocabulary of the same merges, gives the same tokens.
  @Test(arguments: 1...20) func `random merges`(seed: UInt64) throws {
    var random = Random(seed)
    var pieces = ["a", "b", "c"]
    var merges: [(String, String)] = []
    for _ in 0..<8 {
      let pair = (pieces[random.below(pieces.count)], pieces[random.below(pieces.count)])
      if pieces.contains(pair.0 + pair.1) || (pair.0 + pair.1).count > 6 { continue }
      merges.append(pair)
      pieces.append(pair.0 + pair.1)
    }
    let tokenizer = try BytePairTokenizer(
      vocabulary: pieces.enumerated().map { (token: $1, id: $0) },
      merges: merges.map { "\($0.0) \($0.1)" }.joined(separator: "\n"))
    let word = String((0..<14).map { _ in Array("abc")[random.below(3)] })
    let expected = try tokenizer.encode(word).map { pieces[$0] }
    #expect(try tokens(of: word, merges: merges) == expected, "\(word) with \(merges)")
  }
}
