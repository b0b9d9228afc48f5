import Foundation
import FoxFiles
import FoxModels
import FoxTries
import TestSupport
import Testing

@testable import FoxSearch

/// One recorded search of the reference.
struct BeamCase: CustomTestStringConvertible, Sendable {
  let golden: JSON
  var name: String { golden["name"]?.string ?? "?" }
  var testDescription: String { name }

  static func all(_ path: String) throws -> [BeamCase] {
    try Golden.arguments(path) { BeamCase(golden: $0) }
  }

  func integer(_ key: String) throws -> Int {
    guard let value = try golden.required(key).integer else {
      throw GoldenError.shape(name, "an integer \(key)")
    }
    return value
  }

  func strings(_ key: String) throws -> [String] {
    try golden.required(key).array?.compactMap(\.string) ?? []
  }

  func processors() throws -> [any ScoreProcessor] {
    try (golden.required("processors").array ?? []).map { processor in
      switch processor["name"]?.string {
      case "WordBlock": return WordBlock()
      case "BeamBlock": return BeamBlock()
      case "NoRepeatNGram": return try NoRepeatNGram(length: processor["n"]?.integer ?? 0)
      default: throw GoldenError.shape(name, "a known processor")
      }
    }
  }

  func run(on model: GPT2Model) throws -> SearchResult {
    try BeamSearch(beams: integer("beams"), steps: integer("steps"), processors: processors())
      .run(golden.required("prompt_ids").integers(), on: model)
  }

  /// Checks ids, scores and token scores of every beam that the reference specifies.
  func check(
    _ result: SearchResult, tolerance: Float, scoreTolerance: Float? = nil
  ) throws {
    let ids = try golden.required("output_ids").array ?? []
    let scores = try golden.required("beam_scores").floats()
    let tokenScores = try golden.required("token_scores").array ?? []
    #expect(result.beams.count == ids.count)
    for (index, beam) in result.beams.enumerated() where isSpecified(index, scores) {
      let label = "\(name), beam \(index)"
      expectSame(beam.ids, try ids[index].integers(), "\(label), ids")
      expectClose(
        [beam.score], [scores[index]], tolerance: scoreTolerance ?? tolerance, "\(label), score")
      expectClose(
        beam.tokenLogProbabilities, Array(try tokenScores[index].floats().dropFirst()),
        tolerance: tolerance, "\(label), token scores")
    }
  }

  /// Beams that tie, such as the −1e9 ones of a search wider than its vocabulary, are in no order.
  private func isSpecified(_ index: Int, _ scores: [Float]) -> Bool {
    guard golden["ties"]?.bool == true else { return true }
    let neighbours = [index - 1, index + 1].filter(scores.indices.contains)
    return scores[index] > -1e8 && neighbours.allSatisfy { scores[$0] != scores[index] }
  }
}

@Suite("The homework's beam search against the reference", .counted)
struct BeamSearchTests {
  static func cases() throws -> [BeamCase] { try BeamCase.all("decoding/beam.json") }

  /// Measured: 1.2e-5 at most (sums of up to 20 log-probabilities, models of wide random weights).
  /// The reference differs from itself by 1.5e-5.
  static let tolerance: Float = 4e-5

  @Test
  func `BEAM-1 the goldens are there`() throws {
    #expect(try Self.cases().count >= 60)
  }

  @Test(arguments: Computing.allCases, try cases())
  func `BEAM-1 BEAM-2 BEAM-3 BEAM-4 PROC-1 PROC-2 PROC-3 PROC-4 ids, scores, token scores`(
    computing: Computing, run: BeamCase
  ) throws {
    let folder = Places.golden("gpt2/models/\(try run.golden.required("model").string ?? "")")
    let model = try GPT2Model.load(folder: folder).model
    let result = try computing { try run.run(on: model) }
    try run.check(result, tolerance: Self.tolerance)
  }

  @Test(
    arguments: Computing.allCases, try cases().filter { $0.golden["texts"]?.isNull == false })
  func `BEAM-6 PROC-2 traces and texts`(computing: Computing, run: BeamCase) throws {
    let tokenizer = try GPT2Tokenizer(folder: Places.golden("tokenizers/tiny"))
    let folder = Places.golden("gpt2/models/\(try run.golden.required("model").string ?? "")")
    let model = try GPT2Model.load(folder: folder).model
    let result = try computing { try run.run(on: model) }
    expectSame(
      try result.trace.map { try $0.line(tokenizer) }, try run.strings("trace"), "trace")
    if run.golden["ties"]?.bool == true { return }
    for (key, cleansUp) in [("texts", true), ("texts_raw", false)] {
      expectSame(
        try result.beams.map { try $0.text(tokenizer, cleansUp: cleansUp) },
        try run.strings(key), key)
    }
  }

