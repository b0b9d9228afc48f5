import FoxFormats
import FoxKernels

/// A safetensors golden.
public struct GoldenTensors: Sendable {
  private let file: SafeTensorsFile

  /// The golden at `path` below Golden/.
  public init(_ path: String) throws {
    file = try SafeTensorsFile(path: Places.golden(path))
  }

  /// The names of all tensors, sorted.
  public var names: [String] { file.tensors.map(\.name).sorted() }

  /// The cases: names up to their last dot, once each, sorted.
  public var cases: [String] {
    Set(names.compactMap { name in name.lastIndex(of: ".").map { String(name[..<$0]) } }).sorted()
  }

  /// The tensor of a name.
  public subscript(name: String) -> Tensor {
    get throws { try file.tensor(named: name) }
  }

  /// Whether there is a tensor of that name.
  public func has(_ name: String) -> Bool { file[name] != nil }
}
