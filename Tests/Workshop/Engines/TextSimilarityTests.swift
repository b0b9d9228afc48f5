import FoxData
import FoxModels
import FoxTries
import TestSupport
import Testing

@testable import FoxEngines

@Suite("Closeness of paraphrases", .counted)
struct TextSimilarityTests {
  @Test
  func `AUG-23 ROUGE-L: words in common and in order`() throws {
    let measure = LongestCommonSubsequence()
    let scores = try measure.scores([
      ("its respect for them", "Its respect for them!"), ("a b c d", "a c"), ("a", "b"), ("", "a"),
    ])
    #expect(measure.name == "ROUGE-L")
    #expect(scores == [1, 2.0 / 3, 0, 0])
    #expect(try measure.scores([]) == [])
  }

  @Test
  func `AUG-23 mean over the paraphrases of a pivot`() throws {
    let engine = CountingTranslator(
      try [direction("eng", "spa"), direction("spa", "eng")])
    let set = try Augmenter(translator: engine, pivots: ["spa"]).run([
      LabelledText(guid: "train-1", text: "a b", label: "0")
    ])
    // eng(spa(a b)) has four words, two of them the original's.
    #expect(set.groups[0].paraphrases[0].similarity == 2.0 / 3)
    #expect(set.counts[0].similarity == 2.0 / 3)
  }

  @Test(.tier(.t2))
  func `AUG-23 a model's cosine: meaning`() throws {
    let folder = Places.weights.appendingPathComponent("minilm").path
    let measure = EncoderSimilarity(
      model: try BERTModel.load(folder: folder).model, tokenizer: try BERTTokenizer(folder: folder))
    let scores = try measure.scores([
      ("a good film", "a good film"), ("a good film", "a nice movie"),
      ("a good film", "the dog is barking"),
      ("a good film", String(repeating: "film ", count: 600)),
    ])
    #expect(abs(scores[0] - 1) < 1e-5)
    #expect(scores[1] > 0.6 && scores[1] < 0.99 && scores[2] < 0.4)
  }
}
