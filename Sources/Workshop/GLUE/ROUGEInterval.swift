import FoxDecoding
import FoxKernels

/// How far the mean of some scores may be off: the bootstrap of rouge_score.
///
/// `samples` times, as many scores as there are, are drawn with replacement, and their means taken;
/// the percentiles of these means are the interval, their median is what `evaluate` reports as the
/// score. Draws are those of `np.random.seed(seed)`, where `evaluate` takes whatever state NumPy is
/// in. Source: `BootstrapAggregator`; SPEC `ROUGE-8`.
package struct ROUGEInterval: Equatable, Sendable {
  package let low: ROUGEScore
  package let middle: ROUGEScore
  /// The upper bound.
  package let high: ROUGEScore

  /// The interval of some scores.
  ///
  /// - Parameters:
  ///   - samples: How many times to draw, at least 1.
  ///   - confidence: Of the means, the share within the bounds: 0 to 1.
  /// - Throws: `Fault` without scores and for options out of range.
  /// - Complexity: O(*n* · `samples`).
  package static func of(
    _ scores: [ROUGEScore], seed: UInt32, samples: Int = 1000, confidence: Double = 0.95
  ) throws(Fault) -> ROUGEInterval {
    try checkSampling(count: scores.count, samples: samples, confidence: confidence)
    let means = means(scores, seed: seed, samples: samples)
    let delta = (1 - confidence) / 2
    let columns = [means.map(\.precision), means.map(\.recall), means.map(\.fmeasure)]
      .map { $0.sorted() }
    func bound(_ share: Double) -> ROUGEScore {
      let values = columns.map { NumPy.percentile($0, 100 * share) }
      return ROUGEScore(precision: values[0], recall: values[1], fmeasure: values[2])
    }
    return ROUGEInterval(low: bound(delta), middle: bound(0.5), high: bound(1 - delta))
  }

  private static func means(_ scores: [ROUGEScore], seed: UInt32, samples: Int) -> [ROUGEScore] {
    var random = NumPyRandom(seed: seed)
    let count = Double(scores.count)
    return (0..<samples).map { _ in
      var sum = (precision: 0.0, recall: 0.0, fmeasure: 0.0)
      for _ in scores {
        let score = scores[random.below(scores.count)]
        sum.precision += score.precision
        sum.recall += score.recall
        sum.fmeasure += score.fmeasure
      }
      return ROUGEScore(
        precision: sum.precision / count, recall: sum.recall / count,
        fmeasure: sum.fmeasure / count)
    }
  }
}
