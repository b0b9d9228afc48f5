import Foundation
import FoxFiles
import Synchronization
import Testing

/// What a test has compared with the reference, attached to it when it ends, as JSON: the pages of the
/// book show these numbers beside the code, and compute none themselves.
///
/// Only a run that asks for attachments (`--attachments-path`) gathers them.
final class Evidence: Sendable {
  static let shared = Evidence()
  static let isWanted = CommandLine.arguments.contains("--attachments-path")

  private let comparisons = Mutex<[Test.ID: [String: JSON]]>([:])

  /// Of each line of a test that compares, the comparison that is nearest to its bound is kept, and of
  /// each name.
  func add(
    _ delta: Double, bound: Double, _ what: String, of count: Int,
    _ values: (ours: Double, reference: Double)?, _ place: SourceLocation
  ) {
    guard Self.isWanted, let test = Test.current else { return }
    var members: [(key: String, value: JSON)] = [
      ("what", .string(what)), ("count", .integer(count)), ("delta", Self.number(delta)),
      ("bound", Self.number(bound)),
      ("file", .string(Self.file(place))), ("line", .integer(place.line)),
    ]
    if let values {
      members += [("ours", Self.number(values.ours)), ("reference", Self.number(values.reference))]
    }
    let (key, found) = ("\(place.line) \(what)", JSON.object(.init(unique: members)))
    comparisons.withLock { all in
      let known = all[test.id]?[key].flatMap { $0["delta"]?.double }
      if let known, known >= delta { return }
      // A loop over thousands of names would make a file of its own size.
      if known == nil, all[test.id]?.count ?? 0 >= 64 { return }
      all[test.id, default: [:]][key] = found
    }
  }

  /// Attaches what the current test has compared.
  func attach() {
    guard Self.isWanted, let test = Test.current,
      let found = comparisons.withLock({ $0.removeValue(forKey: test.id) })
    else { return }
    let list = found.sorted { $0.key < $1.key }.map(\.value)
    let document = JSON.object(.init(unique: [("comparisons", .array(list))]))
    Attachment.record(Array(document.text().utf8), named: "comparisons.json")
  }

  /// JSON has no NaN and no infinity.
  private static func number(_ value: Double) -> JSON {
    value.isFinite ? .number(value) : .string("\(value)")
  }

  /// From the root of the package.
  private static func file(_ place: SourceLocation) -> String {
    let root = Places.package.path + "/"
    return place.filePath.hasPrefix(root)
      ? String(place.filePath.dropFirst(root.count)) : place.fileID
  }
}
