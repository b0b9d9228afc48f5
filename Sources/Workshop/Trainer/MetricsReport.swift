import Foundation
import FoxFiles

/// # Reports as the notebook prints them
///
/// Metrics as the reference prints them (`log_metrics`): aligned, keys sorted, numbers rounded.
///
/// SPEC `TRAIN-7`. Source: `trainer_pt_utils.py` of transformers 4.17.0.
package enum MetricsReport {
  /// The lines of a report, the title first, without a line feed at the end.
  ///
  /// - Parameters:
  ///   - title: `train` or `eval`.
  ///   - metrics: Values of any kind; texts as they are.
  package static func text(_ title: String, _ metrics: JSON.Object) -> String {
    let values = metrics.members.map { (key: $0.key, value: format($0.value, of: $0.key)) }
      .sorted { UTF8Key.precedes($0.key, $1.key) }
    let width = values.map(\.key.unicodeScalars.count).max() ?? 0
    let valueWidth = values.map(\.value.unicodeScalars.count).max() ?? 0
    let lines = values.map { key, value in
      let gap = String(repeating: " ", count: width - key.unicodeScalars.count)
      let indent = String(repeating: " ", count: valueWidth - value.unicodeScalars.count)
      return "  \(key)\(gap) = \(indent)\(value)"
    }
    return (["***** \(title) metrics *****"] + lines).joined(separator: "\n")
  }

  /// A value of a key: times as `0:01:15.59`, floating-point operations in units of 2³⁰, the epoch to
  /// two places, other numbers to four.
  static func format(_ value: JSON, of key: String) -> String {
    guard let number = value.double else { return value.string ?? value.text() }
    if key.contains("_mem_"), let bytes = value.integer { return "\(bytes >> 20)MB" }
    if key.contains("_runtime") { return duration(number) }
    if key == "total_flos" { return "\(floatingPointOperations(number))GF" }
    if case .integer(let integer) = value { return String(integer) }
    return Python.text(Python.round(number, key == "epoch" ? 2 : 4))
  }

  /// Seconds as hours, minutes, seconds and hundredths, which are cut, not rounded.
  static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, abs(seconds) < 1e15 else { return Python.text(seconds) }
    let whole = Int(seconds)
    let hundredths = Int(abs(seconds - Double(whole)) * 100)
    let (days, rest) = whole.quotientAndRemainder(dividingBy: 86400)
    let day = days == 0 ? "" : "\(days) day\(abs(days) == 1 ? "" : "s"), "
    return day
      + String(
        format: "%d:%02d:%02d.%02d", rest / 3600, rest / 60 % 60, rest % 60, hundredths)
  }

  private static func floatingPointOperations(_ number: Double) -> String {
    guard number.isFinite else { return Python.text(number) }
    // Dividing by a power of two is exact.
    return String(format: "%.0f", (number.rounded(.towardZero) / Double(1 << 30)).rounded(.down))
  }
}

/// Numbers as Python rounds and prints them.
enum Python {
  /// `round(value, places)`: to the nearest decimal, by the exact value of the binary number.
  static func round(_ value: Double, _ places: Int) -> Double {
    guard value.isFinite else { return value }
    return Double(String(format: "%.\(places)f", value)) ?? value
  }

  /// `str(value)`: the fewest digits that read back.
  static func text(_ value: Double) -> String { value.description }

  /// `round(value)` of a half goes to the even neighbour.
  static func round(_ value: Double) -> Double { value.rounded(.toNearestOrEven) }
}
