import Foundation

/// A test function of this package, as its source shows it: the clauses that its name begins with, and
/// the rule in words.
///
///     @Test func `BEAM-3 of equal scores, the lower beam comes first`() throws {
///
/// `swift test --filter` sees names of functions and suites, not display names, tags or traits. That is
/// why the clauses stand in the name.
package struct ClauseTest: Sendable, Equatable {
  /// The file, from the root of the package.
  package let file: String
  /// The line of `@Test`, from 1.
  package let line: Int
  /// The clauses, in the order of the name.
  package let clauses: [String]
  /// The rest of the name.
  package let words: String

  /// All tests of all files below `Tests` in a package, by file and line.
  package static func all(package folder: URL) throws -> [ClauseTest] {
    let tests = folder.appendingPathComponent("Tests").resolvingSymlinksInPath()
    let paths = try FileManager.default.subpathsOfDirectory(atPath: tests.path)
    return try paths.filter { $0.hasSuffix(".swift") }.sorted().flatMap { path in
      let text = try String(contentsOf: tests.appendingPathComponent(path), encoding: .utf8)
      return all(in: text, file: "Tests/\(path)")
    }
  }

  /// The tests of a source.
  package static func all(in text: String, file: String) -> [ClauseTest] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.indices.compactMap { index in
      guard isTest(lines[index]) else { return nil }
      // The attribute may go on for some lines; the function follows it. A long name has its own line.
      var isNext = false
      for line in lines[index...] {
        defer { isNext = line.hasSuffix(" func") }
        let name =
          isNext
          ? line.firstMatch(of: /^ *(`[^`]+`|\w+) *[(<]/)
          : line.firstMatch(of: /\bfunc +(`[^`]+`|\w+) *[(<]/)
        guard let name else { continue }
        let parts = parts(name: String(name.output.1))
        return ClauseTest(file: file, line: index + 1, clauses: parts.clauses, words: parts.words)
      }
      return ClauseTest(file: file, line: index + 1, clauses: [], words: "")
    }
  }

  /// Whether a line has the attribute, and not in a comment or a text.
  private static func isTest(_ line: Substring) -> Bool {
    guard line.utf8.contains(UInt8(ascii: "@")), let mark = line.firstMatch(of: /@Test\b/) else {
      return false
    }
    let before = line[..<mark.range.lowerBound]
    let isWithinText = before.count { $0 == "\"" } % 2 == 1
    return !isWithinText && !before.contains("//") && !before.contains("`")
  }

  /// The clauses that a name begins with, and its words:
  /// `` `BEAM-3 BEAM-4 of equal scores` `` → `BEAM-3`, `BEAM-4` and "of equal scores".
  package static func parts(name: String) -> (clauses: [String], words: String) {
    let raw = name.prefixMatch(of: /`([^`]*)`/).map { String($0.output.1) } ?? name
    var clauses: [String] = []
    var rest = Substring(raw)
    while let id = rest.prefixMatch(of: /([A-Z0-9]+-[0-9]+)(?: |$)/) {
      clauses.append(String(id.output.1))
      rest = rest[id.range.upperBound...]
    }
    return (clauses, String(rest))
  }
}
