import TestSupport
import Testing

@testable import FoxDecoding

@Suite("The k best of k · V", .counted)
struct CandidatesTests {
  @Test
  func `BEAM-3 offsets are added to whole rows; equal scores keep their order`() throws {
    let scores: [[Float]] = [[-3, -1, -2], [-1, -1, -3]]
    let best = try best(4, of: scores, offsets: [0, -1])
    #expect(best.map(\.score) == [-1, -2, -2, -2])
    #expect(best.map(\.beam) == [0, 0, 1, 1])
    #expect(best.map(\.token) == [1, 2, 0, 1])
    #expect(best.map(\.logProbability) == [-1, -2, -1, -1])
  }

  @Test
  func `BEAM-3 fewer are found where there are fewer, −∞ among them`() throws {
    let scores: [[Float]] = [[-.infinity, -1]]
    #expect(try best(9, of: scores, offsets: [0]).map(\.token) == [1, 0])
    #expect(try best(0, of: scores, offsets: [0]).isEmpty)
  }

  @Test(arguments: [1, 2, 7, 60])
  func `BEAM-3 as by sorting`(count: Int) throws {
    var generator = Seeded(UInt64(count))
    // Few different numbers, so that many are equal.
    let scores = (0..<5).map { _ in
      (0..<200).map { _ in Float(Int.random(in: -40...0, using: &generator)) / 4 }
    }
    let offsets = (0..<5).map { _ in Float(Int.random(in: -8...0, using: &generator)) / 4 }
    let all = scores.indices.flatMap { beam in
      scores[beam].indices.map { (beam: beam, token: $0, score: scores[beam][$0] + offsets[beam]) }
    }
    let sorted = all.sorted { ($1.score, $0.beam, $0.token) < ($0.score, $1.beam, $1.token) }
    let found = try best(count, of: scores, offsets: offsets)
    #expect(
      found.map { [$0.beam, $0.token] } == sorted.prefix(count).map { [$0.beam, $0.token] })
  }
}
