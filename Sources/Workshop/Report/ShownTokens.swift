import Foundation
import FoxHomework
import FoxQuestions

/// Tokens on the colors of their probabilities, as the homework's `print_with_probs`, with the
/// numbers at the pointer and at the focus. SPEC `REP-9`.
enum ShownTokens {
  /// A text in its tokens; those of the prompt are not colored.
  static func line(_ tokens: [ScoredToken]) -> Markup {
    let pieces = tokens.map { token -> Markup in
      guard let logProbability = token.logProbability else {
        return "<span class=\"given\">\(visible(token.text))</span>"
      }
      let style = style(logProbability)
      return """
        <span class="token" tabindex="0" data-tip="\(tip(token))" style="\(style)">\
        \(visible(token.text))</span>
        """
    }
    return """
      <p class="tokens" role="group" aria-label="Tokens colored by probability; arrow keys go \
      from one to the next"><bdi>\(pieces)</bdi></p>
      """
  }

  /// What the colors mean.
  static var legend: Markup {
    let width = 100 / Double(TokenColors.scale.count)
    let boxes = TokenColors.scale.enumerated().map { index, color -> Markup in
      let x = Numbers.place(Double(index) * width)
      return "<rect x=\"\(x)\" width=\"2.6\" height=\"8\" fill=\"\(color.hex)\"/>"
    }
    return """
      <p class="legend"><span>p = 0</span><svg viewBox="0 0 100 8" preserveAspectRatio="none" \
      role="img" aria-label="Colors from red, improbable, over yellow to blue, probable">\
      <title>Colors from red, improbable, over yellow to blue, probable</title>\
      \(boxes)</svg><span>p = 1</span></p>
      """
  }

  /// Background and ink of a token.
  static func style(_ logProbability: Double) -> String {
    let color = TokenColors.color(Float(exp(logProbability)))
    return "background:\(color.hex);color:\(color.ink)"
  }

  static func tip(_ token: ScoredToken) -> String {
    guard let logProbability = token.logProbability else { return "of the prompt" }
    return "p = \(Numbers.probability(logProbability))\nlog p = \(Numbers.fixed(logProbability))\n"
      + "id \(token.id)"
  }

  /// A token as it is seen on a line: blanks stay, ends of lines have a sign.
  static func visible(_ text: String) -> String {
    if text.isEmpty { return "∅" }
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n", "\u{2028}", "\u{2029}": shown.append("⏎")
      case "\r": shown.append("␍")
      case "\t": shown.append("⇥")
      default: shown.append(scalar)
      }
    }
    return String(shown)
  }

  /// A token in so many columns of a monospaced font; wide characters take two.
  static func fitted(_ text: String, columns: Int) -> String {
    let trimmed = text.trimmingCharacters(in: .init(charactersIn: " "))
    let shown = trimmed.isEmpty && !text.isEmpty ? "␣" : visible(trimmed)
    var (kept, used) = ("", 0)
    for character in shown {
      let width =
        character.unicodeScalars.contains { $0.value >= 0x1100 && $0.value != 0x23CE }
        ? 2 : 1
      if used + width > columns { return kept + "…" }
      (kept, used) = (kept + String(character), used + width)
    }
    return kept
  }
}
