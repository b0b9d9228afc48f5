import FoxContract

extension Site {
  /// A file of a chapter in three columns: prose, code, proof.
  func filePage(_ file: SourceFile, of chapter: Chapter) -> Markup {
    let question = Self.question(of: file)
    let own = proofs(ofFile: file.path)
    let before = links.prose.markup(file.head)
    let rows = Markup(pieces: file.passages.map { row($0, of: file) })
    return page(
      question.map { "\($0) · \(file.title.split(separator: ": ").last ?? "")" } ?? file.title,
      trail: [(chapter.name, "index.html#\(chapter.name)")], kind: "file",
      """
      <p class="path"><code>\(file.path)</code>\(part(of: file))</p>
      <section class="head">\(before)</section>
      \(question.map(answers))
      \(own.isEmpty ? .empty : table(own, "What the tests of the last run say of this file"))
      <div class="columns" role="presentation"><p>What it says</p><p>What it does</p><p>What proves it</p></div>
      \(rows)
      \(turn(file))
      """)
  }

  private func row(_ passage: SourceFile.Passage, of file: SourceFile) -> Markup {
    let cells = proofs(beside: passage, of: file).map { $0.cell(links) }
    let code = passage.code.joined(separator: "\n")
    let isLong = passage.code.count > 60
    let lines: Markup =
      "<pre tabindex=\"0\"><code>\(SwiftCode.marked(code))</code></pre>"
    return """
      <div class="row"\(code.isEmpty ? .empty : " id=\"L\(passage.line)\"" as Markup)>\
      <div class="prose">\(links.prose.markup(passage.prose))</div>\
      <div class="code">\(code.isEmpty ? .empty : anchor(passage.line))\
      \(code.isEmpty ? .empty : isLong ? folded(lines, passage.code.count) : lines)</div>\
      <div class="proofs">\(cells)</div></div>

      """
  }

  private func anchor(_ line: Int) -> Markup {
    "<a class=\"line\" href=\"#L\(line)\" aria-label=\"Line \(line)\">\(line)</a>"
  }

  /// Recorded tables of characters are long and say nothing to a reader.
  private func folded(_ lines: Markup, _ count: Int) -> Markup {
    "<details><summary>\(count) lines</summary>\(lines)</details>"
  }

  /// A table of clauses.
  func table(_ proofs: [Proof], _ caption: String) -> Markup {
    """
    <details class="clauses" open><summary>\(caption)</summary><div class="scroll" tabindex="0"><table>\
    <thead><tr><th scope="col">clause</th><th scope="col">rule</th><th scope="col">proof</th></tr></thead>\
    <tbody>\(proofs.map { $0.line(links) })</tbody></table></div></details>
    """
  }

  private func turn(_ file: SourceFile) -> Markup {
    let (before, after) = neighbors(of: file)
    func link(_ file: SourceFile?, _ rel: String, _ words: String) -> Markup {
      guard let file else { return "<span></span>" }
      return "<a rel=\"\(rel)\" href=\"\(Links.page(file: file.path))\">\(words) \(file.title)</a>"
    }
    return """
      <nav class="turn" aria-label="Pages beside this one">\(link(before, "prev", "←")) \
      \(link(after, "next", "→"))</nav>
      """
  }

  // MARK: Questions of the homework

  /// The questions that a file has a part in.
  private func part(of file: SourceFile) -> Markup {
    let own = proofs(ofFile: file.path).map(\.clause).filter { $0.homework != "all" }
    let here = Self.question(of: file)
    let others = Clause.questions.filter { id in id != here && own.contains { $0.answers(id) } }
      .compactMap { id in links.question(id).map { "<a href=\"\($0)\">\(id)</a> " as Markup } }
    return others.isEmpty ? .empty : " · part of the answers to \(others)"
  }

  /// `Q1.3` for `Homework/Q1_3.swift`.
  static func question(of file: SourceFile) -> String? {
    guard let name = file.path.split(separator: "/").last,
      let match = name.wholeMatch(of: /(Q[0-9])_([0-9])\.swift/)
    else { return nil }
    return "\(match.output.1).\(match.output.2)"
  }

  /// Below the question: where its parts are, what the homework prints and how it stands with that.
  private func answers(_ question: String) -> Markup {
    let clauses = proofs.filter { $0.clause.answers(question) && $0.clause.homework != "all" }
    let sources = Set(clauses.flatMap(\.clause.sources)).sorted().compactMap { path in
      links.file(path).map { "<li><a href=\"\($0)\">\(Self.name(path))</a></li>" as Markup }
    }
    let answer: Markup? = report.map {
      "<p><a href=\"\(Links.report($0, question: question))\">The executed answer, with its figures</a></p>"
    }
    return """
      \(answer)
      <section><h2>Where its parts are</h2><ul class="parts">\(sources)</ul></section>
      \(printed(question))
      \(table(clauses, "The clauses that answer \(question)"))
      """
  }

  private static func name(_ path: String) -> String {
    path.replacing("Sources/Book/", with: "").replacing(".swift", with: "")
  }

  private func printed(_ question: String) -> Markup? {
    guard let rows = verification?.rows(of: question), !rows.isEmpty else { return nil }
    let lines = rows.map { row in
      """
      <tr><td>\(row.what)</td><td>\(row.printed)</td><td>\(row.ours)</td><td>\(row.verdict)</td></tr>
      """ as Markup
    }
    return """
      <section><h2>What the homework prints</h2><div class="scroll" tabindex="0"><table><thead><tr>\
      <th scope="col">what</th><th scope="col">printed</th><th scope="col">ours</th>\
      <th scope="col">verdict</th></tr></thead><tbody>\(lines)</tbody></table></div></section>
      """
  }
}
