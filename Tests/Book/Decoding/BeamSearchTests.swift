import FoxDecoding
import TestSupport
import Testing

@Suite("Beam search, by hand", .counted)
struct BeamSearchTests {
  private typealias W = FourWords

  private func search(
    beams: Int, steps: Int, _ processors: [any ScoreProcessor] = []
  ) throws -> SearchResult {
    try BeamSearch(beams: beams, steps: steps, processors: processors)
      .run([W.the], next: W.next)
  }

  @Test
  func `BEAM-1 BEAM-2 BEAM-5 one beam is greedy: the fox jumps the`() throws {
    let best = try search(beams: 1, steps: 3).beams[0]
    #expect(best.ids == [W.the, W.fox, W.jumps, W.the])
    #expect(best.tokenLogProbabilities == [-1, -1, -1])
    #expect(best.score == -3)
    #expect(best.scorePerToken == -0.75, "over all four tokens, the prompt's too")
  }

  /// After step 1 the beams are "the fox" (−1) and "the jumps" (−2). Their best continuations are
  /// "the fox jumps" (−2), then "the fox ." and "the jumps the", both −3: the lower beam comes first.
  @Test
  func `BEAM-1 BEAM-2 BEAM-3 two beams: the second loses all its continuations`() throws {
    let first = try search(beams: 2, steps: 1)
    #expect(first.beams.map(\.ids) == [[W.the, W.fox], [W.the, W.jumps]])
    let second = try search(beams: 2, steps: 2)
    #expect(second.beams.map(\.ids) == [[W.the, W.fox, W.jumps], [W.the, W.fox, W.stop]])
    #expect(second.beams.map(\.score) == [-2, -3])
  }

  /// The best second word leads into a dead end: "a" is likelier than "b", but what follows it is not.
  @Test
  func `BEAM-2 two beams find what greedy search misses`() throws {
    let next: NextTokens = { texts in
      texts.map { $0.count == 1 ? [-1, -2] : $0[1] == 0 ? [-5, -5] : [-1, -5] }
    }
    #expect(try BeamSearch(beams: 1, steps: 2).run([0], next: next).beams[0].score == -6)
    let wide = try BeamSearch(beams: 2, steps: 2).run([0], next: next)
    #expect(wide.beams[0].ids == [0, 1, 0] && wide.beams[0].score == -3)
  }

  @Test
  func `BEAM-3 of equal scores the lower beam comes first, then the lower token`() throws {
    let flat = try BeamSearch(beams: 3, steps: 2).run([0]) { $0.map { _ in [-1, -1] } }
    #expect(flat.beams.map(\.ids) == [[0, 0, 0], [0, 0, 1], [0, 1, 0]])
  }

  @Test
  func `BEAM-4 more beams than words: copies of the beginning are continued`() throws {
    let result = try search(beams: 6, steps: 1)
    #expect(Set(result.beams.prefix(4).map(\.ids)).count == 4)
    #expect(result.beams.suffix(2).allSatisfy { $0.score <= blockedScore })
  }

  @Test
  func `BEAM-7 no steps give the prompt; progress may end the search`() throws {
    #expect(try search(beams: 2, steps: 0).beams.map(\.score) == [0, blockedScore])
    var seen: [Int] = []
    let result = try BeamSearch(beams: 2, steps: 9).run(
      [W.the],
      progress: { step in
        seen.append(step)
        return step < 4
      }, next: W.next)
    #expect(seen == [1, 2, 3, 4])
    #expect(result.beams.map(\.ids.count) == [5, 5])
  }

  @Test
  func `BEAM-11 PROC-4 an observer sees each step before and after the processors`() throws {
    var seen: [String] = []
    let result = try BeamSearch(beams: 1, steps: 2, processors: [WordBlock()]).run(
      [W.the],
      observing: { step in
        let best = step.best(1).first
        seen.append("\(step.step) \(step.moment) \(best?.token ?? -1) \(step.scores[0, W.the])")
      }, next: W.next)
    #expect(
      seen == [
        "0 scored 1 -9.0", "0 processed 1 -1e+09", "1 scored 2 -3.0", "1 processed 2 -1e+09",
      ])
    #expect(result.beams[0].ids == [W.the, W.fox, W.jumps])
  }

  @Test
  func `BEAM-8 settings out of range are refused`() {
    #expect(throws: Fault("beams", found: "0", expected: "at least 1")) {
      try BeamSearch(beams: 0)
    }
    #expect(throws: Fault("steps", found: "-1", expected: "at least 0")) {
      try BeamSearch(steps: -1)
    }
  }

  @Test(
    arguments: [
      ([[0, 0]], Fault("scores", found: "1 rows", expected: "2, one for each text")),
      (
        [[0, 0], [0]],
        Fault("scores", at: "row 1", found: "1 tokens", expected: "2, as in row 0")
      ),
      ([[], []], Fault("scores", at: "row 0", found: "0 tokens", expected: "1, as in row 0")),
      (
        [[0, 0], [0, .nan]],
        Fault("scores", at: "row 1, token 1", found: "NaN", expected: "a number")
      ),
    ] as [([[Float]], Fault)])
  func `BEAM-12 a function that gives no table of numbers is refused`(rows: [[Float]], fault: Fault)
  {
    #expect(throws: fault) { try BeamSearch(beams: 2, steps: 1).run([0]) { _ in rows } }
  }
}
