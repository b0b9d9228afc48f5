import Foundation

/// # Numbers in sentences
///
/// The conclusions are sentences made of measured numbers. A negative number has a minus sign (U+2212),
/// not a hyphen, and a noun agrees with its number.
package enum Wording {
  /// A number to so many decimal places.
  package static func number(_ value: Double, _ places: Int) -> String {
    let text = String(format: "%.\(places)f", value)
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  /// A number with its sign.
  package static func change(_ value: Double, _ places: Int) -> String {
    let text = number(value, places)
    return text.hasPrefix("−") ? text : "+" + text
  }

  /// An interval.
  package static func interval(_ lower: Double, _ upper: Double, _ places: Int) -> String {
    "\(change(lower, places)) to \(change(upper, places))"
  }

  /// `1 block`, `2 blocks`.
  package static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// A share in percent, with a decimal place where it is small.
  package static func percent(_ share: Double) -> String {
    let percent = 100 * share
    return "\(number(percent, abs(percent) < 10 ? 1 : 0)) %"
  }

  /// A text in quotes, cut when it is long.
  package static func quoted(_ text: String, limit: Int = 60) -> String {
    text.count > limit ? "“\(text.prefix(limit))…”" : "“\(text)”"
  }

  /// A learning rate, as Python prints it: `2e-05`.
  package static func rate(_ value: Double) -> String {
    "learning rate \(String(format: "%g", value))"
  }
}
