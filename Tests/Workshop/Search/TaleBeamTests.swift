import Foundation
import FoxModels
import FoxSearch
import FoxTries
import TestSupport
import Testing

@Suite("The homework's calls on the committed model", .counted)
struct TaleBeamTests {
  static func cases() throws -> [BeamCase] { try BeamCase.all("decoding/beam_tale.json") }

  /// Weights/tale-gpt2, read once.
  static let tale = Result {
    let folder = Places.weights.appendingPathComponent("tale-gpt2").path
    return (try GPT2Model.load(folder: folder).model, try GPT2Tokenizer(folder: folder))
  }

  /// All with the kernels. In plain Swift, where an unoptimised build takes 0.3 s for each token, the
  /// searches of up to 12 tokens, the second of Q1.1's calls among them.
  static func runs() throws -> [(Computing, BeamCase)] {
    let short = try cases().filter { try $0.integer("beams") * $0.integer("steps") <= 12 }
    try #require(!short.isEmpty)
    return try cases().map { (.kernels, $0) } + short.map { (.plain, $0) }
  }

  @Test(.tier(.t1), arguments: try runs())
  func `BEAM-9 BEAM-6 PROC-1 PROC-2 ids, scores, texts and traces`(
    computing: Computing, run: BeamCase
  ) throws {
    let (model, tokenizer) = try Self.tale.get()
    if let prompt = run.golden["prompt"]?.string {
      #expect(try tokenizer.encodeIDs(prompt) == run.golden.required("prompt_ids").integers())
    }
    let result = try computing { try run.run(on: model) }
    // The reference's own sums err to one side at every step; from exact ones ours are no further away
    // after all steps than from the reference's after one.
    let bound: Float = Bound.of("BEAM-9", "beam scores")
    try run.check(
      result, tolerance: Bound.of("BEAM-9", "token scores"),
      scoreTolerance: bound * Float(run.integer("steps")))
    let exact = try run.golden.required("exact_beam_scores").floats()
    expectClose(
      result.beams.map(\.score), exact, tolerance: bound, "\(run.name), exact scores")
    expectSame(
      try result.beams.map { try $0.text(tokenizer) }, try run.strings("texts"), "texts")
    expectSame(
      try result.trace.map { try $0.line(tokenizer) }, try run.strings("trace"), "trace")
  }
}

@Suite("What the homework prints", .counted)
struct HomeworkPartOneTests {
  static func cases() throws -> [BeamCase] { try BeamCase.all("homework/part1.json") }

  @Test(.tier(.t4), arguments: try cases())
  func `BEAM-10 on OpenAI's weights`(run: BeamCase) throws {
    let folder = Places.weights.appendingPathComponent("gpt2").path
    let tokenizer = try GPT2Tokenizer(folder: folder)
    let model = try GPT2Model.load(folder: folder).model
    let prompt = try tokenizer.encodeIDs(run.golden.required("prompt").string ?? "")
    // Where the number of steps is cut off in the print, enough for what is left of the texts.
    let steps = run.golden["steps"]?.integer ?? 40
    let search = try BeamSearch(
      beams: run.integer("beams"), steps: steps, processors: run.processors())
    let result = try search.run(prompt, on: model)
    for row in try run.golden.required("rows").array ?? [] {
      guard row["match"]?.string != "none", let index = row["beam"]?.integer else { continue }
      let beam = result.beams[index]
      let (text, printed) = (try beam.text(tokenizer), row["text"]?.string ?? "")
      let matches = row["match"]?.string == "prefix" ? text.hasPrefix(printed) : text == printed
      #expect(matches, "\(text) is not \(printed)")
      if let score = row["score"]?.double, let tolerance = run.golden["tolerance"]?.double {
        #expect(abs(beam.scorePerToken - score) <= tolerance, "\(beam.scorePerToken), \(score)")
      }
    }
    if let trace = run.golden["trace"]?.array?.compactMap(\.string) {
      let lines = try result.trace.map { try words($0.line(tokenizer)) }
      expectSame(Array(lines.prefix(trace.count)), trace.map(words), "trace")
    }
  }

  /// Blanks collapsed: the PDF does not keep them.
  private func words(_ line: String) -> String {
    line.split(separator: " ").joined(separator: " ")
  }

  @Test
  func `BEAM-10 every printed number is transcribed`() throws {
    #expect(try Self.cases().count == 12)
  }
}
