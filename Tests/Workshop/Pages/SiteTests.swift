import Foundation
import FoxContract
import TestSupport
import Testing

@testable import FoxPages

@Suite("The pages", .counted)
struct SiteTests {
  @Test
  func `BOOK-6 every link leads to a page and every page is small`() throws {
    let files = try SamplePages.files()
    #expect(Set(files.map(\.name)).count == files.count)
    for (name, text) in files where name.hasSuffix(".html") {
      #expect(text.utf8.count < Site.limit, "\(name): \(text.utf8.count) bytes")
      let ids = text.matches(of: #/\sid="([^"]*)"/#).map(\.output.1)
      #expect(ids.count == Set(ids).count, "\(name): an id twice")
    }
    #expect(DeadLinks.all(in: files) == [])
  }

  @Test
  func `BOOK-6 from a clause to its lines, its questions, the other clauses of its tests`() throws {
    let pages = Dictionary(
      uniqueKeysWithValues: try SamplePages.files().map { ($0.name, $0.text) })
    let clause = try #require(pages["clause-PROC-2.html"])
    #expect(clause.contains(/href="Decoding-Processors\.html#L[1-9][0-9]*"/))
    #expect(clause.contains("href=\"Homework-Q1_5.html\"") && clause.contains("also of <a href="))
    let file = try #require(pages["Decoding-Processors.html"])
    #expect(file.contains("part of the answers to") && file.contains("href=\"Homework-Q1_5.html\""))
  }

  @Test
  func `BOOK-5 what did not run is counted on the first page`() throws {
    var tests = try SamplePages.run().tests
    for index in tests.indices where tests[index].clauses.contains("BEAM-10") {
      tests[index].outcome = .skipped("fox fetch gpt2")
    }
    let site = try SamplePages.site(TestRun(tests: tests, date: nil))
    let page = site.contentsPage().html
    let unrun = site.proofs.filter { $0.mark.style == "unrun" }
    #expect(unrun.contains { $0.clause.id == "BEAM-10" })
    #expect(page.contains("<li class=\"unrun\"><b>\(unrun.count)</b> not run here</li>"))
    #expect(page.contains("NOT RUN here: fox fetch gpt2") && site.gaps == [])
  }

  /// The addresses that can be reached from a page in so many clicks, each with the least.
  private func reached(
    from start: String, clicks most: Int, in pages: [String: String]
  ) -> [String: Int] {
    var (clicks, next) = ([start: 0], [start])
    for click in 1...most {
      var found: [String] = []
      for address in next {
        let name = String(address.prefix { $0 != "#" })
        for link in (pages[name] ?? "").matches(of: /<a [^>]*href="([^"]*)"/) {
          let target = String(link.output.1)
          let full = target.hasPrefix("#") ? name + target : target
          if clicks[full] == nil {
            clicks[full] = click
            found.append(full)
          }
        }
      }
      next = found
    }
    return clicks
  }

  @Test
  func `BOOK-11 three clicks from Q1.5 to BeamBlock's lines, its toy, its golden and the paper`()
    throws
  {
    let (site, files) = (try SamplePages.site(), try SamplePages.files())
    let pages = Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.text) })
    let clicks = reached(from: "Homework-Q1_5.html", clicks: 3, in: pages)

    let file = try #require(
      site.chapters.flatMap(\.files).first { $0.path.hasSuffix("Decoding/Processors.swift") })
    let block = try #require(file.symbols.first { $0.name == "BeamBlock.process" })
    let lines = file.address(ofLine: block.line)
    for (address, words) in [
      (lines, "BeamBlock"),
      // The toy: five words, by hand, with the code of its test.
      ("clause-PROC-2.html", "the fox jumps . the fox&quot; not jumps again"),
      ("golden-decoding-beam.json.html", "Recorded once"),
    ] {
      let least = try #require(clicks[address], "\(address)")
      #expect(least <= 3, "\(address)")
      let parts = address.split(separator: "#")
      let page = try #require(pages[String(parts[0])])
      #expect(page.contains(words), "\(address)")
      if parts.count > 1 { #expect(page.contains("id=\"\(parts[1])\""), "\(address)") }
    }
    let paper = try #require(clicks["https://arxiv.org/abs/1705.04304"])
    #expect(paper <= 3)
  }

  @Test
  func `BOOK-5 a failed test is a gap that names its line and the source`() throws {
    var run = try SamplePages.run()
    #expect(try SamplePages.site(run).gaps == [])
    let index = try #require(run.tests.firstIndex { $0.clauses.contains("LAYER-2") })
    let failure = TestRun.Failure(message: "off by 0.001", file: "Tests/Book/T.swift", line: 41)
    var tests = run.tests
    tests[index].outcome = .failed([failure])
    run = TestRun(tests: tests, date: nil)
    let site = try SamplePages.site(run)
    let gap = try #require(site.gaps.first)
    #expect(gap.contains("Tests/Book/T.swift:41: off by 0.001") && gap.contains("Sources/Book/"))
    #expect(site.contentsPage().html.contains("role=\"alert\""))
  }

  @Test
  func `BOOK-7 numbers stand beside the code that they prove`() throws {
    var tests = try SamplePages.run().tests
    let index = try #require(tests.firstIndex { $0.clauses.contains("BEAM-3") })
    tests[index].comparisons = [
      .init(
        what: "score", count: 5, ours: -1.25, reference: -1.2500001, delta: 1e-7, bound: 1e-4,
        file: "Tests/Book/T.swift", line: 8)
    ]
    let site = try SamplePages.site(TestRun(tests: tests, date: nil))
    let proof = try #require(site.proofs.first { $0.clause.id == "BEAM-3" })
    let cell = proof.cell(site.links).html
    #expect(cell.contains("−1.25") && cell.contains("1.0e−07 of 1.0e−04, the worst of 5"))
    #expect(cell.contains("title=\"score (Tests/Book/T.swift:8)\""))
  }

  @Test
  func `BOOK-7 a clause of a file stands beside the declaration that its tests call`() throws {
    let site = try SamplePages.site()
    let file = try #require(
      site.chapters.flatMap(\.files).first { $0.path.hasSuffix("Decoding/Candidates.swift") })
    let best = try #require(file.symbols.first { $0.name == "best" })
    #expect(site.places[file, file.passage(ofLine: best.line)].contains("BEAM-3"))
    // No clause of the Book is without a place.
    for file in site.chapters.flatMap(\.files) {
      let shown = Set(
        file.passages.flatMap { site.proofs(beside: $0, of: file) }.map(\.clause.id))
      for proof in site.proofs(ofFile: file.path) {
        #expect(shown.contains(proof.clause.id), "\(file.path): \(proof.clause.id)")
      }
    }
  }
}
