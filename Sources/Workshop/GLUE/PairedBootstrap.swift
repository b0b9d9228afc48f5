import FoxDecoding
import FoxKernels
import FoxMetrics

/// How far a number measured on a sample of texts may be off, and whether two models differ.
///
/// The texts are drawn with replacement, as many as there are, and the number is taken of what was
/// drawn; again and again. Drawing *texts* keeps what two models did on one text together: a paired
/// bootstrap. Draws are those of Python's `random.Random(seed)`. Source: Efron and Tibshirani 1993,
/// chapter 13; Koehn 2004. SPEC `METR-7`.
package enum PairedBootstrap {
  /// The interval of a number.
  ///
  /// - Parameters:
  ///   - count: How many texts there are.
  ///   - samples: How many times to draw.
  ///   - confidence: The share of the samples within the bounds.
  ///   - statistic: The number of the texts of the given indices.
  /// - Throws: `Fault` without texts and for options out of range.
  /// - Complexity: O(`count` · `samples`).
  package static func of(
    count: Int, seed: Int = 42, samples: Int = 1000, confidence: Double = 0.95,
    statistic: ([Int]) -> Double
  ) throws(Fault) -> Interval {
    try checkSampling(count: count, samples: samples, confidence: confidence)
    var random = PythonRandom(seed: seed)
    let values = (0..<samples).map { _ in
      statistic((0..<count).map { _ in random.below(count) })
    }.sorted()
    let delta = 100 * (1 - confidence) / 2
    return Interval(
      statistic(Array(0..<count)), NumPy.percentile(values, delta),
      NumPy.percentile(values, 100 - delta))
  }
}

/// Refuses to draw from nothing, no samples, and a share that is none.
func checkSampling(count: Int, samples: Int, confidence: Double) throws(Fault) {
  if count < 1 { throw Fault("the list of texts", found: "nothing", expected: "at least 1") }
  if samples < 1 { throw Fault("samples", found: "\(samples)", expected: "at least 1") }
  if !(0...1).contains(confidence) {
    throw Fault("confidence", found: "\(confidence)", expected: "0 to 1")
  }
}
