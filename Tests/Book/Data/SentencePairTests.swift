import FoxData
import FoxFiles
import TestSupport
import Testing

@Suite("Sentence pairs", .counted)
struct SentencePairTests {
  @Test
  func `DATA-12 by hand: a fox, a doctor, and a story without a second sentence`() {
    let pairs = SentencePairs.of(stories: [
      "A fox ran. It hid. Then it slept.", "One sentence.", " Mr. Fox ran.",
    ])
    #expect(pairs.pairs.map(\.first) == ["A fox ran.", "Mr."])
    // The rule does not know what a sentence is.
    #expect(pairs.pairs.map(\.second) == ["It hid.", "Fox ran.."])
    #expect(pairs.pairs.map(\.row) == [0, 2] && pairs.skipped == 1)
  }

  @Test
  func `DATA-12 preprocess_coqa`() throws {
    let cases = try Golden.arguments("datasets/tables.json", in: "pairs")
    for row in cases {
      let pairs = SentencePairs.of(stories: [try row.required("story").string ?? ""])
      let expected = row["pair"]?.array?.compactMap(\.string)
      let found = pairs.pairs.first.map { [$0.first, $0.second] }
      #expect(found.map { $0.map { Array($0.utf8) } } == expected.map { $0.map { Array($0.utf8) } })
      #expect(pairs.skipped == (expected == nil ? 1 : 0))
    }
    let all = SentencePairs.of(stories: cases.compactMap { $0["story"]?.string })
    #expect(all.pairs.count + all.skipped == cases.count)
    #expect(all.pairs.map(\.row) == cases.indices.filter { cases[$0]["pair"]?.array != nil })
    let spaces = try Golden.json("datasets/tables.json").required("spaces").integers()
    let ours = (0..<0x110000).filter { Unicode.Scalar($0).map(PythonText.isSpace) ?? false }
    expectSame(ours, spaces, "white space")
  }

  @Test
  func `DATA-12 split and strip at their edges`() {
    #expect(PythonText.split("aXbXc", separator: "X") == ["a", "b", "c"])
    #expect(PythonText.split("XX", separator: "X") == ["", "", ""])
    #expect(PythonText.split("aXb", separator: "X", maximumSplits: 0) == ["aXb"])
    #expect(PythonText.split("aaa", separator: "aa") == ["", "a"])
    #expect(PythonText.split("abc", separator: "") == ["abc"])
    // Cut by bytes: the accent stays after the cut.
    #expect(PythonText.split("e\u{301}", separator: "e") == ["", "\u{301}"])
    #expect(PythonText.strip(" \u{2003}a b\n") == "a b" && PythonText.strip("\t ") == "")
  }
}
