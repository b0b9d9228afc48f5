import FoxData
import TestSupport
import Testing

@testable import FoxEngines

@Suite("What is dropped", .counted)
struct ParaphraseFiltersTests {
  private func reasons(
    _ original: String, _ paraphrases: [[String]], _ filters: ParaphraseFilters = .all
  ) -> [DropReason?] {
    let set = AugmentedSet.assembled(
      [LabelledText(guid: "train-1", text: original, label: "1")],
      paraphrases.indices.map { Pivot(name: "p\($0)", path: []) },
      paraphrases.map { [Passage(hops: $0)] }, translator: "", dropping: filters.rule)
    return set.groups[0].paraphrases.map(\.dropped)
  }

  @Test
  func `AUG-22 nothing, unless it is asked for`() {
    let paraphrases = [[""], ["a film"], ["a film"], ["x"], ["很好"]]
    #expect(reasons("a film", paraphrases, .none) == [nil, nil, nil, nil, nil])
    #expect(
      reasons("a film", paraphrases, ParaphraseFilters([.duplicate])) == [
        nil, nil, .duplicate, nil, nil,
      ])
  }

  @Test
  func `AUG-22 empty, unchanged, said before: letter case and white space apart`() {
    #expect(
      reasons(
        "A good film .",
        [["the film is good"], [" \u{A0}"], ["a GOOD  film."], ["The film is good "]]
      ) == [nil, .empty, .unchanged, .duplicate])
    // What is dropped is no reason to drop another.
    #expect(
      reasons(
        "a", [["bbb"], ["bbb"]], ParaphraseFilters([.length, .duplicate], lengthRatio: 0...2))
        == [.length, .length])
  }

  @Test
  func `AUG-22 much shorter or longer`() {
    let paraphrases = [["abcd"], ["abcde"], ["abcdefghij abcdefghij"], ["abcdefghij abcdefghijk"]]
    #expect(
      reasons("abcde fghij", paraphrases, ParaphraseFilters([.length]))
        == [.length, nil, nil, .length])
  }

  @Test
  func `AUG-22 words of the pivot that came back as they were`() {
    let original = "a strong drama itch"
    let filters = ParaphraseFilters([.language])
    // In the pivot's text and not in the original: foreign; a word of both is not.
    let there = "un fuerte drama escozor"
    #expect(
      reasons(
        original,
        [
          [there, "a strong drama escozor"], [there, "a escozor fuerte itch"],
          ["a strong drama escozor"], [there, "a strong drama ЗУД itch зуд"],
        ], filters) == [nil, .language, nil, .language])
    let share = ParaphraseFilters.foreignShare(
      of: Paraphrase(pivot: "p", passage: Passage(hops: [there, "a drama Escozor !"])), original)
    #expect(share == 1.0 / 3)
  }

  @Test
  func `AUG-22 counts of each pivot`() throws {
    let engine = CountingTranslator(
      try ["spa", "cat"].flatMap { [try direction("eng", $0), try direction($0, "eng")] })
    let texts = ["some sentence of words", "x"].enumerated().map {
      LabelledText(guid: "train-\($0 + 1)", text: $1, label: "0")
    }
    let set = try Augmenter(
      translator: engine, pivots: ["spa", "cat"], filters: ParaphraseFilters([.length])
    ).run(texts)
    #expect(set.counts.map(\.kept) == [1, 1])
    #expect(set.counts.map(\.dropped) == [[.length: 1], [.length: 1]])
    #expect(set.examples.count == 4)
  }
}
