import FoxNumbers

/// Parameters and gradients of the goldens of optimizers.
package enum OptimizerGolden {
  /// Parameters with the values that a golden starts from.
  package static func start(_ tensors: GoldenTensors) throws -> Parameters {
    let names = tensors.names.compactMap { name in
      name.hasPrefix("start/") ? String(name.dropFirst(6)) : nil
    }
    let parameters = try Parameters(
      try names.map { name in (name, try tensors["start/\(name)"].shape) })
    try fill(parameters.values, parameters, tensors, "start")
    return parameters
  }

  /// Writes the tensors of a golden below `key` into a buffer.
  package static func fill(
    _ buffer: FloatBuffer, _ parameters: Parameters, _ tensors: GoldenTensors, _ key: String
  ) throws {
    for entry in parameters.entries {
      for (index, value) in try tensors["\(key)/\(entry.name)"].elements.enumerated() {
        buffer.pointer[entry.range.lowerBound + index] = value
      }
    }
  }
}
