import FoxModels
import FoxSearch
import TestSupport
import Testing

@Suite("Observing a search", .counted)
struct SearchStepTests {
  private static let model = Result {
    try GPT2Model.load(folder: Places.golden("gpt2/models/plain")).model
  }
  private let prompt = [3, 1, 4, 1, 5, 9, 2, 6, 4, 1]

  @Test(arguments: [(beams: 1, blocks: false), (beams: 4, blocks: true), (beams: 7, blocks: false)])
  func `BEAM-11 the best candidates are what the search keeps`(beams: Int, blocks: Bool) throws {
    let model = try Self.model.get()
    let search = try BeamSearch(
      beams: beams, steps: 8, processors: blocks ? [WordBlock(), BeamBlock()] : [])
    var seen: [(moment: SearchStep.Moment, step: Int)] = []
    var states: [[Beam]] = []
    var candidates: [[Candidate]] = []
    var blocked: [[Block]] = []
    let result = try search.run(
      prompt, on: model,
      observing: { step in
        seen.append((step.moment, step.step))
        guard step.moment == .processed else {
          #expect(step.blocks.isEmpty)
          return
        }
        states.append(step.beams)
        candidates.append(step.best(beams + 3))
        blocked.append(step.blocks)
      })
    #expect(seen.map(\.step) == (0..<8).flatMap { [$0, $0] })
    #expect(seen.map(\.moment) == (0..<8).flatMap { _ in [.scored, .processed] })
    for (step, beams) in (states.dropFirst() + [result.beams]).enumerated() {
      let kept = candidates[step].prefix(beams.count)
      #expect(candidates[step].count == beams.count + 3)
      expectSame(
        kept.map { states[step][$0.beam].ids + [$0.token] }, beams.map(\.ids), "step \(step)")
      expectSame(kept.map(\.score), beams.map(\.score), "step \(step)")
      expectSame(
        kept.map(\.logProbability), beams.map { $0.tokenLogProbabilities.last ?? 0 }, "step \(step)"
      )
    }
    expectSame(blocked.flatMap { $0 }, result.trace, "blocks")
    #expect(result == (try search.run(prompt, on: model)))
  }

  @Test
  func `BEAM-11 the model's scores are a distribution; processors come after`() throws {
    let search = try BeamSearch(beams: 2, steps: 3, processors: [WordBlock()])
    _ = try search.run(
      prompt, on: Self.model.get(),
      observing: { step in
        let used = step.beams[1].ids[0]
        #expect((step.scores[1, used] == blockedScore) == (step.moment == .processed))
        #expect(step.best(0).isEmpty)
      })
  }
}
