import FoxDecoding
import FoxKernels

/// How far a number measured on a sample of texts may be off, and whether two models differ.
///
/// The texts are drawn with replacement, as many as there are, and the number is taken of what was
/// drawn; again and again. Drawing *texts* keeps what two models did on one text together: a paired
/// bootstrap. Draws are those of Python's `random.Random(seed)`. Source: Efron and Tibshirani 1993,
/// chapter 13; Koehn 2004. SPEC `METR-7`.
public struct PairedBootstrap: Equatable, Sendable {
  /// The number, of all texts once.
  public let value: Double
  /// The lower bound.
  public let lower: Double
  /// The upper bound.
  public let upper: Double

  /// The interval of a number.
  ///
  /// - Parameters:
  ///   - count: How many texts there are.
  ///   - samples: How many times to draw.
  ///   - confidence: The share of the samples within the bounds.
  ///   - statistic: The number of the texts of the given indices.
  /// - Throws: `Fault` without texts and for options out of range.
  /// - Complexity: O(`count` · `samples`).
  public static func of(
    count: Int, seed: Int = 42, samples: Int = 1000, confidence: Double = 0.95,
    statistic: ([Int]) -> Double
  ) throws(Fault) -> PairedBootstrap {
    try checkSampling(count: count, samples: samples, confidence: confidence)
    var random = PythonRandom(seed: seed)
    let values = (0..<samples).map { _ in
      statistic((0..<count).map { _ in random.below(count) })
    }.sorted()
    let delta = 100 * (1 - confidence) / 2
    return PairedBootstrap(
      value: statistic(Array(0..<count)), lower: NumPy.percentile(values, delta),
      upper: NumPy.percentile(values, 100 - delta))
  }

  /// The interval of a mean of differences.
  ///
  /// - Throws: As ``of(count:seed:samples:confidence:statistic:)``.
  public static func of(
    meanOf differences: [Double], seed: Int = 42
  ) throws(Fault) -> PairedBootstrap {
    try of(count: differences.count, seed: seed) { indices in
      NumPy.mean(indices.map { differences[$0] })
    }
  }
}

/// The interval of the mean of a few paired differences: of runs with several seeds, say.
///
/// Of four numbers there is little to draw from; Student's distribution knows how little. Source:
/// Student 1908. SPEC `METR-7`.
public struct PairedDifference: Equatable, Sendable {
  /// The mean.
  public let mean: Double
  /// The lower bound, 95 %; −∞ of a single difference.
  public let lower: Double
  /// The upper bound; ∞ of a single difference.
  public let upper: Double

  /// The 97.5 % quantile of Student's distribution with 1, 2, … degrees of freedom.
  private static let quantiles = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
  ]

  /// The interval of some differences.
  ///
  /// - Throws: `Fault` without differences.
  public static func of(_ differences: [Double]) throws(Fault) -> PairedDifference {
    if differences.isEmpty {
      throw Fault("the list of differences", found: "nothing", expected: "at least 1")
    }
    let (count, mean) = (Double(differences.count), NumPy.mean(differences))
    if differences.count == 1 {
      return PairedDifference(mean: mean, lower: -.infinity, upper: .infinity)
    }
    let squares = NumPy.sum(differences.map { ($0 - mean) * ($0 - mean) })
    let error = (squares / (count - 1) / count).squareRoot()
    let freedom = differences.count - 2
    let quantile = quantiles.indices.contains(freedom) ? quantiles[freedom] : 1.96
    return PairedDifference(
      mean: mean, lower: mean - quantile * error, upper: mean + quantile * error)
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
