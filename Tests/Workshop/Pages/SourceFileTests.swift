import Foundation
import TestSupport
import Testing

@testable import FoxPages

@Suite("Sources in passages", .counted)
struct SourceFileTests {
  private let file = SourceFile(
    path: "Sources/Book/Decoding/Greedy.swift",
    text: """
      import FoxNumbers

      /// # One at a time
      ///
      /// The likeliest token.

      /// What comes first.
      package struct Greedy {
        let steps: Int  // [T]

        /// Runs.
        func run() {
          // Why this is so.
          second()
        }
      }
      """)

  @Test
  func `BOOK-1 a file is cut before each comment that has lines of its own`() {
    #expect(file.title == "One at a time")
    #expect(file.head.joined(separator: "|") == "|The likeliest token.")
    #expect(file.passages.map(\.prose) == [["What comes first."], ["Runs."], ["Why this is so."]])
    #expect(file.passages.map(\.line) == [8, 12, 14])
    #expect(
      file.passages.map { $0.code.joined(separator: "\n") } == [
        "package struct Greedy {\n  let steps: Int  // [T]", "  func run() {",
        "    second()\n  }\n}",
      ])
  }

  @Test
  func `BOOK-1 declarations are known by name and type`() {
    #expect(file.symbols.map(\.name) == ["Greedy", "Greedy.steps", "Greedy.run"])
    #expect(file.address(ofLine: 9) == "Decoding-Greedy.html#L8")
  }

  private static let declarations: [(String, [String])] = [
    ("package let a, b: Int", ["a", "b"]), ("var (c, d) = (1, 2)", ["c", "d"]),
    ("func best() {\n  let inner = 1\n}", ["best"]),
    ("extension [UInt8] {\n  var size: Int { 1 }\n}", ["[UInt8].size"]),
    ("enum E {\n  static func == (a: Self, b: Self) -> Bool { true }\n}", ["E", "E.=="]),
    (
      "struct S<T>: P {\n  private(set) var x: T\n  subscript(i: Int) -> T { x }\n}",
      ["S", "S.x", "S.subscript"]
    ),
  ]

  @Test(arguments: declarations)
  func `BOOK-1 every name that is declared outside of functions`(text: String, names: [String]) {
    #expect(SourceFile(path: "a.swift", text: text).symbols.map(\.name) == names)
  }

  @Test
  func `BOOK-1 nothing of the Book is lost`() throws {
    let site = try SamplePages.site()
    #expect(site.chapters.map(\.name).first == "Decoding" && site.chapters.count == 10)
    for file in site.chapters.flatMap(\.files) {
      let url = Places.package.appendingPathComponent(file.path)
      let text = try String(contentsOf: url, encoding: .utf8)
      // All words of the source, without the signs of comments, in their order.
      func words(_ text: String) -> [String] {
        text.split(separator: "\n").filter {
          $0.prefixMatch(of: #/(@\S+ )*((public|package) )?import /#) == nil
        }.map { line in
          let code = line.drop { $0 == " " }
          return code.hasPrefix("//") ? String(code.drop { $0 == "/" }) : String(code)
        }.joined(separator: " ").split(separator: " ").map(String.init)
      }
      let shown =
        ["# " + file.title] + file.head + file.passages.flatMap { $0.prose + $0.code }
      let all = words(text)
      let page = words(shown.joined(separator: "\n"))
      // A file without a head has its name for a title.
      expectSame(all.first == "#" ? page : Array(page.dropFirst(2)), all, file.path)
    }
  }
}

@Suite("The Markdown of comments", .counted)
struct ProseTests {
  private func html(_ lines: String...) -> String {
    Prose { $0 == "BEAM-3" || $0 == "softmax" ? "\($0).html" : nil }.markup(lines).html
  }

  @Test
  func `BOOK-2 paragraphs, formulas, lists, quotations`() {
    #expect(html("one", "two", "", "three") == "<p>one two</p>\n<p>three</p>\n")
    #expect(
      html("so:", "", "    a → b", "      + 1")
        == "<p>so:</p>\n<pre class=\"drawing\" tabindex=\"0\">a → b\n  + 1</pre>\n")
    #expect(html("- a", "  b", "- c") == "<ul><li>a b</li>\n<li>c</li>\n</ul>\n")
    #expect(html("> asked", "> more") == "<blockquote><p>asked more</p>\n</blockquote>\n")
  }

  @Test
  func `BOOK-2 marks within a line, and what they lead to`() {
    #expect(html("`a < b`") == "<p><code>a &lt; b</code></p>\n")
    #expect(html("``softmax``") == "<p><a href=\"softmax.html\"><code>softmax</code></a></p>\n")
    // A metric is no clause.
    #expect(Prose.clauses(in: "ROUGE-1 `ROUGE-4` BEAM-12 BERT-base") == ["ROUGE-4", "BEAM-12"])
    #expect(html("see BEAM-3.") == "<p>see <a href=\"BEAM-3.html\">BEAM-3</a>.</p>\n")
    #expect(
      html("arXiv 1706.03762")
        == "<p><a href=\"https://arxiv.org/abs/1706.03762\">arXiv 1706.03762</a></p>\n")
    #expect(html("O(*n*) and 2 * 3 * 4") == "<p>O(<em>n</em>) and 2 * 3 * 4</p>\n")
    #expect(html("<script>") == "<p>&lt;script&gt;</p>\n")
  }
}

@Suite("Swift in colors", .counted)
struct SwiftCodeTests {
  private func kinds(_ code: String) -> [String] {
    SwiftCode.pieces(of: code).filter { $0.kind != .plain }.map { "\($0.kind) \($0.text)" }
  }

  @Test
  func `BOOK-3 keywords, types, texts, numbers, comments`() {
    #expect(
      kinds("let x: Float = 1.5e-3  // [T]")
        == ["keyword let", "type Float", "number 1.5e-3", "comment // [T]"])
    #expect(kinds("for i in 0..<9 {}") == ["keyword for", "keyword in", "number 0", "number 9"])
    #expect(kinds(#"f("a \(b("c")) // d")"#) == [#"text "a \(b("c")) // d""#])
    #expect(kinds("#\"a\"b\"#") == ["text #\"a\"b\"#"])
    #expect(kinds("/* a /* b */ c */ x") == ["comment /* a /* b */ c */"])
    #expect(kinds("func `let it`()") == ["keyword func"])
  }

  @Test
  func `BOOK-3 the pieces of every file of the Book are the file`() throws {
    for file in try SamplePages.site().chapters.flatMap(\.files) {
      let url = Places.package.appendingPathComponent(file.path)
      let text = try String(contentsOf: url, encoding: .utf8)
      let pieces = SwiftCode.pieces(of: text)
      #expect(pieces.map { String($0.text) }.joined() == text, "\(file.path)")
      for piece in pieces where piece.kind == .text {
        let isLong = piece.text.contains("\"\"\"")
        #expect(isLong || !piece.text.contains("\n"), "\(file.path): \(piece.text)")
      }
    }
  }
}
