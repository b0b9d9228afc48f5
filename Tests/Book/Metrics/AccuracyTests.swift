import FoxDecoding
import FoxFiles
import FoxMetrics
import TestSupport
import Testing

@Suite("Accuracy, and its mean over seeds", .counted)
struct AccuracyTests {
  @Test
  func `METR-5 by hand: 2 of 3, then 3 of 4`() throws {
    var accuracy = try Accuracy.of([1, 0, 1], [1, 1, 1])
    #expect(accuracy.value == 2.0 / 3)
    accuracy.add(correct: 1, total: 1)
    #expect(accuracy.correct == 3 && accuracy.total == 4 && accuracy.value == 0.75)
    // After "a b" the model says "c", and "c" comes; after "a" it says "x".
    let (a, b, c, x): (Int32, Int32, Int32, Int32) = (0, 1, 2, 9)
    #expect(try Accuracy.ofNextTokens([[x, c, a]], labels: [[a, b, c]]).value == 0.5)
    // Nothing is masked.
    #expect(try Accuracy.ofNextTokens([[b, c, a]], labels: [[a, -100, c]]).value == 0.5)
  }

  @Test
  func `METR-5 shifted predictions, and float32 means`() throws {
    for row in try Golden.arguments("metrics/metrics.json", in: "shifted") {
      let accuracy = try Accuracy.ofNextTokens(
        ids(row.required("predictions")), labels: ids(row.required("labels")))
      let expected = try row.required("accuracy").number()
      #expect(accuracy.value == expected || (accuracy.value.isNaN && expected.isNaN))
    }
    for row in try Golden.arguments("metrics/metrics.json", in: "accuracies") {
      var accuracy = Accuracy()
      accuracy.add(correct: row.array?[0].integer ?? 0, total: row.array?[1].integer ?? 0)
      #expect(Double(accuracy.float32) == row.array?[2].double)
    }
  }

  private func ids(_ rows: JSON) throws -> [[Int32]] {
    try (rows.array ?? []).map { try $0.integers().map(Int32.init) }
  }

  @Test
  func `METR-5 FAULT-1 predictions without counterpart`() {
    #expect(throws: Fault("predictions", found: "1", expected: "2, one for each reference")) {
      try Accuracy.of([1], [1, 2])
    }
    #expect(
      throws: Fault("predictions", at: "row 2", found: "1", expected: "2, one for each label")
    ) { try Accuracy.ofNextTokens([[1], [1]], labels: [[1], [1, 2]]) }
    #expect(throws: Fault.self) { try Accuracy.ofNextTokens([], labels: [[1]]) }
  }

  @Test
  func `METR-6 by hand: 1, 3 is 2 ± 1`() throws {
    let summary = try SeedSummary.of([1, 3])
    #expect(summary.mean == 2 && summary.deviation == 1)
    #expect(throws: Fault("the list of runs", found: "nothing", expected: "at least 1")) {
      try SeedSummary.of([])
    }
    #expect(NumPy.sum([]) == 0 && NumPy.mean([]).isNaN)
  }

  @Test
  func `METR-5 METR-6 the homework's last line, to the last digit`() throws {
    let accuracies = [604, 605, 585, 561].map { correct in
      var accuracy = Accuracy()
      accuracy.add(correct: correct, total: 872)
      return Double(accuracy.float32)
    }
    let summary = try SeedSummary.of(accuracies)
    #expect(
      "\(summary.mean) +/- \(summary.deviation)" == "0.6751720309257507 +/- 0.020520400137613005")
    for row in try Golden.arguments("metrics/metrics.json", in: "seed_lists") {
      let values = try (row.required("values").array ?? []).map { try $0.number() }
      let summary = try SeedSummary.of(values)
      #expect(try NumPy.sum(values) == row.required("sum").number(), "\(values.count) values")
      #expect(try summary.mean == row.required("mean").number(), "\(values.count) values")
      #expect(try summary.deviation == row.required("std").number(), "\(values.count) values")
    }
  }
}
