import FoxDecoding
import FoxHomework
import Testing

@Suite("The guide to the Homework", .counted)
struct HomeworkGuide {
  @Test
  func `BOOK-10 the questions, asked of another model`() throws {
    // A model is four functions: here it is sure that b follows a, and a follows b.
    let letters = ["a", "b", "c"]
    let model = LanguageModel(
      encode: { text in text.compactMap { letters.firstIndex(of: String($0)) } },
      decode: { ids in ids.map { letters[$0] }.joined() },
      pieces: { ids in ids.map { letters[$0] } },
      next: { texts in
        texts.map { ids in (0..<3).map { $0 == 1 - (ids.last ?? 0) ? -0.1 : -3 } }
      })
    let sizes = try Q1_3.answer(model, prompt: "a", sizes: 1...2, steps: 3, over: ["b"])
    print(sizes.sizes[0].text, sizes.counterExamples)

    #expect(sizes.sizes[0].text == "abab" && sizes.counterExample == nil)
  }

  private func print(_ items: Any...) {}
}
