import FoxFormats
import FoxKernels

/// A safetensors golden.
package struct GoldenTensors: Sendable {
  private let file: SafeTensorsFile

  /// The golden at `path` below Golden/.
  package init(_ path: String) throws {
    file = try SafeTensorsFile(path: Places.golden(path))
  }

  /// The names of all tensors, sorted.
  package var names: [String] { file.tensors.map(\.name).sorted() }

  /// The cases: names up to their last dot, once each, sorted.
  package var cases: [String] {
    Set(names.compactMap { name in name.lastIndex(of: ".").map { String(name[..<$0]) } }).sorted()
  }

  /// The tensor of a name.
  package subscript(name: String) -> Tensor {
    get throws { try file.tensor(named: name) }
  }

  /// Whether there is a tensor of that name.
  package func has(_ name: String) -> Bool { file[name] != nil }
}
