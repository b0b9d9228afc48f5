import Foundation
import FoxDecoding
import FoxQuestions

/// The executed homework as one page that needs nothing else: no network, font or file.
///
///     let page = ReportPage(results, sources: [.init(name: "part1.json", results)])
///     try AtomicFile.write(page.html(), to: "report.html")
///
/// SPEC `REP-1` to `REP-16`.
package struct ReportPage: Sendable {
  /// Where results came from.
  package struct Source: Equatable, Sendable {
    /// A file, or that they were computed just now.
    package let name: String
    package let provenance: Provenance
    /// What computed those of part 3, where it is said.
    package let classifier: Provenance?
    /// The questions that are taken from here: `q1.1` and so on.
    package internal(set) var questions: [String]

    init(_ results: HomeworkResults, name: String) {
      (self.name, questions) = (name, results.answered.map(\.rawValue))
      (provenance, classifier) = (results.provenance, results.classifierProvenance)
    }

    /// What computed which questions: the language model's and part 3's have a row each.
    var rows: [(from: Provenance, questions: [String])] {
      guard let classifier else { return [(provenance, questions)] }
      let isPart3 = { (question: String) in question.hasPrefix("q3") }
      return [
        (provenance, questions.filter { !isPart3($0) }), (classifier, questions.filter(isPart3)),
      ].filter { !$0.1.isEmpty }
    }
  }

  /// A page may not be larger.
  package static let limit = 2_000_000

  let results: HomeworkResults
  let sources: [Source]

  package init(_ results: HomeworkResults, sources: [Source] = []) {
    self.results = results
    self.sources = sources
  }

  /// The page, as UTF-8.
  ///
  /// - Throws: ``Fault`` for a page that is too large.
  package func html() throws(Fault) -> [UInt8] {
    try render(Part.all(results), .whole, limit: Self.limit)
  }

  /// The report as a part of the book, whose pages lie beside it: one page a question, and the first,
  /// which leads to them.
  ///
  /// - Parameter name: Of the first page, `report.html`.
  /// - Throws: ``Fault`` for a page that is larger than the book's may be.
  package func pages(_ name: String) throws(Fault) -> [(name: String, html: [UInt8])] {
    let parts = Part.all(results)
    var places: [ReportPlace] = [.first(name)]
    places += parts.flatMap(\.questions).map { .question($0.label, first: name) }
    var pages: [(name: String, html: [UInt8])] = []
    for place in places {
      pages.append((place.name, try render(parts, place, limit: Site.limit)))
    }
    return pages
  }

  private func render(
    _ parts: [Part], _ place: ReportPlace, limit: Int
  ) throws(Fault) -> [UInt8] {
    let bytes = Array(page(parts, place).html.utf8)
    if bytes.count > limit {
      throw Fault(
        "the page", found: "\(bytes.count) bytes", expected: "at most \(limit)",
        hint: "report fewer or shorter searches")
    }
    return bytes
  }

  private func page(_ parts: [Part], _ place: ReportPlace) -> Markup {
    """
    <!doctype html>
    <html lang="en" class="no-js">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="generator" content="fox report">
    <link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 2l4 3h6l4-3-1 8-6 5-6-5z' fill='%23b4491a'/%3E%3C/svg%3E">
    <title>\(place.title)</title>
    <style>
    \(Self.resource(PackageResources.style_css))
    </style>
    </head>
    <body>
    <a class="skip" href="#main">Skip to the results</a>
    <header class="masthead">
    <div class="wrap">
    <p class="kicker">\(place.kicker)</p>
    <h1>The homework, executed</h1>
    <p class="lead">\(lead(parts))</p>
    <dl class="facts">
    \(facts)</dl>
    <button type="button" class="theme" id="theme" hidden aria-pressed="false">Dark page</button>
    </div>
    </header>
    <div class="wrap columns">
    <nav class="contents" aria-label="Contents">
    <details open>
    <summary>Contents</summary>
    <ol>
    \(parts.map { $0.contents(place) })<li><a href="#provenance">Where it is from</a></li>
    </ol>
    </details>
    </nav>
    <main id="main" tabindex="-1">
    \(parts.compactMap { $0.html(place) })</main>
    </div>
    <footer class="provenance">
    <div class="wrap">
    <h2 id="provenance">Where it is from</h2>
    \(provenance)
    </div>
    </footer>
    <div id="tip" role="tooltip" hidden></div>
    <div id="say" class="unseen" aria-live="polite"></div>
    <script>
    \(Self.resource(PackageResources.script_js))
    </script>
    </body>
    </html>

    """
  }

  /// A part of the page that is compiled in as bytes: an installed program needs no files beside it.
  static func resource(_ bytes: [UInt8]) -> Markup {
    Markup(html: String(decoding: bytes, as: UTF8.self))
  }

  private func lead(_ parts: [Part]) -> String {
    let questions = parts.flatMap(\.questions)
    let answered = questions.count { $0.body != nil }
    let count =
      answered == questions.count
      ? "All \(answered) questions" : "\(answered) of \(questions.count) questions"
    return "\(count) on beam search, fine-tuning and back-translation, each with the code that was "
      + "run, what came out, and the answer that follows from it. Every number on this page was "
      + "computed."
  }

  private var facts: [Markup] {
    let rows = Source(results, name: "").rows
    let from = rows.first?.from ?? results.provenance
    var facts = [
      ("Model", from.model), ("Parameters", Numbers.grouped(from.parameters)),
      ("Weights, sha256", String(from.sha256.prefix(12)) + (from.sha256.count > 12 ? "…" : "")),
      ("Data", from.data),
    ]
    if rows.count > 1 {
      facts.append(("Model of part 3", rows[1].from.model))
      facts.append(("Data of part 3", rows[1].from.data))
    }
    return (facts + [("Day", from.date)]).map { "<div><dt>\($0)</dt><dd>\($1)</dd></div>\n" }
  }

  /// Where every number is from, and how to get it again.
  private var provenance: Markup {
    let sources = sources.isEmpty ? [Source(results, name: "computed")] : sources
    let table = DataTable(
      caption: "What computed the results.",
      columns: [
        .text("results"), .text("questions"), .text("model"), .number("parameters"),
        .text("day"), .text("data"), .text("sha256 of the weights"),
      ],
      rows: sources.flatMap { source in
        source.rows.map { from, questions in
          [
            source.name, questions.joined(separator: ", "), from.model,
            Numbers.grouped(from.parameters), from.date, from.data, from.sha256,
          ]
        }
      })
    return """
      \(table.html)
      <p>To compute it again: <code>fox homework all --save results.json</code>, then \
      <code>fox report report.html --results results.json</code>. Without <code>--results</code> \
      all that can be answered here is computed on the spot, from few texts. What one machine prints, another prints \
      again up to the tolerance of 32-bit sums; random numbers are PyTorch’s, and the same for the \
      same seed.</p>
      """
  }
}
