import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

extension Arena {
  /// A copy of a tensor of two dimensions, or of one as a single row.
  func matrix(_ tensor: Tensor) -> Matrix {
    let columns = tensor.shape.last ?? 1
    return matrix(tensor.elements, columns: columns)
  }

  /// A matrix of the given numbers, row by row.
  func matrix(_ numbers: [Float], columns: Int) -> Matrix {
    let m = matrix(columns == 0 ? 0 : numbers.count / columns, columns)
    m.start.update(from: numbers, count: numbers.count)
    return m
  }
}

extension Parameters {
  func view(_ name: String) throws -> Tensor { try tensor(#require(self[name])) }

  /// The gradient of a part.
  func gradient(_ name: String) throws -> [Float] {
    try #require(self[name]).range.map { gradients.pointer[$0] }
  }

  /// Compares all gradients with the reference's: ‖Δ‖ against that of the tensor and of the model.
  ///
  /// - Parameters:
  ///   - golden: Gives the gradient of a name.
  ///   - noise: The names whose gradient is 0 but for rounding, and what it may be of the model's.
  ///     Measured: 1.1e-8.
  func expectGradients(
    noise: String? = nil, within noiseBound: Double = 3e-8, _ golden: (String) throws -> [Float]
  ) throws {
    func norm(_ values: [Float]) -> Double {
      values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let whole = try norm(entries.map { Float(norm(try golden($0.name))) })
    for entry in entries {
      let expected = try golden(entry.name)
      let actual = entry.range.map { gradients.pointer[$0] }
      let difference = norm(zip(actual, expected).map { $0 - $1 })
      let isNoise = noise.map { entry.name.hasSuffix($0) } ?? false
      let bound =
        isNoise
        ? noiseBound * whole
        : Bound.of("GPT2-14", "each gradient") * max(norm(expected), 1e-4 * whole)
      #expect(difference <= bound, "\(entry.name): ‖Δ‖ \(difference), allowed \(bound)")
    }
  }
}

/// A case of `layers/gradients.safetensors`: what goes in, what comes out, what flows back.
struct GradientCase {
  /// The cases of a kind; none is an error.
  static func names(_ prefix: String) throws -> [String] {
    let names = try GoldenTensors("layers/gradients.safetensors").cases.filter {
      $0.hasPrefix(prefix + "/")
    }
    try #require(!names.isEmpty)
    return names
  }

  let name: String
  let tensors: GoldenTensors

  init(_ name: String) throws {
    self.name = name
    tensors = try GoldenTensors("layers/gradients.safetensors")
  }

  subscript(part: String) -> Tensor {
    get throws { try tensors["\(name).\(part)"] }
  }

  /// The whole numbers of a part.
  func integers(_ part: String) throws -> [Int] { try self[part].elements.map { Int($0) } }

  /// The given parameters of the case in one buffer.
  func parameters(_ names: String...) throws -> Parameters {
    let parameters = try Parameters(names.map { ($0, try self[$0].shape) })
    for entry in parameters.entries {
      let from = try self[entry.name]
      (parameters.values.pointer + entry.range.lowerBound).update(
        from: from.elements, count: from.count)
    }
    return parameters
  }

  func expectClose(_ actual: [Float], _ part: String, tolerance: Float) throws {
    TestSupport.expectClose(
      actual, try self[part].elements, tolerance: tolerance, "\(name).\(part)")
  }
}
