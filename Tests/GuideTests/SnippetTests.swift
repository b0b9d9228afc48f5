import Foundation
import TestSupport
import Testing

@testable import FoxQuestions
@testable import FoxReport

/// The Swift of README.md, of the guides in Documentation and of the report stands in the files of this
/// folder too, where it is compiled and run.
@Suite("Examples", .counted)
struct SnippetTests {
  /// Some lines of Swift that a reader is shown.
  struct Snippet: CustomTestStringConvertible {
    let place: String
    let lines: [String]
    let imports: [String]
    var testDescription: String { place }

    /// Without the imports, which stand at the head of the compiled file, and without the blanks that
    /// all its lines begin with.
    init(place: String, _ text: String) {
      self.place = place
      let all = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      imports = all.filter { $0.hasPrefix("import ") }
      lines = Self.dedented(
        Array(all.filter { !$0.hasPrefix("import ") }.drop { $0.isEmpty }))
    }

    static func dedented(_ lines: [String]) -> [String] {
      let indent = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
      return lines.map { String($0.dropFirst(indent)) }
    }

    /// Whether the lines follow each other in a source, indented as a whole, that imports the same.
    func stands(in source: [String]) -> Bool {
      guard let first = lines.first, source.count >= lines.count,
        imports.allSatisfy(source.contains)
      else { return false }
      return source.indices.dropLast(lines.count - 1).contains { start in
        source[start].hasSuffix(first)
          && Self.dedented(Array(source[start..<start + lines.count])) == lines
      }
    }
  }

  /// The fenced Swift of the README and the guides.
  static func documented() throws -> [Snippet] {
    let folder = Places.package.appendingPathComponent("Documentation").path
    let guides = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { $0.hasSuffix(".md") }.map { "Documentation/\($0)" }
    return try (["README.md"] + guides).flatMap { path in
      let text = try String(
        contentsOf: Places.package.appendingPathComponent(path), encoding: .utf8)
      return text.matches(of: #/```swift\n([\s\S]*?)\n```/#).enumerated().map { index, match in
        Snippet(place: "\(path), example \(index + 1)", String(match.output.1))
      }
    }
  }

  /// The Swift of each question as the report has it before anything is computed.
  static func reported() throws -> [Snippet] {
    let none = Provenance(model: "", parameters: 0, sha256: "", date: "", data: "")
    return Part.all(HomeworkResults(provenance: none)).flatMap(\.questions).map {
      Snippet(place: "the report, \($0.label)", $0.code)
    }
  }

  private static func sources() throws -> [[String]] {
    let folder = Places.package.appendingPathComponent("Tests/GuideTests")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") && $0 != "SnippetTests.swift" }
      .map { name in
        try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
          .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      }
  }

  @Test
  func `BOOK-10 every example is compiled`() throws {
    let sources = try Self.sources()
    let (documented, reported) = (try Self.documented(), try Self.reported())
    #expect(documented.count >= 20 && reported.count == 8)
    for snippet in documented + reported where !sources.contains(where: snippet.stands) {
      Issue.record("\(snippet.place) is in no file of Tests/GuideTests: \(snippet.lines[0])")
    }
  }

  @Test
  func `BOOK-10 an example with another line is found out`() {
    let source = [
      "import X", "func f() {", "  let a = 1", "", "  if a > 0 {", "    g(a)", "  }", "}",
    ]
    func stands(_ text: String) -> Bool { Snippet(place: "", text).stands(in: source) }
    #expect(stands("import X\n\nlet a = 1\n\nif a > 0 {\n  g(a)\n}"))
    #expect(stands("  if a > 0 {\n    g(a)\n  }"))
    #expect(!stands("import Y\n\nlet a = 1"), "another module")
    #expect(!stands("let a = 1\nif a > 0 {"), "a line is missing")
    #expect(!stands("if a > 0 {\ng(a)\n}"), "another indentation")
    #expect(!stands("a = 1"), "half a line")
    #expect(!stands(""))
  }

  @Test
  func `BOOK-13 each chapter has a guide to its extension point`() throws {
    let order = try String(
      contentsOf: Places.package.appendingPathComponent("Documentation/README.md"), encoding: .utf8)
    for chapter in [
      "Decoding", "Tokenizers", "Numbers", "Weights", "Transformer", "Training", "Metrics", "Data",
      "Augmentation", "Homework",
    ] {
      let line = try #require(order.split(separator: "\n").first { $0.contains("| \(chapter) |") })
      let name = try #require(line.firstMatch(of: /\((\w+\.md)\)/)).output.1
      let path = Places.package.appendingPathComponent("Documentation/\(name)")
      let guide = try String(contentsOf: path, encoding: .utf8)
      #expect(guide.contains("```swift"), "\(name)")
      for link in guide.matches(of: /\]\((\.\.\/[^)#]+)/) {
        let target = path.deletingLastPathComponent().appendingPathComponent(String(link.output.1))
        #expect(FileManager.default.fileExists(atPath: target.path), "\(name): \(link.output.1)")
      }
    }
  }
}
