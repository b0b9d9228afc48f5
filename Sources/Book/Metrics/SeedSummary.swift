import FoxDecoding

/// # Mean ± deviation over seeds
///
/// A classifier trained on 20 sentences is a different one with every seed, so the homework trains
/// with four and prints the mean accuracy and how far the runs lie from it.
///
///     mean = Σ x / n        deviation = √( Σ (x − mean)² / n )
///
/// The homework divides by n (the deviation *of* these runs), not by n − 1 (an estimate for all
/// runs there could be). Of 604, 605, 585 and 561 right ones of 872 it prints, to the last digit,
///
///     0.6751720309257507 +/- 0.020520400137613005
///
/// Source: homework Q3.1, `np.mean` and `np.std` of float32 accuracies. Clause `METR-6`. Does not
/// compare two settings: paired intervals are in the Workshop.
package struct SeedSummary: Equatable, Sendable {
  // In float64, although each accuracy was rounded to float32 before: hence the many digits.
  package let mean, deviation: Double

  /// The summary of some runs, one number each.
  package static func of(_ values: [Double]) throws(Fault) -> SeedSummary {
    // NumPy warns and gives NaN.
    if values.isEmpty { throw Fault("the list of runs", found: "nothing", expected: "at least 1") }
    return SeedSummary(mean: NumPy.mean(values), deviation: NumPy.deviation(values))
  }
}

/// Sums with NumPy's rounding: whoever wants NumPy's digits has to add in NumPy's order. Long lists
/// are halved, so that rounding errors grow with log n instead of n; what is left is added in eight
/// lanes, which a processor can do at once. Source: `pairwise_sum` in
/// `numpy/core/src/umath/loops_utils.h.src`, NumPy 1.26.
package enum NumPy {
  /// `np.sum` of float64.
  package static func sum(_ values: [Double]) -> Double { sum(values[...]) }

  private static func sum(_ values: ArraySlice<Double>) -> Double {
    // NumPy begins with −0.0, so that the sum of negative zeros is one.
    if values.count < 8 { return values.isEmpty ? 0 : values.reduce(-0.0, +) }
    // 128 is NumPy's block: short enough that adding in eight lanes loses little.
    if values.count > 128 {
      let half = values.count / 2
      // `n2 -= n2 % 8` in NumPy: both halves begin with whole lanes.
      let cut = values.startIndex + half - half % 8
      return sum(values[..<cut]) + sum(values[cut...])
    }
    // Lane l adds the numbers at l, l + 8, l + 16, …
    var lanes = Array(values.prefix(8))
    let whole = values.startIndex + values.count - values.count % 8
    for start in stride(from: values.startIndex + 8, to: whole, by: 8) {
      for lane in 0..<8 { lanes[lane] += values[start + lane] }  // a vector instruction's work
    }
    // A fixed tree, not a left-to-right sum: these parentheses are part of the digits.
    let head =
      ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
      + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    // The last 0 to 7 numbers, one after the other.
    return values[whole...].reduce(head, +)
  }

  /// `np.mean`; NaN of nothing.
  package static func mean(_ values: [Double]) -> Double { sum(values) / Double(values.count) }

  /// `np.std`, of the population; NaN of nothing.
  package static func deviation(_ values: [Double]) -> Double {
    let mean = mean(values)
    // Two passes, mean first. `Σ x² − n · mean²` would subtract two nearly equal numbers.
    let squares = values.map { ($0 - mean) * ($0 - mean) }
    // Divided by n: NumPy's default `ddof=0`.
    return (sum(squares) / Double(values.count)).squareRoot()
  }
}
