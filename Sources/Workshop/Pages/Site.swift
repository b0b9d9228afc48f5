import Foundation
import FoxContract
import FoxDecoding

/// # The book as pages
///
/// Prose, code and proof side by side, made of the sources, SPEC.md, the goldens and one run of the
/// tests. This file gathers what the pages show; each kind of page has a file of its own.
///
///     question ↔ chapter ↔ line ↔ clause ↔ test ↔ golden ↔ recorder
///
/// What it does not do: it computes no number. Every value on a page is one that a test has attached, and
/// its title says in which line of which test.
package struct Site {
  /// A page is smaller.
  package static let limit = 300_000

  let contract: Contract
  let run: TestRun
  let proofs: [Proof]
  let chapters: [Chapter]
  let goldens: [GoldenFile]
  /// What `fox homework verify --json` has said, if it was run.
  let verification: Verification?
  /// The name of the executed report beside the pages, if it is there.
  let report: String?
  let links: Links
  let places: ClausePlaces
  let package: URL

  /// Gathers everything below a package's folder.
  ///
  /// - Throws: ``Fault`` for sources, a contract or goldens that cannot be read, and for a file of the
  ///   Book that the reading order leaves out or has twice.
  package init(
    package folder: URL, run: TestRun, verification: Verification? = nil, report: String? = nil
  ) throws {
    contract = try Contract(package: folder)
    self.run = run
    proofs = contract.clauses.map { Proof($0, in: run) }
    chapters = try Self.chapters(folder)
    goldens = try GoldenFile.all(package: folder, contract)
    (self.verification, self.report, package) = (verification, report, folder)
    links = Links(contract, chapters, goldens: Set(goldens.map(\.path)))
    places = ClausePlaces(proofs, chapters, package: folder)
  }

  /// The proofs that stand beside a passage: of the clauses that it names, and of those that stand there
  /// (``ClausePlaces``).
  func proofs(beside passage: SourceFile.Passage, of file: SourceFile) -> [Proof] {
    let text = (passage.prose + passage.code).joined(separator: "\n")
    let ids = Prose.clauses(in: text).union(places[file, passage.line])
    return ids.isEmpty ? [] : proofs.filter { ids.contains($0.clause.id) }
  }

  /// The proofs of the clauses whose source is a file.
  func proofs(ofFile path: String) -> [Proof] { proofs.filter { $0.clause.sources.contains(path) } }

  /// All pages and what stands beside them: the name and the bytes of each file.
  package func files() throws -> [(name: String, text: String)] {
    var files: [(String, String)] = [
      ("style.css", String(decoding: PackageResources.book_css, as: UTF8.self)),
      ("script.js", String(decoding: PackageResources.book_js, as: UTF8.self)),
      ("index.html", contentsPage().html), ("symbols.html", symbolsPage().html),
      ("papers.html", papersPage().html), ("clauses.html", clausesPage().html),
      ("live.html", livePage().html),
    ]
    for (chapter, file) in chapters.flatMap({ chapter in chapter.files.map { (chapter, $0) } }) {
      files.append((Links.page(file: file.path), filePage(file, of: chapter).html))
    }
    for proof in proofs {
      files.append((links.clause(proof.clause.id), try clausePage(proof).html))
    }
    for golden in goldens { files.append((links.golden(golden.path), goldenPage(golden).html)) }
    for recorder in Set(goldens.compactMap(\.script)).sorted() {
      files.append((links.recorder(recorder), try recorderPage(recorder).html))
    }
    return files
  }

  /// Pages of a folder that are too large.
  package static func tooLarge(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: [.fileSizeKey]
    ).compactMap { file in
      let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
      return file.pathExtension == "html" && size >= limit
        ? "\(file.lastPathComponent): \(size) bytes; a page is smaller than \(limit)" : nil
    }.sorted()
  }

  // MARK: The order of reading

  /// The chapters and their files, in the order of `Sources/Book/README.md`.
  private static func chapters(_ folder: URL) throws -> [Chapter] {
    let order = folder.appendingPathComponent("Sources/Book/README.md")
    guard let text = try? String(contentsOf: order, encoding: .utf8) else {
      throw Fault(order.path, found: "no such file", expected: "the order of reading")
    }
    // `## 1. Decoding`, then `- [BeamSearch.swift](Decoding/BeamSearch.swift) …`
    var chapters: [(name: String, files: [String])] = []
    for line in text.split(separator: "\n") {
      if let title = line.prefixMatch(of: /## [0-9]+\. (\w+)/) {
        chapters.append((String(title.output.1), []))
      } else if let link = line.firstMatch(of: /\((\w+\/[\w+]+\.swift)\)/), !chapters.isEmpty {
        chapters[chapters.count - 1].files.append("Sources/Book/\(link.output.1)")
      }
    }
    try checkOrder(chapters.flatMap(\.files), folder, order.path)
    return try chapters.map { chapter in
      Chapter(
        name: chapter.name,
        files: try chapter.files.map { path in
          let url = folder.appendingPathComponent(path)
          return SourceFile(path: path, text: try String(contentsOf: url, encoding: .utf8))
        })
    }
  }

  private static func checkOrder(_ listed: [String], _ folder: URL, _ order: String) throws(Fault) {
    let book = folder.appendingPathComponent("Sources/Book")
    let all = (FileManager.default.enumerator(atPath: book.path)?.allObjects as? [String] ?? [])
      .filter { $0.hasSuffix(".swift") }.map { "Sources/Book/\($0)" }
    let (missing, extra) = (Set(all).subtracting(listed), Set(listed).subtracting(all))
    let twice = Set(listed.filter { path in listed.count { $0 == path } > 1 })
    let wrong =
      missing.map { ($0, "not listed") } + extra.map { ($0, "listed, and not there") }
      + twice.map { ($0, "listed twice") }
    for (path, found) in wrong.sorted(by: <) {
      throw Fault(order, at: path, found: found, expected: "each file of the Book once")
    }
  }
}
