import Foundation
import FoxDecoding
import TestSupport
import Testing

@testable import FoxHomework

private let ln2 = 0.6931472

@Suite("The homework, part 1, with four words", .counted)
struct Part1Tests {
  private let model = FourWords.model

  @Test
  func `HW-1 HW-15 q1.1: both calls, the beams best first, and the third of four`() throws {
    let (answer, search) = try Q1_1.answer(model, prompt: "the", beams: 2, steps: 2)
    #expect(answer.beams.map(\.text) == ["the fox jumps ", "the fox . "])
    #expect(answer.beams.map { ($0.score / ln2).rounded() } == [-2, -3])
    #expect(search.beams.count == 2)
    // After "the", in 3 tokens, with 4 beams: fox jumps the (3 bits), then three of 4 bits.
    #expect(answer.third.tokens.count == 4)
    #expect((answer.third.score / ln2).rounded() == -4)
  }

  @Test
  func `HW-5 q1.2: entropy of half, quarter and two eighths is 1.75 bits`() throws {
    let row = [0.5, 0.25, 0.125, 0.125].map { Float(log($0)) }
    #expect(abs(entropy(row) / log(2) - 1.75) < 1e-6)
    #expect(entropy([0, -.infinity]) == 0)
    let (answer, change) = try Q1_2.answer(
      model, prompt: "the", steps: 6, over: ["the", "fox ."])
    #expect(answer.entropies.count == 6 && answer.prompts == 2)
    #expect(answer.meanProbabilities.allSatisfy { abs($0 - 0.5) < 1e-6 })
    // the fox jumps | the fox jumps: from the sixth word on trigrams repeat.
    #expect(answer.repeating != nil && answer.fresh != nil)
    // Always a half: nothing changes from the first three steps to the rest.
    #expect(abs(change?.probability.value ?? 1) < 1e-6 && change?.confirms == false)
    #expect(try Q1_2.answer(model, steps: 1, over: ["the"]).change == nil)
    #expect(throws: Fault.self) { try Q1_2.answer(model, over: []) }
  }

  @Test
  func `HW-6 q1.3: the sizes and their probabilities, and which pair loses most`() throws {
    let answer = try Q1_3.answer(model, prompt: "the", sizes: 1...3, steps: 3, over: ["fox"])
    #expect(answer.sizes.map(\.beams) == [1, 2, 3] && answer.promptsSearched == 2)
    #expect(answer.sizes[0].probabilities.count == 3)
    #expect(answer.sizes[0].probabilities.allSatisfy { abs($0 - 0.5) < 1e-6 })
    func sizes(_ scores: [Double]) -> [Q1_3.Size] {
      scores.enumerated().map {
        .init(beams: $0 + 1, score: $1, scorePerToken: $1 / 10, text: "", probabilities: [])
      }
    }
    #expect(Sweep.worst(of: sizes([-5, -4, -3])) == nil)
    #expect(Sweep.worst(of: sizes([-5, -5.0005])) == nil)
    let pair = try #require(Sweep.worst(of: sizes([-5, -3, -4, -3.5, -6])))
    #expect(pair.fewer == 1 && pair.more == 4)
  }

  @Test
  func `HW-6 q1.3: two beams crowd out what one would have found`() throws {
    // After 0 come 1 (60 %) and 2 (40 %). 1 has four children (15 % each), 2 has two (20 % each): after
    // two steps two beams hold only children of 2, and greedy search a child of 1. From there on a child
    // of 1 is certain of what follows, and a child of 2 divides its 20 % by four at every step.
    func next(_ text: [Int]) -> [Float] {
      let shares: [Int: Double] =
        switch (text.count, text.dropFirst().first) {
        case (1, _): [1: 0.6, 2: 0.4]
        case (2, 1): [3: 0.25, 4: 0.25, 5: 0.25, 6: 0.25]
        case (2, _): [3: 0.5, 4: 0.5]
        case (_, 1): [0: 1]
        default: [0: 0.25, 1: 0.25, 2: 0.25, 3: 0.25]
        }
      return (0..<7).map { shares[$0].map { Float(log($0)) } ?? -.infinity }
    }
    let model = LanguageModel(
      encode: { _ in [0] }, decode: { "\($0)" }, pieces: { $0.map { "\($0)" } },
      next: { $0.map(next) })
    let answer = try Q1_3.answer(model, prompt: "", sizes: 1...2, steps: 4, over: [])
    let example = try #require(answer.counterExample, "\(answer.sizes)")
    #expect(example.fewer.beams == 1 && example.more.beams == 2)
    #expect(example.lostAt == 2)
  }

  @Test
  func `HW-12 q1.4: each step has one word less, and more of the probability is blocked`() throws {
    let answer = try Q1_4.answer(model, prompt: "the", steps: 3)
    #expect(answer.blocked.text == "the fox jumps . ")
    #expect(answer.vocabularyLeft == [3, 2, 1])
    // After "jumps", "the" has a half and is blocked; "fox" has next to nothing.
    #expect(abs(answer.blockedMass[2] - (0.5 + 2 * exp2(-9))) < 1e-6)
    #expect(answer.starvedAt == 2)
  }

  @Test
  func `HW-13 q1.5: the texts, and a line for each block`() throws {
    let (answer, search) = try Q1_5.answer(model, prompt: "the", steps: 6)
    #expect(answer.plain.text == "the fox jumps the fox jumps the ")
    #expect(answer.trace.first == "Preventing:  the fox  -> jumps ")
    #expect(answer.trace.count == search.trace.count)
    #expect(Q1_5.repeatedTrigrams([0, 1, 2, 0, 1, 2]) == 1)
    #expect(Q1_5.repeatedTrigrams([0, 1]) == 0)
    #expect(Q1_5.repeatedTrigrams(answer.plain.tokens.map(\.id)) == 2)
    #expect(Q1_5.repeatedTrigrams(answer.blocked.tokens.map(\.id)) == 0)
  }
}
