import FoxContract

extension Site {
  /// The contents: the homework's questions, the chapters in the order of reading, what is open.
  func contentsPage() -> Markup {
    page(
      "BrownFox, the Book", kind: "contents",
      """
      <p class="lead">A well-known homework on language models, from the bytes up. Read it like a book; \
      beside each piece of code stands what PyTorch computes, and the test that compared the two.</p>
      \(standing)
      \(open)
      <section><h2>The homework</h2><ol class="questions">\(questions)</ol></section>
      <section><h2>The chapters</h2>\(chapters.enumerated().map { chapter($0.element, $0.offset + 1) })\
      </section>
      """)
  }

  private var questions: [Markup] {
    chapters.flatMap(\.files).compactMap { file in
      guard let question = Self.question(of: file) else { return nil }
      return """
        <li><a href="\(Links.page(file: file.path))"><b>\(question)</b> \
        \(String(file.title.split(separator: ": ").last ?? ""))</a></li>
        """
    }
  }

  private func chapter(_ chapter: Chapter, _ number: Int) -> Markup {
    let files = chapter.files.map { file in
      let own = proofs(ofFile: file.path)
      let verified = own.count { $0.state == .verified }
      let noun = own.count == 1 ? "clause" : "clauses"
      let proof = own.isEmpty ? "" : "\(verified) of \(own.count) \(noun) verified"
      let first = links.prose.inline(Self.firstSentence(file.head))
      return """
        <li><a href="\(Links.page(file: file.path))">\(file.title)</a> \
        <span class="\(verified == own.count ? "ok" : "unrun")">\(proof)</span><br>\(first)</li>
        """ as Markup
    }
    return "<h3 id=\"\(chapter.name)\">\(number). \(chapter.name)</h3><ol>\(files)</ol>\n"
  }

  private static func firstSentence(_ head: [String]) -> String {
    let paragraph = head.drop { $0.isEmpty }.prefix { !$0.isEmpty }.joined(separator: " ")
    return paragraph.firstMatch(of: /^(?:et al\.|.)*?[.?!](?= |$)/).map { String($0.output) }
      ?? paragraph
  }

  /// How many clauses stand how, and the report.
  private var standing: Markup {
    let styles = proofs.map(\.mark.style)
    let counts = [
      ("ok", "verified"), ("part", "verified in part"), ("unrun", "not run here"), ("gap", "gaps"),
    ].compactMap { style, words -> Markup? in
      let count = styles.count { $0 == style }
      let words = style == "gap" && count == 1 ? "gap" : words
      return count == 0 ? nil : "<li class=\"\(style)\"><b>\(count)</b> \(words)</li>"
    }
    let executed: Markup? = report.map {
      "<p><a href=\"\($0)\">The homework, executed: results, figures, answers</a></p>"
    }
    return """
      <p>Of the \(proofs.count) <a href="clauses.html">clauses</a> that say what this code does, the run has:</p>
      <ul class="standing">\(counts)</ul>\(executed)
      """
  }

  /// What is not verified.
  private var open: Markup {
    let gaps = proofs.filter { if case .gap = $0.state { true } else { false } }
    let unrun = proofs.filter { if case .notRunHere = $0.state { true } else { false } }
    var parts: [Markup] = []
    if !gaps.isEmpty {
      parts.append(
        """
        <section class="gaps" role="alert"><h2>\(gaps.count) \(gaps.count == 1 ? "gap" : "gaps")</h2>\
        <p>This book was built although these clauses are not verified.</p>\(table(gaps, "Gaps"))</section>
        """)
    }
    if !unrun.isEmpty {
      parts.append(
        """
        <section class="unverified"><h2>Not run here: \(unrun.count)</h2><p>The tests of these clauses need what is not \
        on this machine; each says how to get it.</p>\(table(unrun, "Not run here"))</section>
        """)
    }
    return Markup(pieces: parts)
  }

  // MARK: Indexes

