import Foundation
import FoxKernels

/// Sums, means and percentiles with NumPy's rounding, so that printed digits are the same.
public enum NumPy {
  /// `np.sum` of a contiguous float64 array: in pairs, eight at a time.
  ///
  /// Source: `pairwise_sum` in `numpy/core/src/umath/loops_utils.h.src`, NumPy 1.26. SPEC `METR-6`.
  public static func sum(_ values: [Double]) -> Double { sum(values[...]) }

  private static func sum(_ values: ArraySlice<Double>) -> Double {
    // NumPy begins with −0.0, so that the sum of negative zeros is one.
    if values.count < 8 { return values.isEmpty ? 0 : values.reduce(-0.0, +) }
    if values.count > 128 {
      let half = values.count / 2
      let cut = values.startIndex + half - half % 8
      return sum(values[..<cut]) + sum(values[cut...])
    }
    var lanes = Array(values.prefix(8))
    let whole = values.startIndex + values.count - values.count % 8
    for start in stride(from: values.startIndex + 8, to: whole, by: 8) {
      for lane in 0..<8 { lanes[lane] += values[start + lane] }
    }
    let head =
      ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3]))
      + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    return values[whole...].reduce(head, +)
  }

  /// `np.mean`; NaN of nothing.
  public static func mean(_ values: [Double]) -> Double { sum(values) / Double(values.count) }

  /// `np.std`: of the population (`ddof` 0); NaN of nothing.
  public static func populationStandardDeviation(_ values: [Double]) -> Double {
    let mean = mean(values)
    let squares = values.map { ($0 - mean) * ($0 - mean) }
    return (sum(squares) / Double(values.count)).squareRoot()
  }

  /// `np.percentile(values, percent)`, interpolated linearly; NaN of nothing.
  static func percentile(_ sorted: [Double], _ percent: Double) -> Double {
    guard let last = sorted.indices.last else { return .nan }
    let place = percent / 100 * Double(last)
    let below = min(max(Int(place.rounded(.down)), 0), last)
    let above = min(below + 1, last)
    let (share, step) = (place - Double(below), sorted[above] - sorted[below])
    return share >= 0.5 ? sorted[above] - step * (1 - share) : sorted[below] + step * share
  }
}

/// `np.random.RandomState(seed)`, as far as resampling needs it.
struct NumPyRandom {
  private var twister: MersenneTwister

  init(seed: UInt32) { twister = MersenneTwister(seed: UInt64(seed)) }

  /// One number of `randint(0, bound)`: draws of 32 bits, masked, until one is below `bound`.
  mutating func below(_ bound: Int) -> Int {
    if bound <= 1 { return 0 }
    let greatest = UInt32(clamping: bound - 1)
    let mask = UInt32.max >> UInt32(greatest.leadingZeroBitCount)
    while true {
      let value = twister.next32() & mask
      if value <= greatest { return Int(value) }
    }
  }
}

/// The mean over runs with different seeds, and how they scatter.
///
/// The homework prints `mean +/- deviation` of four accuracies, each a float32; the deviation is that
/// of the population. Homework Q3.1; SPEC `METR-6`.
public struct SeedSummary: Equatable, Sendable {
  /// `np.mean`.
  public let mean: Double
  /// `np.std`.
  public let deviation: Double

  /// The summary of some runs.
  ///
  /// - Throws: ``MetricsError/empty(_:)``.
  public init(_ values: [Double]) throws(MetricsError) {
    if values.isEmpty { throw .empty("the list of runs") }
    mean = NumPy.mean(values)
    deviation = NumPy.populationStandardDeviation(values)
  }
}
