import Foundation

/// Numbers in sentences.
enum Words {
  /// A number to some places.
  static func number(_ value: Double, _ places: Int) -> String {
    let text = String(format: "%.\(places)f", value)
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  /// A number with its sign.
  static func change(_ value: Double, _ places: Int) -> String {
    let text = number(value, places)
    return text.hasPrefix("−") ? text : "+" + text
  }

  /// An interval.
  static func interval(_ lower: Double, _ upper: Double, _ places: Int) -> String {
    "\(change(lower, places)) to \(change(upper, places))"
  }

  /// `1 block`, `2 blocks`.
  static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// A share as percent, with a place where it is small.
  static func percent(_ share: Double) -> String {
    let percent = 100 * share
    return "\(number(percent, abs(percent) < 10 ? 1 : 0)) %"
  }

  /// A text in quotes, cut when it is long.
  static func quoted(_ text: String, limit: Int = 60) -> String {
    text.count > limit ? "“\(text.prefix(limit))…”" : "“\(text)”"
  }
}

extension Words {
  /// A learning rate: `2e-05` as Python prints it.
  static func rate(_ value: Double) -> String { "learning rate \(String(format: "%g", value))" }
}