  /// All clauses by section.
  func clausesPage() -> Markup {
    var sections: [(name: String, proofs: [Proof])] = []
    for proof in proofs {
      if sections.last?.name != proof.clause.section { sections.append((proof.clause.section, [])) }
      sections[sections.count - 1].proofs.append(proof)
    }
    let body = sections.map { section in
      let items = section.proofs.map { proof in
        """
        <li class="\(proof.mark.style)"><a href="\(links.clause(proof.clause.id))">\(proof.clause.id)</a> \
        \(String(proof.mark.words.prefix(1)))</li>
        """ as Markup
      }
      return """
        <h2 id="\(Self.anchor(section.name))">\(section.name)</h2><ul class="ids">\(items)</ul>
        """ as Markup
    }
    return page("Clauses", kind: "index", Markup(pieces: body))
  }

  /// All declarations of the Book by name.
  func symbolsPage() -> Markup {
    var entries: [(name: String, kind: String, address: String)] = []
    for file in chapters.flatMap(\.files) {
      for symbol in file.symbols where !symbol.name.hasSuffix(".init") {
        entries.append((symbol.name, symbol.kind, file.address(ofLine: symbol.line)))
      }
    }
    // `[[Float]].has` stands among the types that begin with F.
    func letter(_ name: String) -> String {
      name.first { $0.isLetter }.map { $0.uppercased() } ?? "#"
    }
    let letters = Dictionary(grouping: entries) { letter($0.name) }.sorted { $0.key < $1.key }
    let jumps = letters.map { "<li><a href=\"#\($0.key)\">\($0.key)</a></li>" as Markup }
    let lists = letters.map { letter, entries -> Markup in
      let items = entries.sorted {
        ($0.name.lowercased(), $0.address) < ($1.name.lowercased(), $1.address)
      }
      .map {
        "<li><a href=\"\($0.address)\"><code>\($0.name)</code></a> \($0.kind)</li>" as Markup
      }
      return "<h2 id=\"\(letter)\">\(letter)</h2><ul class=\"symbols\">\(items)</ul>"
    }
    return page(
      "Symbols", kind: "index",
      "<nav aria-label=\"Letters\"><ol class=\"ids\">\(jumps)</ol></nav>\(lists)")
  }

  /// `Kingma and Ba 2015, arXiv 1412.6980`, with or without authors.
  private static var paper: Regex<(Substring, authors: Substring?, number: Substring)> {
    /(?:(?<authors>\p{Lu}[\p{L}-]+(?: et al\.|(?:, \p{Lu}[\p{L}-]+)* and \p{Lu}[\p{L}-]+)? [0-9]{4})[,;]? \(?)?arXiv[: ](?<number>[0-9]{4}\.[0-9]{4,5})/
  }

  /// The papers that the Book names, each with the files that do.
  func papersPage() -> Markup {
    var papers: [String: (words: String, files: [SourceFile])] = [:]
    for file in chapters.flatMap(\.files) {
      let prose = (file.head + file.passages.flatMap(\.prose)).joined(separator: " ")
      for match in prose.matches(of: Self.paper) {
        let number = String(match.output.number)
        let words = match.output.authors.map(String.init) ?? ""
        var known = papers[number] ?? (words, [])
        if known.words.count < words.count { known.words = words }
        if known.files.last?.path != file.path { known.files.append(file) }
        papers[number] = known
      }
    }
    let items = papers.sorted { $0.key < $1.key }.map { number, paper in
      let files = paper.files.enumerated().map { index, file in
        "\(index > 0 ? ", " : " ")<a href=\"\(Links.page(file: file.path))\">\(file.title)</a>"
          as Markup
      }
      return """
        <li><a href="https://arxiv.org/abs/\(number)">arXiv \(number)</a> \(paper.words)<br>in\(files)</li>
        """ as Markup
    }
    return page("Papers", kind: "index", "<ol class=\"papers\">\(items)</ol>")
  }
}
