import FoxDecoding
import FoxGLUE
import TestSupport
import Testing

@Suite("Intervals of paired differences", .counted)
struct PairedBootstrapTests {
  @Test
  func `METR-7 a constant difference has no width; a spread one has the mean inside`() throws {
    let constant = try PairedBootstrap.of(meanOf: [0.25, 0.25, 0.25])
    #expect(constant.value == 0.25 && constant.lower == 0.25 && constant.upper == 0.25)
    let values = (0..<100).map { Double($0 % 10) }
    let interval = try PairedBootstrap.of(meanOf: values, seed: 1)
    #expect(interval.value == 4.5)
    // The standard error is 2.87 / 10: two of them to either side, roughly.
    #expect((3.6...4.2).contains(interval.lower) && (4.8...5.4).contains(interval.upper))
    #expect(interval == (try PairedBootstrap.of(meanOf: values, seed: 1)))
    #expect(interval != (try PairedBootstrap.of(meanOf: values, seed: 2)))
  }

  @Test
  func `METR-7 a number of whatever was drawn, pairs together`() throws {
    let (before, after) = ([1.0, 2, 3, 4], [2.0, 3, 4, 5])
    let interval = try PairedBootstrap.of(count: 4, samples: 50) { indices in
      #expect(indices.count == 4 && indices.allSatisfy { (0..<4).contains($0) })
      return (indices.map { after[$0] }.max() ?? 0) - (indices.map { before[$0] }.max() ?? 0)
    }
    #expect(interval.value == 1 && interval.lower == 1 && interval.upper == 1)
  }

  @Test
  func `METR-7 Student's interval of four seeds`() throws {
    // Mean 0.25, s = √(0.05 / 3); 3.182 · s / 2.
    let four = try PairedDifference.of([0.1, 0.2, 0.3, 0.4])
    #expect(abs(four.mean - 0.25) < 1e-15)
    #expect(abs(four.lower - (0.25 - 3.182 * 0.0645497224367903)) < 1e-12)
    #expect(abs(four.upper - (0.25 + 3.182 * 0.0645497224367903)) < 1e-12)
    let one = try PairedDifference.of([0.5])
    #expect(one.mean == 0.5 && one.lower == -.infinity && one.upper == .infinity)
    let many = try PairedDifference.of(
      .init(repeating: 1, count: 40) + .init(repeating: 3, count: 40))
    #expect(many.lower > 1.7 && many.upper < 2.3)
  }

  @Test
  func `METR-7 nothing, and options out of range`() {
    #expect(throws: Fault.self) { try PairedDifference.of([]) }
    #expect(throws: Fault.self) { try PairedBootstrap.of(meanOf: []) }
    #expect(throws: Fault.self) { try PairedBootstrap.of(count: 1, samples: 0) { _ in 0 } }
    #expect(throws: Fault.self) { try PairedBootstrap.of(count: 1, confidence: 2) { _ in 0 } }
  }
}
