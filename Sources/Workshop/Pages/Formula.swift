/// # Formulas
///
/// The comments of the Book write formulas as plain lines. A page sets them with MathML: variables
/// italic, indices and powers where they belong, roots and fractions drawn.
///
///     softmax(x)ᵢ = exp(xᵢ − m) / Σⱼ exp(xⱼ − m)        m = max x
///
/// Two spaces or more end a cell; cells that begin below each other stand below each other. A slash
/// between spaces makes a fraction of what stands on both sides up to the next operator; one without
/// spaces of the two things that touch it. A line of `─` between two others is a fraction too.
///
/// What it does not do: it does not guess. A drawing, code, a text in quotes, or a formula whose brackets
/// do not close stays as it was written.
struct Formula {
  /// One cell of a line, and where it begins.
  private struct Cell {
    let column: Int
    let text: Substring
  }

  private let lines: [[Cell]]
  private let plain: String

  /// - Returns: `nil` for lines that are no formula.
  init?(_ lines: [String]) {
    plain = lines.joined(separator: "\n")
    guard Self.isMath(plain) else { return nil }
    self.lines = lines.map(Self.cells)
    for cell in self.lines.joined() where Self.isFormula(cell.text) {
      guard Self.set(cell.text) != nil else { return nil }
    }
  }

  /// The formula as an element of a page.
  var markup: Markup {
    "<div class=\"formula\" tabindex=\"0\">\(fraction ?? table)</div>\n"
  }

  /// Three lines of which the second is a bar.
  private var fraction: Markup? {
    guard lines.count == 3, lines[1].count == 1, lines[1][0].text.allSatisfy({ $0 == "─" }),
      let above = lines[0].first.flatMap({ Self.set($0.text) }),
      let below = lines[2].first.flatMap({ Self.set($0.text) })
    else { return nil }
    return Self.math("<mfrac><mrow>\(above)</mrow><mrow>\(below)</mrow></mfrac>", plain)
  }

  private var table: Markup {
    let columns = Set(lines.joined().map(\.column)).sorted()
    let rows = lines.map { line -> Markup in
      var (cells, next): ([Markup], Int) = ([], 0)
      for cell in line {
        let at = columns.firstIndex(of: cell.column) ?? next
        cells += Array(repeating: "<td></td>", count: max(0, at - next))
        next = at + 1
        // What stands alone to the right of a line may be as wide as it likes.
        let rest = cell.column == line.last?.column ? columns.count - at : 1
        let span: Markup = rest > 1 ? " colspan=\"\(rest)\"" : ""
        cells.append("<td\(span)>\(Self.shown(cell.text))</td>")
      }
      return "<tr>\(cells)</tr>"
    }
    return "<table role=\"presentation\">\(rows)</table>"
  }

  private static func shown(_ text: Substring) -> Markup {
    guard isFormula(text), let set = set(text) else { return "\(String(text))" }
    return math(set, String(text))
  }

  private static func math(_ content: Markup, _ plain: String) -> Markup {
    "<math displaystyle=\"true\" alttext=\"\(plain)\"><mrow>\(content)</mrow></math>"
  }

  // MARK: What is a formula

