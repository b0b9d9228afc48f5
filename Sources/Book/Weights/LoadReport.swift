import FoxDecoding

/// What became of the parameters of a model and of the tensors of a file (LOAD-5).
///
/// Names of parameters are the model's, names of tensors the file's. The lists are in the order in
/// which the model or the file has them.
public struct LoadReport: Equatable, Sendable {
  /// A parameter that the file has in another shape.
  package struct Mismatch: Equatable, Sendable {
    package let name: String
    package let expected: [Int]
    package let found: [Int]
  }

  /// A tied name whose tensor differs from the one that is used for both.
  package struct Disagreement: Equatable, Sendable {
    package let ignored: String
    package let used: String
  }

  package let file: String
  /// Parameters that the file does not have.
  package internal(set) var missing: [String] = []
  /// Tensors that no parameter takes.
  package internal(set) var unexpected: [String] = []
  /// Parameters that the file has in another shape.
  package internal(set) var mismatched: [Mismatch] = []
  /// Tensors that no parameter takes and that mean nothing: buffers, and copies of tied weights.
  package internal(set) var ignored: [String] = []
  package internal(set) var disagreeing: [Disagreement] = []
  /// Parameters, missing or of another shape, that the model cannot work without.
  package internal(set) var fatal: [String] = []

  init(file: String) { self.file = file }

  /// Whether every parameter has its tensor and every tensor its use.
  package var isClean: Bool {
    missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty && disagreeing.isEmpty
  }
}

extension LoadReport: CustomStringConvertible {
  /// One paragraph of what the user should know; empty when there is nothing.
  public var description: String {
    if isClean { return "" }
    var sentences: [String] = []
    if !unexpected.isEmpty {
      sentences.append(
        "Not used: \(shown(unexpected)); "
          + "expected when the file is from a model with other heads, otherwise not.")
    }
    if !missing.isEmpty {
      sentences.append(
        "Missing and newly initialized: \(shown(missing)); "
          + "train the model on its task before you use it.")
    }
    if !mismatched.isEmpty {
      sentences.append("Of another shape and newly initialized: \(shapes).")
    }
    if !disagreeing.isEmpty {
      let pairs = disagreeing.map { "\(shown($0.ignored)) (\(shown($0.used)) is used)" }
      sentences.append("Tied by the model, but different in the file: \(shown(items: pairs)).")
    }
    return "\(file): " + sentences.joined(separator: " ")
  }

  /// Why no model can be made of the file.
  var failure: Fault {
    var found: [String] = []
    if !missing.isEmpty { found.append("no \(shown(missing))") }
    if !mismatched.isEmpty { found.append("another shape of \(shapes)") }
    if !unexpected.isEmpty { found.append("\(shown(unexpected)) instead") }
    return Fault(
      file, found: found.joined(separator: ", "), expected: "the parameters of the model",
      hint: "is it the checkpoint of another model, or of another size?")
  }

  private var shapes: String {
    shown(
      items:
        mismatched.map {
          "\(shown($0.name)) (\(shown($0.expected)) expected, \(shown($0.found)) found)"
        })
  }
}