  private func plain() throws -> GPT2Model {
    try GPT2Model.load(folder: Places.golden("gpt2/models/plain")).model
  }

  @Test
  func `BEAM-5 what is printed is the score over all tokens`() throws {
    let result = try BeamSearch(beams: 2, steps: 3).run([1, 2, 3], on: plain())
    for beam in result.beams {
      #expect(beam.ids.count == 6)
      #expect(beam.scorePerToken == Double(beam.score) / 6)
      let sum = beam.tokenLogProbabilities.reduce(0, +)
      #expect(abs(sum - beam.score) < 1e-5)
    }
  }

  @Test
  func `BEAM-7 no steps: the prompt, once per beam`() throws {
    let result = try BeamSearch(beams: 3, steps: 0).run([4, 5], on: plain())
    #expect(result.beams.map(\.ids) == [[4, 5], [4, 5], [4, 5]])
    #expect(result.beams.map(\.score) == [0, -1e9, -1e9])
  }

  @Test
  func `BEAM-7 progress counts the steps and may stop the search`() throws {
    var seen: [Int] = []
    let result = try BeamSearch(beams: 2, steps: 9).run([4, 5], on: plain()) { step in
      seen.append(step)
      return step < 4
    }
    #expect(seen == [1, 2, 3, 4])
    #expect(result.beams.map(\.ids.count) == [6, 6])
  }

  @Test
  func `BEAM-8 the last token chosen needs no position`() throws {
    let model = try plain()
    let prompt = Array(repeating: 7, count: 60)
    #expect(try BeamSearch(beams: 1, steps: 5).run(prompt, on: model).beams[0].ids.count == 65)
    #expect(throws: Fault.tooLong(tokens: 65, positions: 64)) {
      try BeamSearch(beams: 1, steps: 6).run(prompt, on: model)
    }
    #expect(throws: Fault.tooLong(tokens: .max, positions: 64)) {
      try BeamSearch(beams: 1, steps: .max).run(prompt, on: model)
    }
  }

  @Test
  func `BEAM-8 what cannot be searched is refused`() throws {
    for beams in [Int.max, 1 << 40] {
      let error = try #require(throws: Fault.self) {
        try BeamSearch(beams: beams, steps: 0).run([1], on: plain())
      }
      #expect(error.description.hasPrefix("beams: found \(beams), expected at most "))
    }
    // Few words, but 6 GB of keys and values for each beam.
    var deep = GPT2Configuration()
    (deep.vocabularySize, deep.layers, deep.channels) = (10, 1000, 100_000)
    let error = try #require(throws: Fault.self) {
      try BeamSearch.checkMemory(beams: 10_000, tokens: 1, deep)
    }
    #expect(error.description.hasPrefix("beams: found 10000, expected at most "))
    try BeamSearch.checkMemory(beams: 10_000, tokens: 1, plain().configuration)
    #expect(throws: Fault.emptyPrompt) { try BeamSearch().run([], on: plain()) }
    #expect(throws: Fault.token(id: 600, vocabulary: 512)) {
      try BeamSearch().run([600], on: plain())
    }
  }
}

@Suite("Score processors", .counted)
struct ScoreProcessorTests {
  /// A processor that anybody might write.
  private struct Only: ScoreProcessor {
    let token: Int
    func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
      for text in texts.indices {
        for other in scores[text].indices where other != token { scores[text, other] = -.infinity }
        scores[text, scores[text].count] = 0
        scores[-1, 0] = 0
      }
      return [Block(step: step, beam: 0, context: [], token: token)]
    }
  }

  @Test
  func `PROC-4 PROC-5 a user's own; writing outside the table changes nothing`() throws {
    let model = try GPT2Model.load(folder: Places.golden("gpt2/models/plain")).model
    let result = try BeamSearch(beams: 1, steps: 2, processors: [Only(token: 9)]).run(
      [1], on: model)
    #expect(result.beams[0].ids == [1, 9, 9])
    #expect(result.trace.map(\.step) == [0, 1])
  }

  @Test
  func `PROC-3 n-grams shorter than 1 are refused`() {
    #expect(throws: Fault("no-repeat-ngram", found: "0", expected: "at least 1")) {
      try NoRepeatNGram(length: 0)
    }
  }
}
