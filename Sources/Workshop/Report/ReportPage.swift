import Foundation
import FoxQuestions

/// The executed homework as one page that needs nothing else: no network, font or file.
///
///     let page = ReportPage(results, sources: [.init(name: "part1.json", results)])
///     try AtomicFile.write(page.html(), to: "report.html")
///
/// SPEC `REP-1` to `REP-16`.
public struct ReportPage: Sendable {
  /// Where results came from.
  public struct Source: Equatable, Sendable {
    /// A file, or that they were computed just now.
    public let name: String
    /// What computed them.
    public let provenance: Provenance
    /// What computed those of part 3, where it is said.
    public let classifier: Provenance?
    /// The questions that are taken from here: `q1.1` and so on.
    public let questions: [String]

    /// A source of the report.
    public init(
      name: String, provenance: Provenance, classifier: Provenance? = nil, questions: [String]
    ) {
      (self.name, self.questions) = (name, questions)
      (self.provenance, self.classifier) = (provenance, classifier)
    }

    /// The source of results.
    init(_ results: HomeworkResults, name: String) {
      self.init(
        name: name, provenance: results.provenance, classifier: results.classifierProvenance,
        questions: results.answered.map(\.rawValue))
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
  public static let limit = 2_000_000

  let results: HomeworkResults
  let sources: [Source]

  /// A report of results.
  public init(_ results: HomeworkResults, sources: [Source] = []) {
    self.results = results
    self.sources = sources
  }

  /// The page, as UTF-8.
  ///
  /// - Throws: ``ReportError/tooLarge(bytes:limit:)``.
  public func html() throws(ReportError) -> [UInt8] {
    try render(Self.parts(results), .whole, limit: Self.limit)
  }

  /// The report as a part of the book, whose pages lie beside it: one page a question, and the first,
  /// which leads to them.
  ///
  /// - Parameter name: Of the first page, `report.html`.
  /// - Throws: ``ReportError/tooLarge(bytes:limit:)`` for a page that is larger than the book's may be.
  package func pages(_ name: String) throws(ReportError) -> [(name: String, html: [UInt8])] {
    let parts = try Self.parts(results)
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
  ) throws(ReportError) -> [UInt8] {
    let question = try Resources.question()
    var shown: [[String: Template.Value]] = []
    for part in parts { shown.append(try values(part, question, place)) }
    let page = try Resources.page().render([
      "title": .text("The homework, executed"), "tab": .text(place.title),
      "lead": .text(lead(parts)), "style": .markup(Markup(html: Resources.style)),
      "script": .markup(Markup(html: Resources.script)), "kicker": .markup(place.kicker),
      "facts": .list(facts), "parts": .list(shown), "provenance": .markup(provenance),
    ])
    let bytes = Array(page.html.utf8)
    if bytes.count > limit { throw .tooLarge(bytes: bytes.count, limit: limit) }
    return bytes
  }

  /// The parts with their questions, answered or not.
  static func parts(_ results: HomeworkResults) throws(ReportError) -> [Part] {
    [try Part1.make(results), Part2.make(results), Part3.make(results)]
  }

  private func values(
    _ part: Part, _ template: Template, _ place: ReportPlace
  ) throws(ReportError) -> [String: Template.Value] {
    var bodies: [Markup] = []
    for question in part.questions where place.shows(question) {
      bodies.append(try question.html(template, bookPage: place.bookPage(of: question)))
    }
    return [
      "id": .text(part.id), "title": .text(part.title), "about": .text(part.about),
      "address": .text(place.address(of: part)), "body": .markup(Markup(pieces: bodies)),
      "isShown": .flag(place.shows(part)), "isList": .flag(place.isList),
      "questions": .list(
        part.questions.map { question in
          [
            "address": .text(place.address(of: question)), "label": .text(question.label),
            "title": .text(question.title), "missing": .flag(question.body == nil),
          ]
        }),
    ]
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

  private var facts: [[String: Template.Value]] {
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
    return (facts + [("Day", from.date)]).map { ["name": .text($0), "value": .text($1)] }
  }
}
