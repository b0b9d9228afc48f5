import FoxFiles

/// What became of the parameters of a model and of the tensors of a file (`LOAD-5`).
///
/// Names of parameters are the model's, names of tensors the file's. The lists are in the order in
/// which the model or the file has them.
public struct LoadReport: Equatable, Sendable {
  /// A parameter that the file has in another shape.
  public struct Mismatch: Equatable, Sendable {
    /// The model's name.
    public let name: String
    /// The shape the model has.
    public let expected: [Int]
    /// The shape the file has.
    public let found: [Int]
  }

  /// A tied name whose tensor is not what the model takes in its place.
  public struct Disagreement: Equatable, Sendable {
    /// The tensor that is not used.
    public let ignored: String
    /// The tensor that is used for both.
    public let used: String
  }

  /// The file.
  public let file: String
  /// Parameters that the file does not have.
  public internal(set) var missing: [String] = []
  /// Tensors that no parameter takes.
  public internal(set) var unexpected: [String] = []
  /// Parameters that the file has in another shape.
  public internal(set) var mismatched: [Mismatch] = []
  /// Tensors that no parameter takes and that mean nothing: buffers, and copies of tied weights.
  public internal(set) var ignored: [String] = []
  /// Tensors with a tied name that differ from what is used in their place.
  public internal(set) var disagreeing: [Disagreement] = []
  /// Parameters, missing or mismatched, that the model cannot work without.
  public internal(set) var fatal: [String] = []

  init(file: String) { self.file = file }

  /// Whether every parameter has its tensor and every tensor its use.
  public var isClean: Bool {
    missing.isEmpty && unexpected.isEmpty && mismatched.isEmpty && disagreeing.isEmpty
  }
}

extension LoadReport: CustomStringConvertible {
  /// One paragraph of what the user should know, empty when ``isClean``.
  public var description: String {
    if isClean { return "" }
    let sentences = [unexpectedWords, missingWords, mismatchedWords, disagreeingWords]
    return "\(file): " + sentences.compactMap { $0 }.joined(separator: " ")
  }

  /// Why no model can be made, and what the file may be instead.
  var failure: String {
    let sentences = [missingWords, mismatchedWords, unexpectedWords]
    return "\(file): the model cannot be made of this file. "
      + sentences.compactMap { $0 }.joined(separator: " ")
      + " Is it the checkpoint of another model, or of another size?"
  }

  private var unexpectedWords: String? {
    if unexpected.isEmpty { return nil }
    return "Not used: \(list(unexpected)); "
      + "expected when the file is from a model with other heads, otherwise not."
  }

  private var missingWords: String? {
    if missing.isEmpty { return nil }
    if !fatal.isEmpty { return "Missing: \(list(missing))." }
    return "Missing and newly initialised: \(list(missing)); "
      + "train the model on its task before you use it."
  }

  private var mismatchedWords: String? {
    if mismatched.isEmpty { return nil }
    let items = mismatched.map { item in
      "\(FoxFiles.shown(item.name)) (\(shown(item.expected)) expected, \(shown(item.found)) found)"
    }
    return "Of another shape\(fatal.isEmpty ? " and newly initialised" : ""): \(cut(items))."
  }

  private var disagreeingWords: String? {
    if disagreeing.isEmpty { return nil }
    let items = disagreeing.map {
      "\(FoxFiles.shown($0.ignored)) (\(FoxFiles.shown($0.used)) is used)"
    }
    return "Tied by the model, but different in the file: \(cut(items))."
  }

  private func list(_ names: [String]) -> String { cut(names.map { FoxFiles.shown($0) }) }

  private func cut(_ items: [String]) -> String {
    let shown = items.prefix(6).joined(separator: ", ")
    return items.count > 6 ? "\(shown) and \(items.count - 6) more" : shown
  }
}
