import FoxModels
import FoxSearch
import TestSupport
import Testing

@Suite("A GPT-2 as a function from texts to scores", .counted)
struct GPT2ScorerTests {
  private static let model = Result {
    try GPT2Model.load(folder: Places.golden("gpt2/models/plain")).model
  }

  /// What the model says about each text by itself.
  private func alone(_ texts: [[Int]]) throws -> [[Float]] {
    let model = try Self.model.get()
    return try texts.map { text in
      Array(try model.logits([text]).elements.suffix(model.configuration.vocabularySize))
    }
  }

  private func scorer() throws -> GPT2Scorer {
    GPT2Scorer(try Self.model.get(), .logits, reserving: 8)
  }

  private func check(_ scorer: GPT2Scorer, _ texts: [[Int]]) throws {
    let scores = try scorer.next(texts)
    expectClose(
      scores.flatMap { $0 }, try alone(texts).flatMap { $0 }, tolerance: 2e-5, "\(texts)")
    scorer.spare = scores
  }

  @Test
  func `BEAM-13 whatever was asked before, the scores are those of the text`() throws {
    let scorer = try scorer()
    for texts in [
      [[1, 2, 3]], [[1, 2, 3, 4], [1, 2, 3, 5]],  // a beginning, and two ways on
      [[1, 2, 3, 5, 6], [1, 2, 3, 5, 7], [9]],  // both from the second; another beginning
      [[9], [9]],  // the same again, twice
      [[9, 1, 2, 3, 4], [1, 2]],  // several tokens more; shorter than before
      [], [[1, 2, 3]],
    ] { try check(scorer, texts) }
  }

  @Test
  func `BEAM-13 random texts, one growing out of the other`() throws {
    let scorer = try scorer()
    var random = Seeded(5)
    var texts = [[1]]
    for _ in 0..<12 {
      texts = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        let parent = texts.randomElement(using: &random) ?? []
        let length = Int.random(in: 0...3, using: &random)
        return parent
          + (0..<max(length, parent.isEmpty ? 1 : 0)).map { _ in
            Int.random(in: 0..<512, using: &random)
          }
      }
      try check(scorer, texts)
    }
  }

  @Test
  func `BEAM-13 after a failure it goes on; a table that somebody holds is not written`() throws {
    let scorer = try scorer()
    let first = try scorer.next([[1, 2]])
    scorer.spare = first
    #expect(throws: Fault.emptyPrompt) { try scorer.next([[1, 2], []]) }
    #expect(throws: Fault.token(id: 512, vocabulary: 512)) { try scorer.next([[1, 2, 512]]) }
    try check(scorer, [[1, 2, 3]])
    expectClose(first[0], try alone([[1, 2]])[0], tolerance: 2e-5, "held")
  }

  @Test
  func `BEAM-3 TENS-6 the fast scan finds what the plain one finds`() {
    var random = Seeded(3)
    for count in [0, 1, 7, 127, 128, 129, 1000] {
      let row = (0..<count).map { _ in Float(Int.random(in: -9...0, using: &random)) / 2 }
      for threshold in [.nan, -.infinity, -1, 0.5, 5] as [Float] {
        for start in [0, count / 2, count] {
          #expect(
            firstAboveByVectors(row, start, 0.5, threshold)
              == firstAbove(row, start, 0.5, threshold))
        }
      }
    }
  }
}
