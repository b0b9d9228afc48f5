import FoxMetrics
import Testing

/// The share of predictions whose label is right or next to it.
struct NearAccuracy {
  private var right = 0
  private var all = 0

  /// Counts, so that batches of any size add up.
  mutating func add(_ predictions: [Int], _ references: [Int]) throws {
    try checkCounts(predictions.count, references.count)  // `zip` would say nothing
    right += zip(predictions, references).count { abs($0 - $1) <= 1 }
    all += references.count
  }

  /// NaN of nothing: 0 would look like a result.
  var value: Double { Double(right) / Double(all) }
}

@Suite("The guide to Metrics", .counted)
struct MetricsGuide {
  @Test
  func `BOOK-10 a metric, and whether a difference of it is one`() throws {
    var near = NearAccuracy()
    try near.add([0, 3], [1, 1])
    try near.add([4], [4])
    #expect(near.value == 2.0 / 3)
    #expect(NearAccuracy().value.isNaN)

    let (before, after) = ([0.50, 0.52, 0.49, 0.51], [0.60, 0.63, 0.58, 0.62])
    let gain = try Interval.ofMean(zip(after, before).map { $0 - $1 })
    #expect(gain.lower > 0, "the seeds agree")
  }
}
