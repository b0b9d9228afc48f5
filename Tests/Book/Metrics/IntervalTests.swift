import FoxDecoding
import FoxMetrics
import TestSupport
import Testing

@Suite("What chance can explain", .counted)
struct IntervalTests {
  @Test
  func `METR-7 Student's interval of four seeds`() throws {
    // Mean 0.25, s = √(0.05 / 3); 3.182 · s / 2.
    let four = try Interval.ofMean([0.1, 0.2, 0.3, 0.4])
    #expect(abs(four.value - 0.25) < 1e-15 && four.lower > 0)
    #expect(abs(four.lower - (0.25 - 3.182 * 0.0645497224367903)) < 1e-12)
    #expect(abs(four.upper - (0.25 + 3.182 * 0.0645497224367903)) < 1e-12)
    let one = try Interval.ofMean([0.5])
    #expect(one.value == 0.5 && one.lower == -.infinity && one.upper == .infinity)
    let many = try Interval.ofMean(.init(repeating: 1, count: 40) + .init(repeating: 3, count: 40))
    #expect(many.lower > 1.7 && many.upper < 2.3)
    #expect(throws: Fault.self) { try Interval.ofMean([]) }
  }

  @Test
  func `HW-5 METR-7 two standard errors of 1, 2, 3 about their mean`() throws {
    let differences = try Interval.ofMean([1, 2, 3], t: 2)
    #expect(differences.value == 2)
    // variance 1, error √(1/3)
    #expect(abs(differences.upper - (2 + 2 * (1.0 / 3).squareRoot())) < 1e-12)
  }
}
