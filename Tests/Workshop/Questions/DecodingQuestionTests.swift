import Foundation
import FoxDecoding
import FoxModels
import FoxSearch
import TestSupport
import Testing

@testable import FoxHomework
@testable import FoxQuestions

@Suite("The homework's questions, part 1", .counted)
struct DecodingQuestionTests {
  private static let prompts = ["The cat sat on the", "Once upon a time there", "a b c d e"]

  /// Checks that a tree's kept continuations are its next beams.
  private func check(_ tree: SearchTree, beams: [ScoredText]) {
    let after =
      tree.steps.dropFirst().map { $0.beams.map(\.score) } + [beams.map(\.score)]
    for (step, scores) in zip(tree.steps, after) {
      let kept = step.candidates.filter { $0.kept != nil }
      expectSame(kept.map(\.score), scores, "scores")
      #expect(kept.map(\.kept) == Array(0..<scores.count))
      #expect(step.candidates.count == 2 * scores.count + 3)
      #expect(step.candidates.allSatisfy { step.beams.indices.contains($0.parent) })
      let falling = zip(step.candidates, step.candidates.dropFirst())
      #expect(falling.allSatisfy { $0.score >= $1.score })
    }
  }

  @Test
  func `HW-1 HW-3 HW-4 q1.1: beams, tree, attention`() throws {
    let model = try TinyHomework.model.get()
    let answer = try model.beamSearch("The cat and the", beams: 3, steps: 5)
    let result = try model.search("The cat and the", beams: 3, steps: 5)
    expectSame(answer.beams.map(\.score), result.beams.map { Double($0.score) }, "scores")
    expectSame(
      answer.beams.map(\.text), try result.beams.map { try $0.text(model.tokenizer) }, "texts")
    for (shown, beam) in zip(answer.beams, result.beams) {
      let raw = try model.tokenizer.decode(beam.ids)
      #expect(shown.tokens.map(\.text).joined() == raw)
      #expect(shown.tokens.map(\.id) == beam.ids)
      let scores = shown.tokens.compactMap(\.logProbability)
      #expect(scores == beam.tokenLogProbabilities.map(Double.init))
    }
    #expect(answer.third.tokens.count == result.prompt.count + 3)
    #expect(answer.tree.steps.count == 5 && answer.tree.prompt.count == result.prompt.count)
    check(answer.tree, beams: answer.beams)
    let maps = answer.attention
    #expect(maps.tokens.count == result.beams[0].ids.count)
    #expect(maps.weights.count == maps.layers && maps.layers == 2)
    for layer in maps.weights {
      #expect(layer.count == maps.heads)
      for head in layer {
        #expect(head.map(\.count) == Array(1...maps.tokens.count))
        #expect(head.allSatisfy { abs($0.reduce(0, +) - 1) < 0.02 })
      }
    }
  }

  @Test
  func `HW-5 HW-1 q1.2: probabilities and entropies`() throws {
    let model = try TinyHomework.model.get()
    var done: [Int] = []
    let answer = try model.certainty("The cat", steps: 6, over: Self.prompts) { done.append($0) }
    #expect(done == [1, 2, 3] && answer.prompts == 3)
    #expect(answer.entropies.count == 6 && answer.meanEntropies.count == 6)
    let most = log(Double(model.model.configuration.vocabularySize))
    #expect(answer.entropies.allSatisfy { (0...most).contains($0) })
    #expect(answer.meanProbabilities.allSatisfy { $0 > 0 && $0 <= 1 })
    #expect(answer.conclusion.hasPrefix("Over 3 prompts, from the first 3 steps to the rest"))
    // The entropy of the first step, computed in the open.
    let logits = try model.model.logits([model.tokenizer.encodeIDs("The cat")])
    let last = logits.elements.suffix(model.model.configuration.vocabularySize).map(Double.init)
    let total = log(last.reduce(0) { $0 + exp($1) })
    let entropy = last.reduce(0) { $0 - exp($1 - total) * ($1 - total) }
    #expect(abs(entropy - answer.entropies[0]) < 1e-4)
    #expect(throws: Fault.self) { try model.certainty(over: []) }
  }

