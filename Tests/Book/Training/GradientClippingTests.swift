import FoxKernels
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTraining

@Suite("Clipping of gradients", .counted)
struct GradientClippingTests {
  @Test
  func `OPT-5 (3, 4) has length 5 and is scaled to (0.6, 0.8)`() throws {
    let parameters = try Parameters([("three", [1]), ("four", [1])])
    let gradients = parameters.gradients.pointer
    (gradients[0], gradients[1]) = (3, 4)
    let norm = GradientClipping.norm(parameters)
    #expect(norm == 5)
    let scale = GradientClipping.coefficient(norm: norm, maximum: 1)
    #expect(abs(gradients[0] * scale - 0.6) < 1e-6 && abs(gradients[1] * scale - 0.8) < 1e-6)
  }

  @Test
  func `OPT-5 scales what is too long, and nothing else`() {
    #expect(GradientClipping.coefficient(norm: 4, maximum: 1) == 1 / (4 + 1e-6 as Float))
    #expect(GradientClipping.coefficient(norm: 0.5, maximum: 1) == 1)
    #expect(GradientClipping.coefficient(norm: 0, maximum: 1) == 1)
    // A gradient as long as allowed is scaled a little.
    #expect(GradientClipping.coefficient(norm: 1, maximum: 1) < 1)
    #expect(GradientClipping.coefficient(norm: 100, maximum: 0) == 1)
    #expect(GradientClipping.coefficient(norm: .infinity, maximum: 1) == 0)
    #expect(GradientClipping.coefficient(norm: .nan, maximum: 1).isNaN)
  }

  @Test(arguments: Computing.allCases)
  func `OPT-5 a norm is that of blocks, one after the other`(computing: Computing) throws {
    let count = 5 * GradientClipping.block + 77
    let parameters = try Parameters([("w", [count])])
    let vector = parameters.gradients
    var generator = TorchGenerator(seed: 9)
    generator.fillNormal(vector.pointer, count: count, deviation: 1)
    computing {
      let blocks = stride(from: 0, to: count, by: GradientClipping.block).map { start in
        Operations.current.squareSum(
          vector.pointer + start, min(GradientClipping.block, count - start))
      }
      let norm = GradientClipping.norm(parameters)
      #expect(norm == Float(blocks.reduce(0, +).squareRoot()))
      let plain = (0..<count).reduce(0.0) { sum, index in
        sum + Double(vector.pointer[index]) * Double(vector.pointer[index])
      }
      #expect(abs(Double(norm) - plain.squareRoot()) < 1e-7 * plain.squareRoot())
    }
  }

  @Test(arguments: Computing.allCases)
  func `OPT-5 a norm of nothing, of huge numbers and of none`(computing: Computing) throws {
    try computing {
      #expect(GradientClipping.norm(try Parameters([])) == 0)
      let parameters = try Parameters([("w", [70_001])])
      #expect(GradientClipping.norm(parameters) == 0)
      let gradients = parameters.gradients.pointer
      (gradients[0], gradients[70_000]) = (3e30, 4e30)
      #expect(GradientClipping.norm(parameters) == 5e30)
      gradients[65_536] = -.infinity
      #expect(GradientClipping.norm(parameters) == .infinity)
      gradients[1] = .nan
      #expect(GradientClipping.norm(parameters).isNaN)
    }
  }
}
