import FoxDecoding
import FoxGLUE
import FoxMetrics
import TestSupport
import Testing

@Suite("Intervals of paired differences", .counted)
struct PairedBootstrapTests {
  private func mean(of values: [Double], seed: Int = 42) throws -> Interval {
    try PairedBootstrap.of(count: values.count, seed: seed) { drawn in
      NumPy.mean(drawn.map { values[$0] })
    }
  }

  @Test
  func `METR-7 a constant difference has no width; a spread one has the mean inside`() throws {
    let constant = try mean(of: [0.25, 0.25, 0.25])
    #expect(constant.value == 0.25 && constant.lower == 0.25 && constant.upper == 0.25)
    let values = (0..<100).map { Double($0 % 10) }
    let interval = try mean(of: values, seed: 1)
    #expect(interval.value == 4.5)
    // The standard error is 2.87 / 10: two of them to either side, roughly.
    #expect((3.6...4.2).contains(interval.lower) && (4.8...5.4).contains(interval.upper))
    #expect(interval == (try mean(of: values, seed: 1)))
    #expect(interval != (try mean(of: values, seed: 2)))
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
  func `METR-7 nothing, and options out of range`() {
    #expect(throws: Fault.self) { try mean(of: []) }
    #expect(throws: Fault.self) { try PairedBootstrap.of(count: 1, samples: 0) { _ in 0 } }
    #expect(throws: Fault.self) { try PairedBootstrap.of(count: 1, confidence: 2) { _ in 0 } }
  }
}
