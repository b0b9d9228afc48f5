import FoxDecoding

/// # What chance can explain
///
/// Two settings are compared run by run, or a model with itself at two places: n differences. Their
/// mean is a number, and another n differences would have another one. How far off it may be, their
/// own spread says:
///
///     mean ± t · s / √n        s² = Σ (d − mean)² / (n − 1)
///
/// Of many differences, t = 1.96 makes an interval that has the true mean in it 95 times of 100. Of
/// few, s itself is hardly known, so t is larger: 3.182 for the homework's four seeds. If 0 is in
/// the interval, chance alone explains the difference.
///
///     0.1, 0.2, 0.3, 0.4  →  0.25, between 0.147 and 0.353
///
/// Source: Student 1908, "The Probable Error of a Mean". Clause `METR-7`. Takes the differences to
/// be independent and roughly normal; the Workshop's paired bootstrap does not.
package struct Interval: Equatable, Sendable {
  package let value, lower, upper: Double

  package init(_ value: Double, _ lower: Double, _ upper: Double) {
    (self.value, self.lower, self.upper) = (value, lower, upper)
  }

  /// The mean of differences and its interval: `t` standard errors each way, by default Student's
  /// for 95 %; unbounded for a single difference.
  package static func ofMean(_ differences: [Double], t: Double? = nil) throws(Fault) -> Interval {
    if differences.isEmpty {
      throw Fault("the list of differences", found: "nothing", expected: "at least 1")
    }
    let (n, mean) = (Double(differences.count), NumPy.mean(differences))
    if n == 1 { return Interval(mean, -.infinity, .infinity) }  // the spread of one is unknown
    let squares = NumPy.sum(differences.map { ($0 - mean) * ($0 - mean) })
    // n − 1 and not n: the mean was fitted to the same differences, which lie nearer to it than to
    // the true one. √n, because errors of many runs cancel.
    let error = (squares / (n - 1) / n).squareRoot()
    let place = differences.count - 2  // n − 1 degrees of freedom; the table begins with 1
    // Beyond the table Student's distribution is nearly the normal one.
    let t = t ?? (student.indices.contains(place) ? student[place] : 1.96)
    return Interval(mean, mean - t * error, mean + t * error)
  }

  // The 97.5 % quantile with 1, 2, … degrees of freedom: 2.5 % on either side are outside.
  private static let student = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
  ]
}