  /// Whether lines have signs that only formulas have, and none of code, texts and drawings.
  private static func isMath(_ text: String) -> Bool {
    let drawn = ["\"", "`", "→", "⇥", "……", "■", "//", "let ", "\\", "'s|", "|##"]
    if drawn.contains(where: text.contains) { return false }
    return text.contains(
      /[ΣΠ√∂·Α-Ωα-ωᵀᵢⱼ₀-₉²‖≤≥π]|\blog |\b[a-z](\[\w\])? (\+|−)?= [a-z(0-9√]/)
  }

  /// Whether a cell is one, and no remark beside one.
  private static func isFormula(_ text: Substring) -> Bool {
    if text.contains("'") || text.hasSuffix(":") || text.hasSuffix(".swift") { return false }
    if text.contains(#/, [a-z]{2,}|^[\w-]+: /#) { return false }
    return text.contains(/[-+−=·\/ΣΠ√~←<≤≥\[(]|\p{Greek}|[₀-₉ᵢⱼ²]/)
      || text.wholeMatch(of: /\p{L}/) != nil
  }

  private static func cells(_ line: String) -> [Cell] {
    var cells: [Cell] = []
    for match in line.matches(of: /\S+(?: \S+)*/) {
      let gap = cells.last.map { line[$0.text.endIndex..<match.range.lowerBound].count } ?? 0
      // A sign of equality that was moved below another, and two spaces after a comma.
      if let last = cells.last, match.output.first == "=" || gap == 2 && last.text.last != ":" {
        let text = line[last.text.startIndex..<match.range.upperBound]
        cells[cells.count - 1] = Cell(column: last.column, text: text)
      } else {
        let column = line.distance(from: line.startIndex, to: match.range.lowerBound)
        cells.append(Cell(column: column, text: match.output))
      }
    }
    return cells
  }

  // MARK: Setting

  private static func set(_ text: Substring) -> Markup? {
    var setter = FormulaSetter(text)
    return setter.whole()
  }
}

/// Goes through one formula from left to right.
private struct FormulaSetter {
  private let text: [Character]
  private var at = 0

  init(_ text: Substring) { self.text = Array(text) }

  private static let spaced: [Character] = Array("=<>≤≥+−-±·,|~←→:∈≠")
  private static let closing: [Character: Character] = ["(": ")", "[": "]", "{": "}", "‖": "‖"]
  private static let raised: [Character: Character] = [
    "²": "2", "³": "3", "ᵀ": "T", "ᵉ": "e", "⁻": "−", "⁶": "6", "′": "′", "⁰": "0", "¹": "1",
    "⁸": "8",
  ]
  private static let lowered: [Character: Character] = [
    "ᵢ": "i", "ⱼ": "j", "ₜ": "t", "ₖ": "k", "ₙ": "n", "₀": "0", "₁": "1", "₂": "2", "₃": "3",
    "₄": "4",
  ]

  private var here: Character? { at < text.count ? text[at] : nil }

  mutating func whole() -> Markup? {
    guard let set = expression(), at == text.count else { return nil }
    return set
  }

  /// Terms with operators between them, up to a closing bracket.
  private mutating func expression() -> Markup? {
    var (pieces, isOpen): ([Markup], Bool) = ([], true)
    while let sign = skipped() {
      if Self.closing.values.contains(sign), sign != "‖" || !isOpen { break }
      if let written = signs(isOpen: isOpen) {
        // A sign before a term is its own; a comma may end a formula.
        isOpen = written != ","
        let form: Markup = pieces.isEmpty ? " form=\"prefix\"" : ""
        pieces.append("<mo\(form)>\(written)</mo>")
        if written == "," { isOpen = false }
        continue
      }
      guard let term = term() else { return nil }
      pieces.append(term)
      isOpen = false
    }
    return isOpen ? nil : Markup(pieces: pieces)
  }

  /// An operator: `=`, `+=`, `·`.
  private mutating func signs(isOpen: Bool) -> String? {
    guard let sign = here, Self.spaced.contains(sign) else { return nil }
    if isBar(at) { return nil }
    at += 1
    var written = String(sign)
    if here == "=", "+−-".contains(sign) {
      at += 1
      written += "="
    }
    return written.replacing("-", with: "−")
  }

  /// `|x|` is a value's size, `p(a | b)` a condition.
  private func isBar(_ place: Int) -> Bool {
    text[place] == "|" && place + 1 < text.count && text[place + 1] != " "
  }

  private mutating func skipped() -> Character? {
    while here == " " { at += 1 }
    return here
  }

  /// What stands side by side, or above and below a slash with spaces.
  private mutating func term() -> Markup? {
    guard var set = run() else { return nil }
    while at + 2 < text.count, text[at] == " ", text[at + 1] == "/", text[at + 2] == " " {
      at += 3
      guard let below = run() else { return nil }
      set = "<mfrac>\(Self.bare(set))\(Self.bare(below))</mfrac>"
    }
    return set
  }

  /// Factors with single spaces between them: `2 p r`, `log p(x)`.
  private mutating func run() -> Markup? {
    guard var set = factor() else { return nil }
    while here == " ", at + 1 < text.count, !")]/ ".contains(text[at + 1]),
      !Self.spaced.contains(text[at + 1]) || isBar(at + 1)
    {
      at += 1
      guard let next = factor() else { return nil }
      set = "\(set)<mspace width=\".22em\"></mspace>\(next)"
    }
    return "<mrow>\(set)</mrow>"
  }

  /// Atoms that touch: `exp(x)`, `√c₂`, `∂loss/∂w`.
  private mutating func factor() -> Markup? {
    guard var set = atoms() else { return nil }
    while here == "/", at + 1 < text.count, text[at + 1] != " " {
      at += 1
      guard let below = atoms() else { return nil }
      set = "<mfrac>\(Self.bare(set))\(Self.bare(below))</mfrac>"
    }
    return set
  }

  private mutating func atoms() -> Markup? {
    var pieces: [Markup] = []
    while let sign = here, sign != " ", sign != "/",
      !Self.spaced.contains(sign) || sign == "|",
      !Self.closing.values.contains(sign) || sign == "‖" && pieces.isEmpty
    {
      guard let atom = atom() else { return nil }
      pieces.append(scripts(atom))
    }
    return pieces.isEmpty ? nil : "<mrow>\(pieces)</mrow>"
  }

  private mutating func atom() -> Markup? {
    guard let sign = here else { return nil }
    at += 1
    switch sign {
    case "(", "[", "{", "‖": return bracket(sign)
    case "|": return absolute()
    case "√":
      guard let first = atom() else { return nil }
      return "<msqrt>\(Self.bare(scripts(first)))</msqrt>"
    case "Σ", "Π": return "<mo>\(sign == "Σ" ? "∑" : "∏")</mo>"
    case "½": return "<mfrac><mn>1</mn><mn>2</mn></mfrac>"
    case "∂": return "<mo>∂</mo>"
    case _ where sign.isNumber && sign.isASCII: return number(sign)
    case _ where sign.isLetter: return name(sign)
    default: return "<mo>\(String(sign))</mo>"
    }
  }

  private mutating func bracket(_ sign: Character) -> Markup? {
    guard let closing = Self.closing[sign], let inside = expression(), here == closing else {
      return nil
    }
    at += 1
    // As tall as a fraction, but not as an index.
    let height: Markup = inside.html.contains("<mfrac") ? "" : " stretchy=\"false\""
    return """
      <mrow><mo\(height)>\(String(sign))</mo>\(inside)<mo\(height)>\(String(closing))</mo></mrow>
      """
  }

  private mutating func absolute() -> Markup? {
    guard let end = text[at...].firstIndex(of: "|") else { return nil }
    var inner = FormulaSetter(Substring(String(text[at..<end])))
    at = end + 1
    return inner.whole().map { "<mrow><mo>|</mo>\($0)<mo>|</mo></mrow>" }
  }

  private mutating func number(_ first: Character) -> Markup {
    var digits = String(first)
    while let sign = here, sign.isNumber && sign.isASCII || sign == "." {
      digits.append(sign)
      at += 1
    }
    return "<mn>\(digits)</mn>"
  }

  /// A variable, italic, or a word.
  private mutating func name(_ first: Character) -> Markup {
    var letters = String(first)
    while let sign = here,
      sign.isLetter && Self.lowered[sign] == nil && Self.raised[sign] == nil
        || sign == "_"
    {
      letters.append(sign)
      at += 1
    }
    let scalars = letters.unicodeScalars
    if letters.count == 1, scalars.count == 2, scalars.last == "\u{302}" {
      return
        "<mover accent=\"true\"><mi>\(String(letters.unicodeScalars.prefix(1)))</mi><mo>^</mo></mover>"
    }
    return "<mi>\(letters)</mi>"
  }

  /// Indices and powers after an atom.
  private mutating func scripts(_ atom: Markup) -> Markup {
    var (below, above) = ("", "")
    while let sign = here {
      if let letter = Self.lowered[sign] {
        below.append(letter)
      } else if let letter = Self.raised[sign] {
        above.append(letter)
      } else {
        break
      }
      at += 1
    }
    func script(_ text: String) -> Markup {
      text.allSatisfy { $0.isNumber } ? "<mn>\(text)</mn>" : "<mi>\(text)</mi>"
    }
    switch (below.isEmpty, above.isEmpty) {
    case (true, true): return atom
    case (false, true): return "<msub>\(atom)\(script(below))</msub>"
    case (true, false): return "<msup>\(atom)\(script(above))</msup>"
    case (false, false): return "<msubsup>\(atom)\(script(below))\(script(above))</msubsup>"
    }
  }

  /// Without the brackets that a fraction or a root makes needless.
  private static func bare(_ set: Markup) -> Markup {
    var html = set.html
    while html.hasPrefix("<mrow><mrow>"), html.hasSuffix("</mrow></mrow>") {
      let inner = String(html.dropFirst(6).dropLast(7))
      guard isOne(inner) else { break }
      html = inner
    }
    guard isOne(html),
      let row = html.wholeMatch(of: #/<mrow><mo[^>]*>\(</mo>(.*)<mo[^>]*>\)</mo></mrow>/#)
    else { return set }
    return Markup(html: "<mrow>\(row.output.1)</mrow>")
  }

  /// Whether some markup is a single row: its first row ends where the markup does.
  private static func isOne(_ html: String) -> Bool {
    var depth = 0
    let tags = html.matches(of: /<(\/?)mrow>/)
    for (index, tag) in tags.enumerated() {
      depth += tag.output.1.isEmpty ? 1 : -1
      if depth == 0 { return index == tags.count - 1 }
    }
    return false
  }
}
