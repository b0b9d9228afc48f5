import FoxDecoding
import FoxMetrics

/// Correlations of predicted scores.
package enum Correlation {
  /// Pearson's *r*, within −1 and 1; NaN when one side is constant.
  ///
  /// Source: `scipy.stats.pearsonr`. SPEC `GLUE-5`.
  ///
  /// - Throws: `Fault` for lists of different lengths or of fewer than two.
  package static func pearson(_ x: [Double], _ y: [Double]) throws(Fault) -> Double {
    try check(x, y)
    if isConstant(x) || isConstant(y) { return .nan }
    return correlation(x, y)
  }

  /// Spearman's *ρ*: Pearson's *r* of the ranks, equal values sharing the mean of theirs; NaN when
  /// one side is constant.
  ///
  /// Source: `scipy.stats.spearmanr`. SPEC `GLUE-5`.
  ///
  /// - Throws: As ``pearson(_:_:)``.
  /// - Complexity: O(*n* log *n*).
  package static func spearman(_ x: [Double], _ y: [Double]) throws(Fault) -> Double {
    try check(x, y)
    if isConstant(x) || isConstant(y) { return .nan }
    if (x + y).contains(where: \.isNaN) { return .nan }
    return correlation(ranks(x), ranks(y))
  }

  /// The ranks from 1, equal values sharing the mean of theirs.
  static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for index in order[start..<end] { ranks[index] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }

  private static func correlation(_ x: [Double], _ y: [Double]) -> Double {
    let (dx, dy) = (centred(x), centred(y))
    let product = NumPy.sum(zip(dx, dy).map { $0 * $1 })
    return min(1, max(-1, product))
  }

  /// The differences from the mean, over their length. They are divided by the greatest first, so
  /// that squares do not leave the range of float64.
  private static func centred(_ values: [Double]) -> [Double] {
    let mean = NumPy.mean(values)
    let differences = values.map { $0 - mean }
    let greatest = differences.reduce(0) { max($0, abs($1)) }
    let scaled = differences.map { $0 / greatest }
    let length = NumPy.sum(scaled.map { $0 * $0 }).squareRoot()
    return scaled.map { $0 / length }
  }

  private static func isConstant(_ values: [Double]) -> Bool {
    values.allSatisfy { $0 == values[0] }
  }

  private static func check(_ x: [Double], _ y: [Double]) throws(Fault) {
    try ClassificationMetrics.check(x.count, y.count)
    if x.count < 2 {
      throw Fault("the list of pairs", found: "1", expected: "at least 2, to be correlated")
    }
  }
}
