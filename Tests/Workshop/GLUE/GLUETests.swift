import Foundation
import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxGLUE

@Suite("GLUE's metrics against scikit-learn, scipy and NumPy", .counted)
struct GLUETests {
  /// Equal to the last digits, or both NaN.
  private func same(_ a: Double, _ b: Double, _ tolerance: Double = 0) -> Bool {
    a == b || (a.isNaN && b.isNaN) || abs(a - b) <= tolerance
  }

  @Test
  func `GLUE-1 GLUE-3 GLUE-4 GLUE-5 the nine tasks`() throws {
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

  @Test
  func `GLUE-2 columns and labels of the tasks`() {
    let columns = GLUETask.allCases.map { $0.sentenceColumns.joined(separator: "+") }
    #expect(
      columns == [
        "sentence", "premise+hypothesis", "sentence1+sentence2", "question+sentence",
        "question1+question2", "sentence1+sentence2", "sentence", "sentence1+sentence2",
        "sentence1+sentence2",
      ])
    #expect(GLUETask.allCases.map(\.labelNames.count) == [2, 3, 2, 2, 2, 2, 2, 0, 2])
    #expect(GLUETask.allCases.filter(\.isRegression) == [.stsb])
    #expect(GLUETask.sst2.labelNames == ["negative", "positive"])
  }

  @Test
  func `GLUE-1 GLUE-3 what the metrics refuse`() throws {
    #expect(throws: Fault("f1", found: "the labels 0, 1, 2", expected: "0 and 1")) {
      try GLUETask.mrpc.metrics(predictions: [0, 1, 2], references: [0, 1, 1])
    }
    #expect(throws: Fault("f1", found: "the labels 0, 2", expected: "0 and 1")) {
      try ClassificationMetrics.f1(predictions: [0, 2], references: [0, 2])
    }
    #expect(throws: Fault("predictions", found: "1", expected: "2, one for each reference")) {
      try GLUETask.sst2.metrics(predictions: [0], references: [0, 1])
    }
    for task in GLUETask.allCases {
      #expect(throws: Fault.self) { try task.metrics(predictions: [], references: []) }
    }
    #expect(throws: Fault.self) { try Correlation.pearson([1], [1]) }
    #expect(throws: Fault.self) {
      try GLUETask.cola.metrics(scores: [1], references: [1])
    }
    #expect(try Correlation.pearson([1e300, -1e300, 0], [1, -1, 0]) > 0.99)
    #expect(try Correlation.spearman([.nan, 1, 2], [1, 2, 3]).isNaN)
  }

  @Test
  func `METR-5 squares of scores, float32; percentiles`() throws {
    for row in try metricsGolden("squares") {
      let error = try GLUETask.meanSquaredError(
        predictions: row.required("predictions").floats(),
        references: row.required("references").floats())
      let expected = try Float(row.required("mse").number())
      #expect(abs(error - expected) <= 1e-6 * expected)
    }
    #expect(NumPy.percentile([], 50).isNaN && NumPy.percentile([1, 2, 4], 75) == 3)
  }
}
