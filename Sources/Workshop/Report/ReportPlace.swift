/// Which page of the report is written, and where the others are.
enum ReportPlace {
  /// The one page that needs nothing else.
  case whole
  /// Beside the pages of the book: the page that leads to the questions.
  case first(String)
  /// Beside the pages of the book: the page of one question, by its label.
  case question(String, first: String)

  /// The file.
  var name: String {
    switch self {
    case .whole: ""
    case .first(let name): name
    case .question(let label, let first): Links.report(first, question: label)
    }
  }

  /// What a browser's tab says.
  var title: String {
    if case .question(let label, _) = self { return "\(label), executed" }
    return "The homework, executed"
  }

  /// The line above the title.
  var kicker: Markup {
    switch self {
    case .whole: "BrownFox · executed report"
    case .first: "<a href=\"index.html\">BrownFox, the Book</a> · executed report"
    case .question(_, let first):
      "<a href=\"index.html\">BrownFox, the Book</a> · <a href=\"\(first)\">executed report</a>"
    }
  }

  /// Whether the page has links to its questions where the whole report has the questions.
  var isList: Bool { if case .first = self { true } else { false } }

  func shows(_ question: Question) -> Bool {
    switch self {
    case .whole: true
    case .first: false
    case .question(let label, _): question.label == label
    }
  }

  func shows(_ part: Part) -> Bool { isList || part.questions.contains(where: shows) }

  func address(of question: Question) -> String {
    switch self {
    case .first(let name): Links.report(name, question: question.label)
    case .question(_, let name) where !shows(question):
      Links.report(name, question: question.label)
    default: "#\(question.id)"
    }
  }

  func address(of part: Part) -> String {
    if case .question(_, let first) = self, !shows(part) { return "\(first)#\(part.id)" }
    return "#\(part.id)"
  }

  /// The page of a question in the book.
  func bookPage(of question: Question) -> String? {
    if case .question = self { return Links.page(question: question.label) }
    return nil
  }
}