  @Test
  func `HW-6 HW-1 q1.3: the sweep, and counter-examples`() throws {
    let model = try TinyHomework.model.get()
    let answer = try model.beamSizes("The cat", steps: 8, over: Self.prompts + ["The cat"])
    #expect(answer.sizes.map(\.beams) == [1, 2, 3, 4, 5] && answer.promptsSearched == 4)
    for size in answer.sizes {
      let beam = try #require(
        try model.search("The cat", beams: size.beams, steps: 8).beams.first)
      #expect(size.score == Double(beam.score) && size.scorePerToken == beam.scorePerToken)
    }
    #expect((answer.counterExample != nil) == (answer.counterExamples > 0))
    if let example = answer.counterExample {
      #expect(example.fewer.beams < example.more.beams)
      #expect(example.fewer.score > example.more.score)
      #expect(answer.conclusion.contains("guarantee nothing"))
    } else {
      #expect(answer.conclusion.contains("no counter-example was found"))
    }
  }

  @Test
  func `HW-12 HW-1 q1.4: what is left, what is blocked`() throws {
    let model = try TinyHomework.model.get()
    let answer = try model.wordBlock("The cat, and the dog.", steps: 12)
    let ids = answer.blocked.tokens.map(\.id)
    let prompt = ids.count - 12
    for step in 0..<12 {
      let used = Set(ids.prefix(prompt + step)).count
      #expect(answer.vocabularyLeft[step] == model.model.configuration.vocabularySize - used)
    }
    #expect(
      Set(ids.suffix(12)).count == 12 && Set(ids.suffix(12)).isDisjoint(with: ids.prefix(prompt)))
    #expect(answer.blockedMass.allSatisfy { (0...1).contains($0) })
    #expect(answer.starvedAt == answer.blockedMass.firstIndex { $0 > 0.5 })
    #expect(answer.usedUp.contains { $0.token == "," && $0.step == 0 })
    #expect(answer.usedUp.allSatisfy { (0...12).contains($0.step) })
    #expect(answer.conclusion.contains("of 512 tokens"))
  }

  @Test
  func `HW-13 HW-3 HW-1 q1.5: trace and tree`() throws {
    let model = try TinyHomework.model.get()
    let answer = try model.beamBlock("the cat and the cat and the", steps: 10)
    #expect(answer.tree.processors == ["BeamBlock"])
    check(answer.tree, beams: [answer.blocked])
    #expect(answer.tree.steps.flatMap(\.blocks).map(\.line) == answer.trace)
    #expect(answer.trace.allSatisfy { $0.hasPrefix("Preventing:  ") })
    #expect(!answer.trace.isEmpty)
    let before = Q1_5.repeatedTrigrams(answer.blocked.tokens.map(\.id))
    let own = Q1_5.repeatedTrigrams(
      answer.blocked.tokens.filter { $0.logProbability == nil }.map(\.id))
    #expect(before == own, "only the prompt repeats itself")
    #expect(Q1_5.repeatedTrigrams([1, 2, 3, 1, 2, 3, 1, 2]) == 3)
  }

  @Test(.tier(.t1))
  func `HW-4 HW-5 HW-12 on the committed model: the homework's prompts`() throws {
    let model = try HomeworkModel(
      folder: Places.weights.appendingPathComponent("tale-gpt2").path)
    let answer = try model.beamSearch()
    check(answer.tree, beams: answer.beams)
    #expect(answer.beams.allSatisfy { $0.text.hasPrefix("The brown fox jumps") })
    let words = try model.wordBlock()
    #expect(words.vocabularyLeft.count == 40 && words.usedUp.contains { $0.token == "," })
    let certainty = try model.certainty(over: HomeworkData(folder: nil).prompts(3))
    #expect(certainty.meanEntropies.count == 10)
  }
}
