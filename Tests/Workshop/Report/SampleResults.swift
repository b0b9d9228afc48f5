import Foundation

@testable import FoxHomework
@testable import FoxQuestions

/// Results that were never computed: every question answered, every text as hostile as it can be.
enum SampleResults {
  static let hostile = "<script>alert(\"1\")</script> & 'q' 🦊 שלום\u{202E}abc\u{2028}\n</script"

  /// All answers.
  static var full: HomeworkResults {
    var results = HomeworkResults(provenance: provenance)
    let beams = (0..<5).map { beam($0) }
    results.beamSearch = BeamSearchAnswer(
      prompt: "The brown fox jumps", beams: beams, third: beams[2],
      tree: tree(beams: 5, steps: 10), attention: attention(tokens: 14, layers: 3, heads: 2))
    results.certainty = certainty(beams[0])
    results.beamSizes = beamSizes
    results.wordBlock = Q1_4(
      prompt: "Once upon a time,", plain: beams[0], blocked: beams[1],
      vocabularyLeft: (0..<20).map { 50240 - $0 },
      blockedMass: (0..<20).map { 0.9 - 0.8 / Double($0 + 1) }, starvedAt: 3,
      usedUp: [.init(token: ".", step: 4), .init(token: "<the>", step: 9)],
      conclusion: "The vocabulary starves.\n\n" + hostile)
    results.beamBlock = BeamBlockAnswer(
      prompt: "Once upon a time,", plain: beams[0], blocked: beams[2],
      trace: ["Preventing:  was playing ->  with", "Preventing:  boy was -> " + hostile],
      tree: tree(beams: 1, steps: 6, processors: ["BeamBlock"]), conclusion: "It helps.")
    results.fineTuning = fineTuning
    results.classification = classification
    results.augmentation = augmentation
    return results
  }

  /// Two answers, the others absent.
  static var partial: HomeworkResults {
    var results = HomeworkResults(provenance: provenance)
    results.certainty = full.certainty
    results.augmentation = full.augmentation
    return results
  }

  static var provenance: Provenance {
    Provenance(
      model: "tale-<gpt2>", parameters: 5_600_000,
      sha256: String(repeating: "0123456789abcdef", count: 4),
      date: "2026-01-31", data: "the sentences of the package")
  }

  private static let words = [
    " over", " the", " lazy", " dog", ".", "\n", " <b>", " \"and\"", " 🦊", " שלום", " then", " ran",
  ]

  static func token(_ index: Int) -> ScoredToken {
    let word = words[index % words.count]
    return ScoredToken(
      id: 100 + index, text: word, logProbability: -0.05 - Double(index * 7 % 30) / 10)
  }

  static func beam(_ rank: Int) -> ScoredText {
    let prompt = ["The", " brown", " fox", " jumps"].enumerated().map {
      ScoredToken(id: $0, text: $1, logProbability: nil)
    }
    let tokens = (0..<10).map { token($0 * (rank + 1)) }
    let score = tokens.compactMap(\.logProbability).reduce(0, +)
    return ScoredText(
      tokens: prompt + tokens, text: "The brown fox jumps" + tokens.map(\.text).joined(),
      score: score, scorePerToken: score / 14)
  }

  static func tree(beams: Int, steps: Int, processors: [String] = []) -> SearchTree {
    var before = (0..<beams).map { SearchTree.Beam(text: "", score: $0 == 0 ? 0 : -1e9) }
    var made: [SearchTree.Step] = []
    for step in 0..<steps {
      let candidates = (0..<beams + 3).map { place in
        let parent = step == 0 ? 0 : place * 3 % beams
        let token = token(step * 5 + place)
        return SearchTree.Candidate(
          parent: parent, token: token,
          score: before[parent].score + (token.logProbability ?? 0),
          kept: place < beams ? place : nil)
      }
      let blocks =
        step == 3
        ? [
          SearchTree.BlockedToken(
            beam: 0, context: " was playing", token: " with",
            line: "Preventing:  was playing ->  with")
        ]
        : []
      made.append(.init(beams: before, candidates: candidates, blocks: blocks))
      before = candidates.filter { $0.kept != nil }.map {
        SearchTree.Beam(text: before[$0.parent].text + $0.token.text, score: $0.score)
      }
    }
    return SearchTree(
      prompt: [.init(id: 1, text: "The brown", logProbability: nil)], processors: processors,
      steps: made)
  }

  static func attention(tokens: Int, layers: Int, heads: Int) -> AttentionMaps {
    let names = (0..<tokens).map { $0 == 3 ? "</script>\u{2028}" : words[$0 % words.count] }
    let weights = (0..<layers).map { layer in
      (0..<heads).map { head in
        (0..<tokens).map { query in
          let row = (0...query).map { 1 / Double(1 + abs($0 - query + layer + head)) }
          return row.map { $0 / row.reduce(0, +) }
        }
      }
    }
    return AttentionMaps(tokens: names, layers: layers, heads: heads, weights: weights)
  }
}

