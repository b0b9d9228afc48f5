import FoxAugmentation
import FoxData
import FoxMetrics
import FoxSearch
import TestSupport
import Testing

@testable import FoxHomework
@testable import FoxQuestions

/// The same numbers of the chapter's tests, in words.
@Suite("What numbers say about the homework's questions", .counted)
struct ConclusionTests {
  private func text(_ ids: [Int], score: Double = -1) -> ScoredText {
    ScoredText(
      tokens: ids.map { ScoredToken(id: $0, text: "\($0)", logProbability: -0.5) }, text: "",
      score: score, scorePerToken: score / Double(max(1, ids.count)))
  }

  @Test
  func `HW-1 HW-5 q1.2 in words: confirmed, refuted, or not shown`() {
    func words(
      _ probability: Interval, _ entropy: Interval, repeating: Double? = nil, fresh: Double? = 0.5
    ) -> String {
      Q1_2(
        prompt: "the", beam: text([0]), entropies: [2, 2, 2, 1, 1, 1], meanProbabilities: [],
        meanEntropies: [], prompts: 2, repeating: repeating, fresh: fresh
      ).words(.init(probability: probability, entropy: entropy))
    }
    let (up, down, wide) = (Interval(0.2, 0.1, 0.3), Interval(-1, -2, -0.5), Interval(0, -1, 1))
    #expect(
      words(up, down)
        == "Over 2 prompts, from the first 3 steps to the rest, the chosen token's probability "
        + "changes by +0.200 (+0.100 to +0.300) and the entropy of the prediction by −1.00 (−2.00 "
        + "to −0.50) nats. The homework's observation holds here: the more context, the narrower "
        + "the prediction. No token repeated a trigram of its text.")
    #expect(words(down, down).contains("later tokens are less probable"))
    #expect(words(wide, down).contains("do not show the homework's observation clearly"))
    #expect(words(up, wide, repeating: 0.9).hasSuffix("repetition makes itself more likely."))
    #expect(
      words(up, wide, repeating: 0.9, fresh: nil).hasSuffix(
        "Every token repeated a trigram of its text."))
    // Of one prompt there is no interval to show.
    #expect(words(Interval(1, -.infinity, .infinity), down).contains("by +1.000 and"))
  }

  @Test
  func `HW-1 HW-6 q1.3 in words: a counter-example with its step, or none`() {
    func size(_ beams: Int, _ score: Double) -> Q1_3.Size {
      .init(beams: beams, score: score, scorePerToken: score, text: "", probabilities: [])
    }
    var answer = Q1_3(
      prompt: "", steps: 4, sizes: [size(1, -5), size(2, -6)],
      counterExample: .init(
        prompt: "A fox", steps: 4, fewer: size(1, -5), more: size(2, -6), lostAt: 2),
      promptsSearched: 3, counterExamples: 1)
    #expect(
      answer.words
        == "For the homework's prompt the score does not always rise from 1 to 2 beams. More beams "
        + "guarantee nothing: for 1 of 3 prompts some larger beam ends with a worse score. After "
        + "“A fox” 2 beams lose 1.00 nats against 1 (−6.00 against −5.00): the beginning of the "
        + "better sequence fell out of the larger beam at step 2.")
    answer.counterExample = nil
    #expect(answer.words.contains("Among 3 prompts no counter-example was found"))
  }

  @Test
  func `HW-1 HW-12 q1.4 in words: what is blocked, and when it is more than half`() {
    var answer = Q1_4(
      prompt: "", plain: text([0, 1, 2, 0]), blocked: text([0, 1, 2, 3], score: -2),
      vocabularyLeft: [3, 2, 1], blockedMass: [0.1, 0.2, 0.504], starvedAt: 2,
      usedUp: [.init(token: "the ", step: 0)])
    #expect(
      answer.words.hasPrefix("WordBlock has taken 3 of 4 tokens (75 %) by the last step, 1 of them")
    )
    #expect(
      answer.words.contains(
        "At step 3 they first carry more than half of the model's probability (50 %), in all at 1 of "
          + "3 steps"))
    answer.starvedAt = nil
    #expect(answer.words.contains("They never carry more than 50 %"))
    answer.vocabularyLeft = []
    #expect(answer.words == "Without steps nothing is blocked.")
  }

  @Test
  func `HW-12 q1.4: the step from which a common word is blocked`() {
    let words =
      [("the ", nil), ("fox ", -0.7), ("jumps ", -0.7), (". ", -1.4)] as [(String, Double?)]
    let tokens = words.enumerated().map { ScoredToken(id: $0, text: $1.0, logProbability: $1.1) }
    let usedUp = Q1_4.usedUp(
      ScoredText(tokens: tokens + tokens, text: "", score: 0, scorePerToken: 0))
    #expect(usedUp.map(\.token) == ["the ", ". "])
    #expect(
      Q1_4.usedUp(ScoredText(tokens: tokens, text: "", score: 0, scorePerToken: 0)).map(\.step)
        == [0, 3])
  }

  @Test
  func `HW-1 HW-13 q1.5 in words: what blocking prevents and costs`() {
    let block = Block(step: 3, beam: 0, context: [0, 1], token: 2)
    func words(_ blocked: ScoredText, _ trace: [Block]) -> String {
      Q1_5(prompt: "", plain: text([0, 1, 2, 0, 1, 2, 0]), blocked: blocked, trace: []).words(trace)
    }
    #expect(words(text([0, 1, 2, 0, 1, 2, 0]), []).hasPrefix("Nothing to block"))
    #expect(words(text([0, 1, 2, 0, 1, 2, 0]), [block]).hasPrefix("1 block in 1 step. None"))
    let changed = words(text([0, 1, 2, 0, 1, 3, 0], score: -3), [block, block])
    #expect(
      changed.hasPrefix("2 blocks in 1 step. Without them 2 trigrams had come before, with them 0.")
    )
    #expect(changed.contains("That costs 2.00 nats of score."))
    #expect(words(text([0, 1, 3], score: 0), [block]).contains("That ends 1.00 nats better"))
  }

  @Test
  func `HW-1 HW-7 q2.1 in words: what chance explains is not claimed`() {
    func words(perplexity width: Double, rouge: [Double]) -> String {
      func scores(_ perplexity: Double) -> Q2_1.PairScores {
        .init(
          pairs: 2, perplexity: perplexity, homeworkROUGE3: 1, rouge1: 0, rouge2: 0, rouge3: 0,
          rougeL: 0)
      }
      return Q2_1(
        trainingStories: 1, blocks: 1, steps: 1, losses: [], before: scores(5), after: scores(2),
        differences: [.init(metric: "perplexity", mean: -3, lower: -3 - width, upper: -3 + width)]
          + rouge.map { .init(metric: "rouge", mean: $0, lower: $0 - 0.1, upper: $0 + 0.1) },
        examples: []
      ).words
    }
    let sure = words(perplexity: 1, rouge: [0, 0, 0, 0, 0])
    #expect(sure.contains("Of 5 ROUGE scores 0 change by more than its interval."))
    #expect(sure.contains("Perplexity sees the change of the model more surely"))
    #expect(sure.contains("Intervals of so few as 2 pairs say little."))
    #expect(sure.contains("(−3.000, 95 % interval −4.000 to −2.000: better)"))
    let unsure = words(perplexity: 9, rouge: [0, 0, 0, 0, 1])
    #expect(unsure.contains("no clear change") && unsure.contains("1 changes"))
    #expect(unsure.hasSuffix("do not show that either sees a change of the model."))
    #expect(
      words(perplexity: 1, rouge: [1, 1]).hasSuffix("Both see the change of the model here."))
  }

  private func runs(_ accuracies: [Double], epochs: Double = 3, name: String = "them") -> SeedRuns {
    SeedRuns(
      name: name, trainingSentences: 20, epochs: epochs, learningRate: 2e-5, steps: 3,
      seeds: [1, 2], accuracies: accuracies, mean: accuracies.reduce(0, +) / 2, deviation: 0,
      confusion: [[200, 228], [222, 222]])
  }

  @Test
  func `HW-1 HW-9 q3.1 in words: whether the seeds agree, and chance`() throws {
    func words(_ runs: SeedRuns...) throws -> String {
      try Q3_1(classifier: "", labels: [], runs: runs).words()
    }
    let (low, high) = (runs([0.5, 0.625]), runs([0.75, 0.875], epochs: 5))
    #expect(try words(low, high).contains("Choosing changes the accuracy by +0.250"))
    #expect(try words(low, high).hasSuffix("the seeds agree."))
    #expect(try words(high, low).hasSuffix("it is worse."))
    #expect(try words(low, runs([0.5, 0.9], epochs: 5)).hasSuffix("the seeds do not agree on it."))
    #expect(try words(low, low).hasSuffix("chooses the same numbers."))
    #expect(
      try words(runs([0.5, 0.5]))
        == "With them (3 steps, learning rate 2e−05) the accuracy over 2 seeds is 0.500 ± 0.000, "
        + "which is chance.")
    // 0.5092 of the sentences have the commoner label; the error of 872 is 0.033.
    #expect(runs([0.54, 0.54]).isAtChance && !runs([0.6, 0.6]).isAtChance)
  }

  @Test
  func `HW-1 HW-9 q3.2 in words: confirmed, refuted, or not shown; each pivot alone`() throws {
    func words(_ without: SeedRuns, _ with: SeedRuns) throws -> String {
      try Q3_2(
        translator: "", pivots: [], example: [], comparisons: [.init("them", without, with)],
        wordings: nil
      ).words
    }
    let (low, high) = (runs([0.7, 0.8]), runs([0.8, 0.9]))
    #expect(try words(low, high).contains("the homework's claim is confirmed"))
    #expect(try words(high, low).contains("refuted: augmentation harms"))
    #expect(try words(low, runs([0.6, 0.95])).contains("the interval has 0 in it"))
    #expect(try words(runs([0.5, 0.5]), runs([0.52, 0.52])).contains("(both are chance)"))

    // One sentence with a paraphrase of Hindi; nothing of Finnish was kept, so it is not trained.
    let original = LabelledText(guid: "train-1", text: "good", label: "1")
    let set = AugmentedSet(
      translator: "by hand", pivots: ["fi", "hi"].map { Pivot(name: $0, path: []) },
      groups: [
        AugmentedGroup(
          original: original,
          paraphrases: [Paraphrase(pivot: "hi", passage: Passage(hops: ["x", "fine"]))])
      ])
    // Of 2 sentences one is right, both when there is a paraphrase.
    let classifier = Classifier(seeds: [1, 2]) { texts, _, _ in
      ([[1, 0], texts.count > 1 ? [0, 1] : [1, 0]], 3)
    }
    let pivots = ["fi", "hi"].enumerated().map {
      Q3_2.Pivot(name: $1, kept: $0, dropped: [:], similarity: 0, gain: nil)
    }
    let baseline = try Q3_1.answer(
      classifier, name: "", labels: [], on: [original], (learningRate: 1, epochs: 3),
      choose: nil)
    let gains = try Q3_2.answer(classifier, set, pivots: pivots, baseline: baseline, choose: nil)
      .withGains(classifier, set, baseline: baseline)
    #expect(gains.pivots.map(\.gain) == [nil, 0.5])
    #expect(gains.conclusion.contains("Alone, hi gains most (+0.500)"))
    #expect(gains.conclusion.contains("Of 1 paraphrase 1 have a new wording"))
  }
}
