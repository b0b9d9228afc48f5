import Foundation
import FoxNumbers
import TestSupport
import Testing

@Suite("The error function", .counted)
struct ErrorFunctionTests {
  @Test(arguments: Computing.allCases)
  func `TENS-9 erf is as near to the true one as the clause says`(computing: Computing) {
    let points = stride(from: Float(-6), through: 6, by: 0.0137).filter { abs($0) > 1e-3 }
    withRow(points) { x in
      computing { Operations.current.gelu(.erf, x, x) }
      // GELU is x/2 (1 + erf(x/√2)). Rounding 1 + erf, and the product, adds 2⁻²² at most.
      let worst = zip(points, x.elements).map { point, value in
        let half = Double(point) / 2
        let exact = half * (1 + erf(Double(point) * 0.5.squareRoot()))
        return max(0, abs(Double(value) - exact) / abs(half) - 0x1p-22)
      }.max()
      expectWithin(worst ?? .nan, Bound.of("TENS-9"), "erf")
    }
  }
}
