import FoxContract
import FoxDecoding

/// How far a result may be from the reference. A bound is a number of SPEC.md and stands nowhere else:
/// the test takes it from the clause, so that the two cannot differ.
///
///     expectClose(logits, golden, tolerance: Bound.of("GPT2-12"), "logits")
///     expectClose(norms, golden, tolerance: Bound.of("TRAIN-1", "weights"), "weights at the end")
///
/// A bound in a clause reads "within 3e-5" or "≤ 1e-5".
package enum Bound {
  private static let contract = try? Contract(package: Places.package)

  /// The bound of a clause; of several, the one that follows `words`.
  ///
  /// A clause without such a bound gives NaN, which no difference is within: the test fails.
  package static func of<Number: BinaryFloatingPoint>(
    _ clause: String, _ words: String = ""
  ) -> Number {
    let bounds = contract?[clause]?.bounds ?? []
    let found = bounds.first { words.isEmpty || $0.words.contains(words) }
    return found.map { Number($0.value) } ?? .nan
  }
}
