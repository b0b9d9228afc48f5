import FoxHomework
import FoxQuestions

/// A question of the homework with its answer, for the page and for a terminal.
package struct Question {
  package let question: HomeworkQuestion
  /// The question in words of our own.
  let asked: String
  /// The call in Swift that answers it.
  let code: String
  /// The command that gives the same.
  let command: String
  /// Commands that get what it needs and a package does not have.
  var needs: [String] = []
  /// Results and figures; `nil` for a question without an answer yet.
  package var body: [AnswerPiece]?
  /// The written answer.
  package var conclusion = ""

  /// `1.1`.
  private var number: Substring { question.rawValue.dropFirst() }
  var id: String { "q" + number.replacing(".", with: "-") }
  var label: String { "Q\(number)" }

  /// - Parameter bookPage: Its page in the book, when the book lies beside the report.
  func html(bookPage: String?) -> Markup {
    """
    <section class="question" id="\(id)" aria-labelledby="\(id)-title">
    <h3 id="\(id)-title"><span class="label">\(label)</span> \(question.title)</h3>
    <p class="asked">\(asked)</p>
    \(bookPage.map(lead(to:)))<div class="cell">
    <p class="mark">Swift</p>
    <pre tabindex="0" aria-label="\(label) in Swift"><code>\(SwiftCode.marked(code))</code></pre>
    </div>
    <div class="cell shell">
    <p class="mark">Shell</p>
    <pre tabindex="0" aria-label="\(label) as a command"><code><span class="prompt" aria-hidden="true">$ </span>\(command)</code></pre>
    </div>
    \(body.map(answered) ?? unanswered)</section>

    """
  }

  private func lead(to bookPage: String) -> Markup {
    """
    <p><a href="\(bookPage)">\(label) in the book: the code line by line, and what proves it</a></p>

    """
  }

  private func answered(_ body: [AnswerPiece]) -> Markup {
    """
    <div class="out">
    \(body.map(\.html))</div>
    \(answer)
    """
  }

  private var answer: Markup? {
    if conclusion.isEmpty { return nil }
    let paragraphs = conclusion.split(separator: "\n\n").map { paragraph -> Markup in
      "<p><bdi>\(String(paragraph))</bdi></p>\n"
    }
    return """
      <div class="conclusion">
      <p class="mark">Answer</p>
      \(paragraphs)</div>

      """
  }

  private var unanswered: Markup {
    """
    <div class="unanswered">
    <p>Not computed in this report. This computes it:</p>
    <pre tabindex="0" aria-label="The command that computes \(label)"><code>\(needs.map { "\($0)\n" as Markup })\
    fox homework q\(String(number)) --save results.json</code></pre>
    </div>

    """
  }
}

package struct Part {
  let id: String
  let title: String
  let about: String
  package let questions: [Question]

  /// The parts with their questions, answered or not.
  package static func all(_ results: HomeworkResults) -> [Part] {
    [Part1.make(results), Part2.make(results), Part3.make(results)]
  }

  /// What a page shows of it; nothing of a part whose questions stand elsewhere.
  func html(_ place: ReportPlace) -> Markup? {
    if !place.shows(self) { return nil }
    let shown = questions.filter(place.shows).map { $0.html(bookPage: place.bookPage(of: $0)) }
    return """
      <section class="part" aria-labelledby="\(id)">
      <h2 id="\(id)">\(title)</h2>
      <p class="about">\(about)</p>
      \(place.isList ? leads(place) : nil)\(shown)
      </section>

      """
  }

  /// Links to the pages of its questions.
  private func leads(_ place: ReportPlace) -> Markup {
    let items = questions.map { question -> Markup in
      """
      <li><a href="\(place.address(of: question))"><span class="label">\(question.label)</span>\
      \(question.question.title)</a>\(question.body == nil ? " (not computed)" : "")</li>

      """
    }
    return "<ul class=\"leads\">\n\(items)</ul>\n"
  }

  /// Its lines in the list of contents.
  func contents(_ place: ReportPlace) -> Markup {
    let items = questions.map { question -> Markup in
      let missing: Markup? =
        question.body == nil ? "<span class=\"open\"> (not computed)</span>" : nil
      return """
        <li><a href="\(place.address(of: question))"><span class="label">\(question.label)</span> \
        <span>\(question.question.title)</span>\(missing)</a></li>

        """
    }
    return """
      <li><a href="\(place.address(of: self))">\(title)</a>
      <ol>
      \(items)</ol></li>

      """
  }
}
