import Foundation
import FoxFiles

extension HomeworkResults {
  /// The results as a document: keys sorted, infinities as the strings of `JSON-5`.
  ///
  /// SPEC `HW-10`.
  package var json: JSON {
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
  /// - Throws: `Fault`, naming the key.
  package init(_ json: JSON, path: String) throws {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      self = try decoder.decode(Self.self, from: Data(json.text(.compact).utf8))
    } catch let error as Swift.DecodingError {
      throw Fault(error, path: path)
    }
  }

  /// Reads the file at `path`.
  ///
  /// - Throws: `Fault` for a file that is not there, no JSON or something else.
  package static func read(path: String) throws -> HomeworkResults {
    try HomeworkResults(JSON.read(path: path), path: path)
  }

  /// Writes the file at `path`, wholly or not at all.
  ///
  /// - Throws: `Fault`.
  package func write(to path: String) throws {
    try AtomicFile.write(fileBytes, to: path)
  }

  private var fileBytes: [UInt8] {
    get throws { Array((try json.text(.indented) + "\n").utf8) }
  }

  /// Adds these answers to those of the file at `path`, which need not be there. Another process may
  /// add answers to it at the same time (`FILE-13`).
  ///
  /// - Returns: All answers that the file then has.
  /// - Throws: `Fault`, also where another language model has answered.
  package func save(to path: String) throws -> HomeworkResults {
    var all = self
    try AtomicFile.update(path) { bytes in
      all = self
      if let bytes {
        all = try HomeworkResults(JSON.parse(bytes, in: path), path: path)
        if all.hasLanguageModel, hasLanguageModel, all.provenance.sha256 != provenance.sha256 {
          throw Fault(
            path, found: "answers of the language model \(shown(all.provenance.model))",
            expected: "those of \(shown(provenance.model))", hint: "save these to another file")
        }
        all.merge(self)
      }
      return try all.fileBytes
    }
    return all
  }
}

extension Fault {
  /// What Foundation's decoder found wrong, in our words.
  fileprivate init(_ error: Swift.DecodingError, path: String) {
    var (context, last): (Swift.DecodingError.Context?, (any CodingKey)?)
    var (found, expected) = ("something else", "an answer of this package")
    switch error {
    case .keyNotFound(let key, let place): (context, last, found) = (place, key, "nothing")
    case .valueNotFound(_, let place): (context, found) = (place, "null")
    case .typeMismatch(let type, let place):
      (context, found, expected) = (place, "another type", Self.kind(of: type))
    case .dataCorrupted(let place): (context, found) = (place, "no value of its type")
    @unknown default: break
    }
    let keys = (context?.codingPath ?? []) + (last.map { [$0] } ?? [])
    let place = keys.reduce("") { path, key in
      if let index = key.intValue { return "\(path)[\(index)]" }
      return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
    }
    self.init(
      path, at: place.isEmpty ? nil : place, found: found, expected: expected,
      hint: "is it a file that fox homework --save has written?")
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
