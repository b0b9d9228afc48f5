/// A question of the homework as the report shows it.
struct Question {
  /// `1.1`.
  let number: String
  let title: String
  /// The question in words of our own.
  let asked: String
  /// The call in Swift that answers it.
  let code: String
  /// The command that gives the same.
  let command: String
  /// Commands that get what it needs and a package does not have.
  var needs: [String] = []
  /// Results and figures; `nil` for a question without an answer yet.
  var body: Markup?
  /// The written answer.
  var conclusion = ""

  var id: String { "q" + number.replacing(".", with: "-") }
  var label: String { "Q\(number)" }

  /// The question, in the page's template.
  ///
  /// - Parameter bookPage: Its page in the book, when the book lies beside the report.
  func html(_ template: Template, bookPage: String?) throws(ReportError) -> Markup {
    let paragraphs = conclusion.split(separator: "\n\n").map {
      ["text": Template.Value.text("\($0)")]
    }
    return try template.render([
      "id": .text(id), "number": .text("q" + number), "label": .text(label), "title": .text(title),
      "needs": .list(needs.map { ["get": .text($0)] }),
      "asked": .text(asked), "code": .markup(SwiftCode.marked(code)), "command": .text(command),
      "isInBook": .flag(bookPage != nil), "bookPage": .text(bookPage ?? ""),
      "answered": .flag(body != nil), "body": .markup(body ?? .empty),
      "conclusion": .flag(!paragraphs.isEmpty), "paragraphs": .list(paragraphs),
    ])
  }
}

/// A part of the homework.
struct Part {
  let id: String
  let title: String
  let about: String
  let questions: [Question]
}
