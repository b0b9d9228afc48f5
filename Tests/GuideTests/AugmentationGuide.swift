import FoxAugmentation
import FoxData
import FoxDecoding
import FoxEngines
import Testing

/// Knows two words and two languages.
struct TwoWords: Translator {
  let name = "two words"

  func translate(_ texts: [String], along path: [Language]) throws -> [Passage] {
    texts.map { text in
      // One text for each hop; the last is what comes back.
      let there = text.replacing("good", with: "bueno").replacing("bad", with: "malo")
      let back = there.replacing("bueno", with: "fine").replacing("malo", with: "poor")
      return Passage(hops: [there, back])
    }
  }
}

@Suite("The guide to Augmentation", .counted)
struct AugmentationGuide {
  @Test
  func `BOOK-10 a translator`() throws {
    let languages = ["eng", "spa", "eng"].compactMap { Language($0) }
    let examples = LabelledText.numbered([("a good film", "1"), ("it rains", "0")])
    let set = try backTranslate(
      examples, by: [Pivot(name: "spa", path: languages)], with: TwoWords(),
      dropping: dropRepetitions)
    for line in set.examples { print(line.guid, line.label, line.text) }

    #expect(
      set.examples.map(\.text) == ["a good film", "a fine film", "it rains"],
      "what came back unchanged is dropped")
  }

  private func print(_ items: Any...) {}
}
