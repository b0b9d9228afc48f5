import Foundation
import FoxContract

/// # Where a clause stands in a file
///
/// SPEC.md names the file that implements a clause, and a page wants the line. When a comment names the
/// clause, it stands there. Else it stands beside the declarations of the file that its tests call: those
/// whose names the tests' own code has, functions before types. Else it stands at the file's first
/// declaration.
///
/// What it does not do: it does not follow calls. A test that calls a helper of its own names nothing, and
/// its clause then stands at the first declaration.
struct ClausePlaces: Sendable {
  /// By file and line of a passage: the ids of clauses.
  private var ids: [String: [Int: [String]]] = [:]

  init(_ proofs: [Proof], _ chapters: [Chapter], package: URL) {
    let files = Dictionary(
      chapters.flatMap(\.files).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    let named = files.mapValues { file in
      file.passages.reduce(into: Set<String>()) { ids, passage in
        ids.formUnion(Prose.clauses(in: (passage.prose + passage.code).joined(separator: "\n")))
      }
    }
    for proof in proofs {
      let sources = proof.clause.sources.compactMap { files[$0] }
      if sources.isEmpty { continue }
      let words = Self.words(of: proof.tests, package)
      for file in sources where named[file.path]?.contains(proof.clause.id) != true {
        for line in Self.lines(words, file) {
          ids[file.path, default: [:]][line, default: []].append(proof.clause.id)
        }
      }
    }
  }

  /// The clauses that stand beside a passage without being named there.
  subscript(file: SourceFile, line: Int) -> [String] { ids[file.path]?[line] ?? [] }

  /// The names that some tests have in their code.
  private static func words(of tests: [TestRun.Test], _ package: URL) -> Set<Substring> {
    var words: Set<Substring> = []
    for test in tests {
      let code = try? Site.function(in: package.appendingPathComponent(test.file), line: test.line)
      for piece in SwiftCode.pieces(of: code ?? "")
      where piece.kind == .plain || piece.kind == .type {
        words.formUnion(piece.text.split { !$0.isLetter && !$0.isNumber && $0 != "_" })
      }
    }
    return words
  }

  /// The passages of the declarations that are called: at most three.
  private static func lines(_ words: Set<Substring>, _ file: SourceFile) -> [Int] {
    func called(_ kinds: Set<String>) -> [Int] {
      file.symbols.filter { symbol in
        kinds.contains(symbol.kind)
          && symbol.name.split(separator: ".").last.map { words.contains($0) } == true
      }.map { file.passage(ofLine: $0.line) }
    }
    let types: Set = ["struct", "class", "enum", "protocol", "typealias"]
    let functions = called(["func", "subscript"])
    let found = functions.isEmpty ? called(types) : functions
    var lines: [Int] = []
    for line in found where !lines.contains(line) { lines.append(line) }
    if lines.isEmpty, let first = file.symbols.first { lines = [file.passage(ofLine: first.line)] }
    return Array(lines.prefix(3))
  }
}