extension SampleResults {
  private static func certainty(_ beam: ScoredText) -> Q1_2 {
    Q1_2(
      prompt: "The brown fox jumps", beam: beam, entropies: (0..<10).map { 4 / Double($0 + 1) },
      meanProbabilities: (0..<10).map { 0.3 + Double($0) / 25 },
      meanEntropies: (0..<10).map { 3.5 - Double($0) / 8 }, prompts: 100, repeating: 0.9,
      fresh: 0.4,
      conclusion: "Entropy falls: the text so far says more and more of what comes next.")
  }

  private static var beamSizes: Q1_3 {
    let scores = [-0.9706, -0.9286, -0.9598, -0.9205, -0.9059]
    let sizes = scores.enumerated().map { index, score in
      Q1_3.Size(
        beams: index + 1, score: score * 31, scorePerToken: score,
        text:
          "Once upon a time, in a barn near a farm house, a young boy was playing with a stick.",
        probabilities: (0..<20).map { 0.2 + Double($0 + index) / 40 })
    }
    return Q1_3(
      prompt: "Once upon a time, in a barn near a farm house,", steps: 20, sizes: sizes,
      counterExample: .init(prompt: hostile, steps: 12, fewer: sizes[1], more: sizes[2], lostAt: 7),
      promptsSearched: 1200, counterExamples: 37, conclusion: "No: three beams do worse than two.")
  }

  private static var fineTuning: Q2_1 {
    let before = Q2_1.PairScores(
      pairs: 100, perplexity: 34.129, homeworkROUGE3: 0.086, rouge1: 0.12, rouge2: 0.02,
      rouge3: 0.004, rougeL: 0.1)
    let after = Q2_1.PairScores(
      pairs: 100, perplexity: 30.469, homeworkROUGE3: 0.083, rouge1: 0.13, rouge2: 0.021,
      rouge3: 0.005, rougeL: 0.11)
    return Q2_1(
      trainingStories: 7199, blocks: 1024, steps: 128,
      losses: (1...128).map { .init(step: $0, loss: 3.4 + 1 / Double($0) + sin(Double($0)) / 20) },
      before: before, after: after,
      differences: [
        .init(metric: "perplexity", mean: -3.66, lower: -4.9, upper: -2.2),
        .init(metric: "ROUGE-3 (homework)", mean: -0.003, lower: -0.012, upper: 0.006),
        .init(metric: "ROUGE-L", mean: 0.01, lower: 0.002, upper: 0.017),
      ],
      examples: [.init(first: "A boy ran.", second: hostile, before: "He ran.", after: "He fell.")],
      conclusion: "Perplexity.")
  }

  private static func runs(_ name: String, _ accuracies: [Double], sentences: Int) -> SeedRuns {
    SeedRuns(
      name: name, trainingSentences: sentences, epochs: 3, learningRate: 2e-5, steps: 3,
      seeds: [1234, 2341, 3412, 4123], accuracies: accuracies,
      mean: accuracies.reduce(0, +) / 4, deviation: 0.02, confusion: [[300, 128], [90, 354]])
  }

  private static var classification: Q3_1 {
    Q3_1(
      classifier: "minilm", labels: ["negative", "positive"],
      runs: [
        runs("the homework's numbers", [0.4977, 0.5, 0.6055, 0.51], sentences: 20),
        runs("chosen by cross-validation", [0.61, 0.64, 0.66, 0.58], sentences: 20),
      ],
      choice: .init(
        folds: 5,
        trials: [
          .init(learningRate: 2e-5, epochs: 3, accuracy: 0.5, loss: 0.69),
          .init(learningRate: 5e-4, epochs: 20, accuracy: 0.7, loss: 0.55),
        ]),
      conclusion: "Mostly luck.")
  }

  private static func pivot(_ index: Int) -> Q3_2.Pivot {
    let names = ["spa", "cat", "glg", "epo", "spa→fra"]
    let name = names[index % 5] + (index > 4 ? "→eng" : "")
    let dropped: [String: Int] = index % 2 == 0 ? ["same": index] : ["too long": 1]
    let gain: Double? = index == 9 ? nil : 0.04 - Double(index) / 100
    return Q3_2.Pivot(
      name: name, kept: 20 - index, dropped: dropped, similarity: 0.9 - Double(index) / 40,
      gain: gain)
  }

  private static func comparison(_ name: String) -> Q3_2.Comparison {
    Q3_2.Comparison(
      name: name, without: runs("without", [0.4977, 0.5, 0.6055, 0.51], sentences: 20),
      with: runs("with", [0.6927, 0.6938, 0.6709, 0.6433], sentences: 300), gain: 0.147,
      lower: 0.06, upper: 0.21)
  }

  private static var augmentation: Q3_2 {
    Q3_2(
      translator: "Apertium", pivots: (0..<10).map(pivot),
      example: [
        .init(pivot: "en", text: "its unerring respect for them"),
        .init(pivot: "fa", text: hostile),
      ],
      comparisons: [
        comparison("the homework's numbers"), comparison("chosen by cross-validation"),
      ],
      conclusion: "Yes, by 15 points.")
  }
}
