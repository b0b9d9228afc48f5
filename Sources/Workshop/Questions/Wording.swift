import Foundation

/// # Numbers in sentences
///
/// The conclusions are sentences made of measured numbers. A negative number has a minus sign
/// (U+2212), not a hyphen, and a noun agrees with its number.
///
///     change(0.25, 2) = "+0.25"     count(2, "block") = "2 blocks"     percent(0.034) = "3.4 %"
///
/// Source: the rules of most English style guides. Knows English only, and no irregular plurals.
package enum Wording {
  package static func number(_ value: Double, _ places: Int) -> String {
    // C's format, without the user's locale: a point in every country.
    let text = String(format: "%.\(places)f", value)
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text  // U+2212
  }

  /// A number with its sign.
  package static func change(_ value: Double, _ places: Int) -> String {
    let text = number(value, places)
    // A change always shows its direction.
    return text.hasPrefix("−") ? text : "+" + text
  }

  package static func interval(_ lower: Double, _ upper: Double, _ places: Int) -> String {
    // "to" and not a dash: next to minus signs a dash could not be read.
    "\(change(lower, places)) to \(change(upper, places))"
  }

  /// `1 block`, `2 blocks`.
  package static func count(_ count: Int, _ noun: String) -> String {
    // 0 takes the plural: "0 blocks".
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// A share in percent, with a decimal place where it is small.
  package static func percent(_ share: Double) -> String {
    let percent = 100 * share
    // 34 %, but 3.4 %: about two digits that say something.
    return "\(number(percent, abs(percent) < 10 ? 1 : 0)) %"
  }

  /// A text in quotes, cut when it is long.
  package static func quoted(_ text: String, limit: Int = 60) -> String {
    // Characters as a reader counts them, so that no accent is cut off.
    text.count > limit ? "“\(text.prefix(limit))…”" : "“\(text)”"
  }

  /// A learning rate, as Python prints it but for the minus sign: `2e−05`.
  package static func rate(_ value: Double) -> String {
    // `%g` writes 0.00002 as 2e-05 and 0.001 as 0.001, as Python does.
    "learning rate \(String(format: "%g", value).replacing("-", with: "−"))"
  }
}
