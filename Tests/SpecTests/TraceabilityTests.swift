import Foundation
import TestSupport
import Testing

/// A clause of SPEC.md.
struct Clause {
  let id: String
  let text: String

  /// All clauses, in order.
  static func all() throws -> [Clause] {
    let spec = try String(
      contentsOf: Places.package.appendingPathComponent("SPEC.md"), encoding: .utf8)
    let marks = spec.matches(of: /> \*\*`([A-Z0-9]+-[0-9]+)`\*\*/)
    // The conventions show a clause as an example, before the first heading of a room.
    let start = spec.range(of: "## Contents")?.upperBound ?? spec.startIndex
    return marks.filter { $0.range.lowerBound >= start }.map { mark in
      let end = spec[mark.range.upperBound...].range(of: "\n\n")?.lowerBound ?? spec.endIndex
      let text = spec[mark.range.upperBound..<end].replacingOccurrences(of: "\n> ", with: " ")
      return Clause(id: String(mark.output.1), text: text)
    }
  }

  /// The paths in backquotes that follow *`kind`*, up to the next `·`.
  func paths(_ kind: String) -> [String] {
    text.components(separatedBy: "·").filter { $0.contains("*\(kind)*") }.flatMap { part in
      part.matches(of: /`([^`]+)`/).map { String($0.output.1) }
    }
  }
}

/// A `@Test` in the sources of the tests.
struct MarkedTest {
  let place: String
  let clauses: [String]

  /// All tests of all targets.
  static func all() throws -> [MarkedTest] {
    try sources(in: "Tests", suffix: ".swift").flatMap { file in
      let text = try String(contentsOf: file, encoding: .utf8)
      let suite = text.matches(of: /@Suite\([^\n]*\.spec\(([^)]*)\)/).flatMap {
        ids(in: $0.output.1)
      }
      return text.matches(of: /\n *@Test\(/).map { match in
        let line = text[..<match.range.upperBound].count { $0 == "\n" } + 1
        return MarkedTest(
          place: "\(file.lastPathComponent):\(line)",
          clauses: suite + marks(in: text[match.range.upperBound...]))
      }
    }
  }

  /// The clauses in the `.spec(…)` of an attribute that begins here.
  private static func marks(in attribute: Substring) -> [String] {
    let end = attribute.range(of: "func ")?.lowerBound ?? attribute.endIndex
    guard let mark = attribute[..<end].firstMatch(of: /\.spec\(([^)]*)\)/) else { return [] }
    return ids(in: mark.output.1)
  }

  private static func ids(in list: Substring) -> [String] {
    list.matches(of: /"([^"]+)"/).map { String($0.output.1) }
  }
}

/// The files below a folder of the package.
func sources(in folder: String, suffix: String) throws -> [URL] {
  let root = Places.package.appendingPathComponent(folder)
  let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path)
  return paths.filter { $0.hasSuffix(suffix) }.sorted().map { root.appendingPathComponent($0) }
}

@Suite("SPEC.md and the tests")
struct TraceabilityTests {
  @Test("every clause has a test, every test a clause", .spec("SPEC-1"))
  func clauses() throws {
    let clauses = try Clause.all().map(\.id)
    let tests = try MarkedTest.all()
    #expect(clauses.count == Set(clauses).count, "a clause is numbered twice")
    #expect(clauses.count > 50 && tests.count > 50)
    for test in tests {
      #expect(!test.clauses.isEmpty, "\(test.place): the test names no clause")
      for clause in test.clauses where !clauses.contains(clause) {
        Issue.record("\(test.place): there is no clause \(clause)")
      }
    }
    let verified = Set(tests.flatMap(\.clauses))
    for clause in clauses where !verified.contains(clause) {
      Issue.record("no test verifies \(clause)")
    }
  }

  @Test("goldens and sources that clauses name exist", .spec("SPEC-2"))
  func links() throws {
    for clause in try Clause.all() {
      #expect(clause.text.contains("*source*"), "\(clause.id) names no source")
      for (kind, folder) in [("golden", "Golden"), ("source", "Sources")] {
        for path in clause.paths(kind) where !path.hasPrefix("Tests/") {
          let full = Places.package.appendingPathComponent(folder).appendingPathComponent(path).path
          #expect(
            FileManager.default.fileExists(atPath: full), "\(clause.id): no \(folder)/\(path)")
        }
      }
    }
  }

  @Test("every golden has provenance", .spec("SPEC-2"))
  func provenance() throws {
    for file in try sources(in: "Golden", suffix: ".json") {
      let path = file.path.replacingOccurrences(of: Places.golden.path + "/", with: "")
      // Models and vocabularies are inputs; the goldens that use them hold their hashes.
      let inputs = ["gpt2/models/", "bert/models/", "tokenizers/tiny/", "tokenizers/bert/"]
      if inputs.contains(where: path.hasPrefix) { continue }
      let provenance = try Golden.json(path)["provenance"]
      // What is transcribed from the homework has no script.
      let script = provenance?["script"]?.string
      #expect(
        script != nil && provenance?["authority"]?.string != nil,
        "Golden/\(path) does not say where it is from")
      if let script, script.hasPrefix("Golden/record/") {
        let recorder = Places.package.appendingPathComponent(script).path
        #expect(FileManager.default.fileExists(atPath: recorder), "Golden/\(path): no \(script)")
      }
    }
  }

  @Test("rooms import what the manifest gives them, and only rooms below them", .spec("SPEC-3"))
  func rooms() throws {
    let manifest = try String(
      contentsOf: Places.package.appendingPathComponent("Package.swift"), encoding: .utf8)
    // In the order of the manifest: a target may depend only on those above it.
    let order = manifest.matches(
      of: /(?:chapter|room)\(\s*"(\w+)"|[tT]arget\(\s*name: "(\w+)"/
    ).compactMap { match in
      match.output.1.map { "Fox\($0)" } ?? match.output.2.map(String.init)
    }
    #expect(order.contains("FoxFiles") && order.contains("fox"))
    var imports = 0
    for file in try sources(in: "Sources", suffix: ".swift") {
      let parts = file.pathComponents
      let folder = parts[parts.firstIndex(of: "Sources").map { $0 + 2 } ?? 0]
      let isBook = parts.contains("Book")
      let module = order.first { $0 == "Fox\(folder)" } ?? "fox"
      guard let level = order.firstIndex(of: module) else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      // The whole line: `@testable import A`, `import struct A.B` and `internal import A` are seen too.
      for match in text.matches(of: /(?m)^(?:@?\w+ )*import (?:\w+ )?(C?[Ff]ox\w+)/) {
        imports += 1
        let name = String(match.output.1)
        let place = "\(folder)/\(file.lastPathComponent) imports \(name)"
        guard let other = order.firstIndex(of: name) else {
          Issue.record("\(place), which the manifest does not know")
          continue
        }
        if other >= level { Issue.record("\(place), which is above it") }
        if isBook, manifest.range(of: "room(\"\(name.dropFirst(3))\"") != nil {
          Issue.record("\(place): the Book knows nothing of the Workshop")
        }
      }
    }
    #expect(imports > 500, "only \(imports) imports were seen")
  }
}
