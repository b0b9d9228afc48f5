import Foundation
import FoxContract
import TestSupport
import Testing

/// The files below a folder of the package.
func sources(in folder: String, suffix: String) throws -> [URL] {
  let root = Places.package.appendingPathComponent(folder).resolvingSymlinksInPath()
  let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path)
  return paths.filter { $0.hasSuffix(suffix) }.sorted().map { root.appendingPathComponent($0) }
}

func exists(_ path: String) -> Bool {
  FileManager.default.fileExists(atPath: Places.package.appendingPathComponent(path).path)
}

@Suite("SPEC.md and the tests", .counted)
struct TraceabilityTests {
  private static let contract = Result { try Contract(package: Places.package) }
  private static let tests = Result { try ClauseTest.all(package: Places.package) }

  @Test
  func `SPEC-1 every clause has a test, every test a clause`() throws {
    let clauses = try Self.contract.get().clauses.map(\.id)
    let tests = try Self.tests.get()
    #expect(clauses.count == Set(clauses).count, "a clause is numbered twice")
    let known = Set(clauses.map { Substring($0) })
    #expect(clauses.count > 350 && tests.count > 800, "\(clauses.count) and \(tests.count)")
    for test in tests {
      #expect(!test.clauses.isEmpty, "\(test.file):\(test.line): the test names no clause")
      for clause in test.clauses where !known.contains(Substring(clause)) {
        Issue.record("\(test.file):\(test.line): there is no clause \(clause)")
      }
      // `--filter` would take it for a test of that clause.
      for match in test.words.matches(of: /[A-Z0-9]+-[0-9]+/) where known.contains(match.output) {
        Issue.record("\(test.file):\(test.line): \(match.output) stands within the name's words")
      }
    }
    let verified = Set(tests.flatMap(\.clauses))
    for clause in clauses where !verified.contains(clause) {
      Issue.record("no test verifies \(clause)")
    }
  }

  @Test
  func `SPEC-2 goldens and sources that clauses name exist`() throws {
    for clause in try Self.contract.get().clauses {
      #expect(!clause.rule.isEmpty && !clause.sources.isEmpty, "\(clause.id) names no source")
      for path in clause.goldens + clause.sources + clause.tests {
        #expect(exists(path), "\(clause.id): there is no \(path)")
      }
      for question in (clause.homework ?? "").matches(of: /Q[0-9](?:\.[0-9])?/) {
        let name = String(question.output)
        #expect(
          Clause.questions.contains { $0.hasPrefix(name) }, "\(clause.id): there is no \(name)")
      }
    }
  }

  @Test
  func `SPEC-1 a clause that names the files of its tests names all of them`() throws {
    let tests = try Self.tests.get()
    let contract = try Self.contract.get()
    let places = Dictionary(
      grouping: tests.flatMap { test in test.clauses.map { (clause: $0, file: test.file) } },
      by: \.clause)
    for clause in contract.clauses where !clause.tests.isEmpty {
      let files = Set((places[clause.id] ?? []).map(\.file))
      #expect(Set(clause.tests) == files, "\(clause.id): its tests are in \(files.sorted())")
    }
  }

  @Test
  func `SPEC-4 a bound that a clause states is the one its test uses`() throws {
    let files = try sources(in: "Tests", suffix: "Tests.swift")
    let text = try files.filter { !$0.path.contains("/Workshop/Contract/") }.map {
      try String(contentsOf: $0, encoding: .utf8)
    }.joined()
    let used = Set(text.matches(of: /Bound\.of\("([A-Z0-9]+-[0-9]+)"/).map { String($0.output.1) })
    let contract = try Self.contract.get()
    for clause in contract.clauses where !clause.bounds.isEmpty {
      #expect(used.contains(clause.id), "no test takes the bound of \(clause.id) from SPEC.md")
    }
    for id in used { #expect(contract[id]?.bounds.isEmpty == false, "\(id) states no bound") }
  }

  @Test
  func `SPEC-5 tests whose arguments come from a file fail without it`() throws {
    for file in try sources(in: "Tests", suffix: ".swift") {
      // A golden that cannot be read would give no arguments, and the test would pass.
      let text = try String(contentsOf: file, encoding: .utf8)
      for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
        .enumerated()
      where line.utf8.contains(UInt8(ascii: "?")) {
        guard line.contains(/try\? .*[gG]olden.*\?\? *\[/) else { continue }
        Issue.record("\(file.lastPathComponent):\(index + 1): use Golden.arguments")
      }
    }
  }

  @Test
  func `SPEC-7 every suite of tests is counted in the table`() throws {
    for file in try sources(in: "Tests", suffix: ".swift") {
      let text = try String(contentsOf: file, encoding: .utf8)
      // The table finds the clauses of a test in its name.
      guard text.contains("func `"), !file.path.contains("/TestSupport/") else { continue }
      for match in text.matches(of: /(?m)^ *@Suite(?s:(.*?))\b(?:struct|enum|class|actor)\b/) {
        let isCounted = match.output.1.contains(".counted")
        #expect(isCounted, "\(file.lastPathComponent): @Suite\(match.output.1) lacks .counted")
      }
    }
  }

  @Test
  func `SPEC-8 every room says what it adds, what it does not do, and where to begin`() throws {
    let files = try sources(in: "Sources/Workshop", suffix: ".swift")
    let rooms = Set(files.map { $0.deletingLastPathComponent() })
    #expect(rooms.count > 15)
    for room in rooms {
      let file = room.appendingPathComponent("README.md")
      let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      let name = room.lastPathComponent
      #expect(text.contains("What it does not do:"), "\(name) has no README of this form")
      for link in text.matches(of: /\]\(([^)]+)\)/) {
        let target = room.appendingPathComponent(String(link.output.1)).path
        #expect(FileManager.default.fileExists(atPath: target), "\(name): \(link.output.1)")
      }
    }
  }

  @Test
  func `SPEC-2 every golden has provenance`() throws {
    for file in try sources(in: "Golden", suffix: ".json") {
      let path = file.path.components(separatedBy: "/Golden/").dropFirst().joined()
      // Models and vocabularies are inputs; the goldens that use them hold their hashes.
      let inputs = [
        "gpt2/models/", "bert/models/", "tokenizers/tiny/", "tokenizers/bert/", "folders/4.57/",
        "folders/5/",
      ]
      if inputs.contains(where: path.hasPrefix) { continue }
      let provenance = try Golden.json(path)["provenance"]
      // What is transcribed from the homework has no script.
      let script = provenance?["script"]?.string
      #expect(
        script != nil && provenance?["authority"]?.string != nil,
        "Golden/\(path) does not say where it is from")
      if let script, script.hasPrefix("Golden/record/") {
        #expect(exists(script), "Golden/\(path): no \(script)")
      }
    }
  }
}
