import Foundation
import FoxContract
import FoxDecoding
import FoxWeights

/// A recorded output of the reference, and what it says of its making.
struct GoldenFile: Sendable {
  /// From the root of the package.
  let path: String
  let size: Int
  /// Script, authority, versions, threads, date, noise floor, as the file has them.
  let provenance: [(key: String, value: String)]

  /// The script that recorded it; `nil` for what was transcribed from the homework by hand.
  var script: String? {
    let named = provenance.first { $0.key == "script" }?.value.split(separator: " ").first
    return named.flatMap { $0.hasPrefix("Golden/record/") ? String($0) : nil }
  }

  /// The goldens that clauses name.
  ///
  /// - Throws: ``Fault`` for one that is not there.
  static func all(package folder: URL, _ contract: Contract) throws -> [GoldenFile] {
    try Set(contract.clauses.flatMap(\.goldens)).sorted().map { path in
      let url = folder.appendingPathComponent(path)
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
        throw Fault(path, found: "no such file", expected: "a recorded output of the reference")
      }
      if isFolder.boolValue { return GoldenFile(path: path, size: 0, provenance: []) }
      let file = try MappedFile(path: url.path)
      return GoldenFile(
        path: path, size: file.withBytes { $0.count },
        provenance: path.hasSuffix(".json")
          ? lines(try JSON.read(path: url.path)["provenance"])
          : path.hasSuffix(".safetensors") ? metadata(file, path) : [])
    }
  }

  private static func lines(_ provenance: JSON?) -> [(key: String, value: String)] {
    provenance?.object?.members.map { ($0.key, text($0.value)) } ?? []
  }

  private static func text(_ value: JSON) -> String {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .number(let number): String(number)
    case .bool(let flag): String(flag)
    case .array(let list): list.map(text).joined(separator: ", ")
    case .object(let object):
      object.members.map { "\($0.key) \(text($0.value))" }.joined(separator: "\n")
    case .null: "–"
    }
  }

  /// What the header of a safetensors file says, without its tensors.
  private static func metadata(_ file: MappedFile, _ path: String) -> [(key: String, value: String)]
  {
    file.withBytes { bytes in
      guard bytes.count >= 8 else { return [] }
      let length = bytes.loadUnaligned(as: UInt64.self).littleEndian
      guard length <= UInt64(bytes.count - 8) else { return [] }
      let header = try? JSON.parse(Array(bytes[8..<8 + Int(length)]), in: path)
      return lines(header?["__metadata__"])
    }
  }
}

/// What `fox homework verify --json` says of the homework's print.
package struct Verification: Sendable {
  /// A printed number.
  struct Row: Sendable {
    let question, what, printed, ours, verdict: String
  }

  let rows: [Row]

  /// Reads the document.
  package init(path: String) throws {
    func shown(_ value: JSON?) -> String {
      value?.string ?? value?.integer.map(String.init) ?? value?.double.map { "\($0)" } ?? "–"
    }
    guard let list = try JSON.read(path: path)["rows"]?.array else {
      throw Fault(
        path, found: "no array \"rows\"", expected: "what fox homework verify --json prints")
    }
    rows = list.map {
      Row(
        question: shown($0["question"]), what: shown($0["what"]), printed: shown($0["printed"]),
        ours: shown($0["ours"]), verdict: shown($0["verdict"]))
    }
  }

  /// The rows of `Q1.3`: those of `q1.3/1`, `q1.3/2` …
  func rows(of question: String) -> [Row] {
    let id = question.lowercased()
    return rows.filter { $0.question.lowercased().hasPrefix(id) }
  }
}
