import Foundation

/// How numbers are written in the report.
enum Numbers {
  /// Fixed places; what is not finite as a sign. A score of -1e9 is how a search writes "blocked".
  static func fixed(_ value: Double, _ places: Int = 3) -> String {
    if value.isNaN { return "–" }
    if value.isInfinite || abs(value) >= 1e8 { return value > 0 ? "∞" : "−∞" }
    let text = String(format: "%.\(places)f", value)
    return text.hasPrefix("-") ? (isZero(text) ? "" : "−") + text.dropFirst() : text
  }

  /// With its sign: a difference.
  static func signed(_ value: Double, _ places: Int = 3) -> String {
    let text = fixed(value, places)
    return text.hasPrefix("−") || isZero(text) || text == "–" ? text : "+" + text
  }

  /// A probability, or a sign for a token of the prompt.
  static func probability(_ logProbability: Double?) -> String {
    guard let logProbability else { return "–" }
    let p = exp(logProbability)
    return p > 0 && p < 0.0005 ? "< 0.001" : fixed(p)
  }

  /// A number such as a learning rate, as short as it can be.
  static func short(_ value: Double) -> String {
    value.isFinite ? String(format: "%g", value).replacing("-", with: "−") : fixed(value)
  }

  /// `1 step`, `1,024 steps`.
  static func count(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
  }

  /// A whole number in groups of three.
  static func grouped(_ value: Int) -> String {
    var digits = String(value.magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "−" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// A place in a drawing.
  static func place(_ value: Double) -> String { String(format: "%.1f", value) }

  private static func isZero(_ text: String) -> Bool {
    text.allSatisfy { "-0.".contains($0) }
  }
}
