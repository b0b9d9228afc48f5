import Foundation
import TestSupport
import Testing

@testable import FoxDecoding

@Suite("One text, token by token", .counted)
struct GenerateTests {
  private typealias W = FourWords

  @Test
  func `GEN-1 greedy search is a beam search with one beam`() throws {
    let ids = try generate([W.the], steps: 5, next: W.next)
    #expect(ids == [0, 1, 2, 0, 1, 2])
    #expect(try BeamSearch(beams: 1, steps: 5).run([W.the], next: W.next).beams[0].ids == ids)
  }

  @Test
  func `GEN-1 GEN-6 of equal scores the lowest token; of none above −∞, none`() throws {
    #expect(greatest([-2, -1, -1]) == 1)
    #expect(greatest([-.infinity, -.infinity]) == nil)
    #expect(throws: Fault.nothingLeft(step: 0)) {
      try generate([0], steps: 1) { _ in [[-.infinity]] }
    }
  }

  @Test
  func `GEN-7 NaN is refused, however the token is chosen`() {
    for choose in [greatest, sampled { [Float](repeating: 1, count: $0) }] as [Choice] {
      #expect(
        throws: Fault("scores", at: "row 0, token 1", found: "NaN", expected: "a number")
      ) {
        try generate([0], steps: 1, choosing: choose) { _ in [[-1, .nan, -2]] }
      }
    }
  }

  @Test
  func `GEN-1 PROC-1 processors have their say`() throws {
    let ids = try generate([W.the], steps: 3, processors: [WordBlock()], next: W.next)
    #expect(ids == [W.the, W.fox, W.jumps, W.stop])
  }

  /// Probabilities ½ and ¼ with the numbers 3 and 1 race at the speeds 1/6 and 1/4.
  @Test
  func `RAND-6 the greatest quotient wins, of equal ones the first`() {
    #expect(draw([0.5, 0.25, 0.25], [1, 1, 1]) == 0)
    #expect(draw([0.5, 0.25, 0.25], [3, 1, 1]) == 1)
    #expect(draw([0, 0.25], [1e-30, 1e9]) == 1, "0 never wins")
    #expect(draw([0, 0], [1, 1]) == nil)
  }

  @Test
  func `GEN-2 sampling with given numbers`() throws {
    // At first e^−2 / 0.1 for jumps is above e^−1 / 1 for fox; then all are equal.
    var numbers: [[Float]] = [[1, 1, 0.1, 1], [1, 1, 1, 1]]
    let ids = try generate(
      [W.the], steps: 2, choosing: sampled { _ in numbers.removeFirst() }, next: W.next)
    #expect(ids == [W.the, W.jumps, W.the])
  }

  @Test
  func `GEN-2 tokens come as often as they are likely`() throws {
    var generator = Seeded(1)
    let choose = sampled { count in
      (0..<count).map { _ in
        -log(Float.random(in: Float.leastNormalMagnitude..<1, using: &generator))
      }
    }
    var counts = [0, 0, 0]
    for _ in 0..<4000 {
      if let token = try choose([log(0.7), log(0.2), log(0.1)]) { counts[token] += 1 }
    }
    // Six standard deviations of a binomial count.
    for (count, p) in zip(counts, [0.7, 0.2, 0.1]) {
      let deviation = (4000 * p * (1 - p)).squareRoot()
      #expect(abs(Double(count) - 4000 * p) < 6 * deviation, "\(counts)")
    }
  }
}
