import Foundation
import FoxFiles
import FoxFormats
import Testing

/// Reads what the reference printed. The files are made by the scripts in Golden/record and are
/// never written by a test.
public enum Golden {
  /// The document at `path` below Golden/.
  public static func json(_ path: String) throws -> JSON {
    let full = Places.golden(path)
    if !FileManager.default.fileExists(atPath: full) { throw GoldenError.missing(path) }
    return try JSON.read(path: full)
  }

  /// The cases of the golden at `path`: its `cases` array.
  public static func cases(_ path: String) throws -> [JSON] {
    guard let cases = try json(path)["cases"]?.array else {
      throw GoldenError.shape(path, "an array \"cases\"")
    }
    return cases
  }

  /// The arguments of a parameterised test that come from a golden, made of its cases.
  ///
  ///     @Test(arguments: try Golden.arguments("gpt2/logits.json", LogitsCase.init))
  ///
  /// Swift Testing passes a test without arguments without a word, and fails one whose arguments throw.
  /// So this throws when the golden is missing, and when nothing comes of it.
  public static func arguments<Value>(
    _ path: String, _ make: (JSON) throws -> Value? = { $0 }
  ) throws -> [Value] {
    let values = try cases(path).compactMap(make)
    if values.isEmpty { throw GoldenError.shape(path, "at least one case that the test can use") }
    return values
  }

  /// The arguments of a test from something else than `cases`, and never none.
  public static func arguments<Value>(_ values: [Value], from path: String) throws -> [Value] {
    if values.isEmpty { throw GoldenError.shape(path, "at least one case that the test can use") }
    return values
  }

  /// The rows under `key` of the golden at `path`; an error when there are none, so that no test
  /// passes for want of cases.
  public static func rows(_ path: String, _ key: String) throws -> [JSON] {
    guard let rows = try json(path)[key]?.array, !rows.isEmpty else {
      throw GoldenError.shape(path, "a filled array \"\(key)\"")
    }
    return rows
  }

  /// The arguments of a parameterised test that come from a golden, made of its cases.
  ///
  ///     @Test(arguments: try Golden.arguments("gpt2/logits.json", LogitsCase.init))
  ///
  /// Swift Testing passes a test without arguments without a word, and fails one whose arguments throw.
  /// So this throws when the golden is missing, and when nothing comes of it.
  public static func arguments<Value>(
    _ path: String, _ make: (JSON) throws -> Value? = { $0 }
  ) throws -> [Value] {
    let values = try cases(path).compactMap(make)
    if values.isEmpty { throw GoldenError.shape(path, "at least one case that the test can use") }
    return values
  }

  /// The arguments of a test from something else than `cases`, and never none.
  public static func arguments<Value>(_ values: [Value], from path: String) throws -> [Value] {
    if values.isEmpty { throw GoldenError.shape(path, "at least one case that the test can use") }
    return values
  }
}

/// A golden that cannot be read.
public enum GoldenError: Error, CustomStringConvertible {
  /// There is no such golden.
  case missing(String)
  /// The golden does not hold what the test looks for.
  case shape(String, String)

  /// The file, and how to record it.
  public var description: String {
    switch self {
    case .missing(let path): "Golden/\(path) is missing; record it with: make goldens"
    case .shape(let path, let expected): "Golden/\(path) should hold \(expected)"
    }
  }
}

extension JSON {
  /// The member `key`, or an error that names it.
  public func required(_ key: String) throws -> JSON {
    guard let value = self[key] else { throw GoldenError.shape("…", "a member \"\(key)\"") }
    return value
  }

  /// This number; the strings of `JSON-5` stand for those that JSON lacks.
  public func number() throws -> Double {
    switch self {
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    default:
      guard let value = double else { throw GoldenError.shape("…", "a number") }
      return value
    }
  }

  /// This array of integers.
  public func integers() throws -> [Int] {
    guard let values = array?.compactMap(\.integer), values.count == array?.count else {
      throw GoldenError.shape("…", "an array of integers")
    }
    return values
  }

  /// This array of numbers; the strings of `JSON-5` stand for infinities.
  public func floats() throws -> [Float] {
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
