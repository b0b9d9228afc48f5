import Foundation
import FoxFiles
import FoxFormats
import Testing

/// Reads what the reference printed. The files are made by the scripts in Golden/record and are
/// never written by a test.
package enum Golden {
  /// The document at `path` below Golden/.
  package static func json(_ path: String) throws -> JSON {
    let full = Places.golden(path)
    if !FileManager.default.fileExists(atPath: full) { throw GoldenError.missing(path) }
    return try JSON.read(path: full)
  }

  /// The cases of the golden at `path`: its `cases` array. None at all is an error, because a test
  /// without arguments passes.
  package static func cases(_ path: String) throws -> [JSON] {
    guard let cases = try json(path)["cases"]?.array, !cases.isEmpty else {
      throw GoldenError.shape(path, "an array \"cases\" that is not empty")
    }
    return cases
  }
}

/// A golden that cannot be read.
package enum GoldenError: Error, CustomStringConvertible {
  /// There is no such golden.
  case missing(String)
  /// The golden does not hold what the test looks for.
  case shape(String, String)

  /// The file, and how to record it.
  package var description: String {
    switch self {
    case .missing(let path): "Golden/\(path) is missing; record it with: make goldens"
    case .shape(let path, let expected): "Golden/\(path) should hold \(expected)"
    }
  }
}

extension JSON {
  /// The member `key`, or an error that names it.
  package func required(_ key: String) throws -> JSON {
    guard let value = self[key] else { throw GoldenError.shape("…", "a member \"\(key)\"") }
    return value
  }

  /// This number; the strings of `JSON-5` stand for those that JSON lacks.
  package func number() throws -> Double {
    switch self {
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    default:
      guard let value = double else { throw GoldenError.shape("…", "a number") }
      return value
    }
  }

  /// This array of integers.
  package func integers() throws -> [Int] {
    guard let values = array?.compactMap(\.integer), values.count == array?.count else {
      throw GoldenError.shape("…", "an array of integers")
    }
    return values
  }

  /// This array of numbers; the strings of `JSON-5` stand for infinities.
  package func floats() throws -> [Float] {
    guard let elements = array else { throw GoldenError.shape("…", "an array of numbers") }
    return try elements.map { element in
      switch element {
      case .string("-Infinity"): return -.infinity
      case .string("Infinity"): return .infinity
      default:
        guard let value = element.double else { throw GoldenError.shape("…", "a number") }
        return Float(value)
      }
    }
  }
}
