import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxGLUE

@Suite("GLUE's metrics against scikit-learn, scipy and NumPy")
struct GLUETests {
  /// Equal to the last digits, or both NaN.
  private func same(_ a: Double, _ b: Double, _ tolerance: Double = 0) -> Bool {
    a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance
  }

  @Test("the nine tasks", .spec("GLUE-1", "GLUE-3", "GLUE-4", "GLUE-5"))
  func tasks() throws {
    var seen: Set<GLUETask> = []
    var worst = 0.0
    for row in try metricsGolden("glue") {
      let task = try #require(GLUETask(rawValue: row.required("task").string ?? ""))
      seen.insert(task)
      let golden = try row.required("values").object?.members ?? []
      let (predictions, references) = try (
        row.required("predictions"), row.required("references")
      )
      let values =
        task.isRegression
        ? try task.metrics(
          scores: predictions.array?.compactMap(\.double) ?? [],
          references: references.array?.compactMap(\.double) ?? [])
        : try task.metrics(predictions: predictions.integers(), references: references.integers())
      #expect(values.map(\.name) == golden.map(\.key))
      for (value, expected) in zip(values, golden) {
        // scipy computes with the float32 it is given: 1e-6 is its rounding, not ours.
        let expected = try expected.value.number()
        #expect(same(value.value, expected, task.isRegression ? 1e-6 : 1e-15), "\(row)")
        if !expected.isNaN { worst = max(worst, abs(value.value - expected)) }
      }
    }
    print("GLUE: greatest |Δ| \(worst)")
    #expect(seen == Set(GLUETask.allCases))
  }

  @Test("columns and labels of the tasks", .spec("GLUE-2"))
  func tables() {
    let columns = GLUETask.allCases.map { $0.sentenceColumns.joined(separator: "+") }
    #expect(
      columns == [
        "sentence", "premise+hypothesis", "sentence1+sentence2", "question+sentence",
        "question1+question2", "sentence1+sentence2", "sentence", "sentence1+sentence2",
        "sentence1+sentence2",
      ])
    #expect(GLUETask.allCases.map(\.labelCount) == [2, 3, 2, 2, 2, 2, 2, 1, 2])
    #expect(GLUETask.allCases.filter(\.isRegression) == [.stsb])
    #expect(GLUETask.sst2.labelNames == ["negative", "positive"])
  }

  @Test("what the metrics refuse", .spec("GLUE-1", "GLUE-3"))
  func refusals() throws {
    #expect(throws: MetricsError.notBinary(metric: "f1", labels: [0, 1, 2])) {
      try GLUETask.mrpc.metrics(predictions: [0, 1, 2], references: [0, 1, 1])
    }
    #expect(throws: MetricsError.notBinary(metric: "f1", labels: [0, 2])) {
      try ClassificationMetrics.f1(predictions: [0, 2], references: [0, 2])
    }
    #expect(throws: MetricsError.counts(predictions: 1, references: 2)) {
      try GLUETask.sst2.metrics(predictions: [0], references: [0, 1])
    }
    for task in GLUETask.allCases {
      #expect(throws: MetricsError.self) { try task.metrics(predictions: [], references: []) }
    }
    #expect(throws: MetricsError.self) { try Correlation.pearson([1], [1]) }
    #expect(throws: MetricsError.self) {
      try GLUETask.cola.metrics(scores: [1], references: [1])
    }
    #expect(try Correlation.pearson([1e300, -1e300, 0], [1, -1, 0]) > 0.99)
    #expect(try Correlation.spearman([.nan, 1, 2], [1, 2, 3]).isNaN)
  }

  @Test("accuracy of a language model: shifted, nothing masked", .spec("METR-5"))
  func shifted() throws {
    for row in try metricsGolden("shifted") {
      let accuracy = try Accuracy(
        shifted: row.required("predictions").array?.map { try $0.integers() } ?? [],
        labels: row.required("labels").array?.map { try $0.integers() } ?? [])
      #expect(try same(accuracy.value, row.required("accuracy").number()))
    }
    #expect(throws: MetricsError.rowLength(row: 1, predictions: 1, references: 2)) {
      try Accuracy(shifted: [[1], [1]], labels: [[1], [1, 2]])
    }
    #expect(throws: MetricsError.counts(predictions: 0, references: 1)) {
      try Accuracy(shifted: [], labels: [[1]])
    }
    var sum = try Accuracy(predictions: [1, 2], references: [1, 3])
    sum.add(try Accuracy(predictions: [4], references: [4]))
    #expect(sum.correct == 2 && sum.total == 3)
  }

  @Test("four seeds, to the last digit", .spec("METR-5", "METR-6"))
  func seeds() throws {
    let accuracies = [604, 605, 585, 561].map { correct in
      var accuracy = Accuracy()
      accuracy.add(correct: correct, total: 872)
      return Double(accuracy.float32)
    }
    let summary = try SeedSummary(accuracies)
    #expect(
      "\(summary.mean) +/- \(summary.deviation)" == "0.6751720309257507 +/- 0.020520400137613005")
    for row in try metricsGolden("seed_lists") {
      let values = try (row.required("values").array ?? []).map { try $0.number() }
      let summary = try SeedSummary(values)
      #expect(try NumPy.sum(values) == row.required("sum").number(), "\(values.count) values")
      #expect(try summary.mean == row.required("mean").number(), "\(values.count) values")
      #expect(try summary.deviation == row.required("std").number(), "\(values.count) values")
    }
    for row in try metricsGolden("accuracies") {
      var accuracy = Accuracy()
      accuracy.add(correct: row.array?[0].integer ?? 0, total: row.array?[1].integer ?? 0)
      #expect(Double(accuracy.float32) == row.array?[2].double)
    }
    for row in try metricsGolden("squares") {
      let error = try GLUETask.meanSquaredError(
        predictions: row.required("predictions").floats(),
        references: row.required("references").floats())
      let expected = try Float(row.required("mse").number())
      #expect(abs(error - expected) <= 1e-6 * expected)
    }
    #expect(throws: MetricsError.empty("the list of runs")) { try SeedSummary([]) }
    #expect(NumPy.sum([]) == 0 && NumPy.mean([]).isNaN)
    #expect(NumPy.percentile([], 50).isNaN)
  }

  @Test("the perplexity of a loss overflows to infinity", .spec("METR-4"))
  func exponential() throws {
    for row in try metricsGolden("losses") {
      let loss = try row.array?[0].number() ?? 0
      let expected = try row.array?[1].number() ?? 0
      let perplexity = Perplexity.of(loss: loss)
      #expect(perplexity == expected || abs(perplexity - expected) <= 1e-15 * expected)
    }
    #expect(Perplexity.of(loss: .nan).isNaN)
  }
}
