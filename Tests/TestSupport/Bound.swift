import Foundation

/// How far a result may be from the reference. A bound is a number of SPEC.md and stands nowhere else:
/// the test takes it from the clause, so that the two cannot differ.
///
///     expectClose(scores, golden, tolerance: Bound.of("BEAM-9", "beam scores"), "scores")
///
/// A bound in a clause reads "within 3e-5" or "≤ 1e-5".
public enum Bound {
  private static let spec = try? String(
    contentsOf: Places.package.appendingPathComponent("SPEC.md"), encoding: .utf8)

  /// The bound of a clause; of several, the one that follows `words`.
  ///
  /// A clause without such a bound gives NaN, which no difference is within: the test fails.
  public static func of<Number: BinaryFloatingPoint>(
    _ clause: String, _ words: String = ""
  ) -> Number {
    guard let spec, let start = spec.range(of: "> **`\(clause)`**")?.upperBound else { return .nan }
    let rest = spec[start...].components(separatedBy: "\n\n")[0]
      .replacingOccurrences(of: "\n> ", with: " ")
    let from = words.isEmpty ? rest.startIndex : rest.range(of: words)?.upperBound ?? rest.endIndex
    let bound = rest[from...].firstMatch(of: /(?:within|≤) ([0-9.]+e-[0-9]+)/)
    return bound.flatMap { Double($0.output.1) }.map { Number($0) } ?? .nan
  }
}
