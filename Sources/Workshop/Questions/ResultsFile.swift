import Foundation
import FoxFiles

extension HomeworkResults {
  /// The results as a document: keys sorted, infinities as the strings of `JSON-5`.
  ///
  /// SPEC `HW-10`.
  public var json: JSON {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      encoder.nonConformingFloatEncodingStrategy = .convertToString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      return try JSON.parse(Array(encoder.encode(self)))
    }
  }

  /// Reads a document.
  ///
  /// - Parameter path: The file it is from, for messages.
  /// - Throws: ``HomeworkError/results(path:key:problem:)``, naming the key.
  public init(_ json: JSON, path: String) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      self = try decoder.decode(Self.self, from: Data(json.text(.compact).utf8))
    } catch let error as Swift.DecodingError {
      throw HomeworkError(error, path: path)
    }
  }

  /// Reads the file at `path`.
  ///
  /// - Throws: `Fault` for a file that is not there or no JSON, and ``HomeworkError``.
  public static func read(path: String) throws -> HomeworkResults {
    try HomeworkResults(JSON.read(path: path), path: path)
  }

  /// Writes the file at `path`, wholly or not at all.
  ///
  /// - Throws: `Fault`.
  public func write(to path: String) throws {
    try AtomicFile.write(fileBytes, to: path)
  }

  private var fileBytes: [UInt8] {
    get throws { Array((try json.text(.indented) + "\n").utf8) }
  }

  /// Adds these answers to those of the file at `path`, which need not be there. Another process may
  /// add answers to it at the same time (`FILE-13`).
  ///
  /// - Returns: All answers that the file then has.
  /// - Throws: `Fault`; ``HomeworkError/otherModel(path:then:now:)`` where another language model
  ///   has answered.
  public func save(to path: String) throws -> HomeworkResults {
    var all = self
    try AtomicFile.update(path) { bytes in
      all = self
      if let bytes {
        all = try HomeworkResults(JSON.parse(bytes, in: path), path: path)
        if all.hasLanguageModel, hasLanguageModel, all.provenance.sha256 != provenance.sha256 {
          throw HomeworkError.otherModel(
            path: path, then: all.provenance.model, now: provenance.model)
        }
        all.merge(self)
      }
      return try all.fileBytes
    }
    return all
  }
}

extension HomeworkError {
  /// What Foundation's decoder found wrong, in our words.
  init(_ error: Swift.DecodingError, path: String) {
    func key(_ context: Swift.DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
      (context.codingPath + (last.map { [$0] } ?? [])).reduce("") { path, key in
        if let index = key.intValue { return "\(path)[\(index)]" }
        return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
      }
    }
    switch error {
    case .keyNotFound(let missing, let context):
      self = .results(path: path, key: key(context, missing), problem: "is missing")
    case .valueNotFound(_, let context):
      self = .results(path: path, key: key(context), problem: "is null")
    case .typeMismatch(let type, let context):
      self = .results(
        path: path, key: key(context), problem: "is of another type than \(Self.kind(of: type))")
    case .dataCorrupted(let context):
      self = .results(path: path, key: key(context), problem: "is no value of its type")
    @unknown default:
      self = .results(path: path, key: "", problem: "cannot be read")
    }
  }

  /// What JSON calls a type of Swift.
  private static func kind(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Int.Type: "an integer"
    case is Double.Type: "a number"
    case is Bool.Type: "a boolean"
    default: "\(type)".hasPrefix("Array") ? "an array" : "an object"
    }
  }
}
