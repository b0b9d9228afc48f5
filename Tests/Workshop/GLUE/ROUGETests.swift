import FoxFiles
import TestSupport
import Testing

@testable import FoxGLUE

extension JSON {
  /// A number, or the string that stands for one that JSON lacks.
  func number() throws -> Double {
    switch self {
    case .string("NaN"): return .nan
    case .string("Infinity"): return .infinity
    default:
      guard let value = double else { throw GoldenError.shape("…", "a number") }
      return value
    }
  }
}

/// The golden of the metrics that need no model.
func metricsGolden(_ key: String) throws -> [JSON] {
  try Golden.json("metrics/metrics.json").required(key).array ?? []
}

@Suite("ROUGE against rouge_score")
struct ROUGETests {
  static let kinds: [ROUGE.Kind] = (1...9).map { .ngrams($0) } + [.longest, .longestByLine]

  private func expect(_ scores: [ROUGEScore], _ golden: JSON?, _ what: String) throws {
    let rows = try (golden?.array ?? []).map { try ($0.array ?? []).map { try $0.number() } }
    #expect(scores.map { [$0.precision, $0.recall, $0.fmeasure] } == rows, "\(what)")
  }

  @Test(
    "n-grams, subsequences and their union, with and without stems",
    .spec("ROUGE-4", "ROUGE-5", "ROUGE-6", "ROUGE-7"))
  func scores() throws {
    #expect(try metricsGolden("types").compactMap(\.string) == Self.kinds.map(\.description))
    for (key, usesStemmer) in [("plain", false), ("stemmed", true)] {
      let rouge = try ROUGE(Self.kinds, usesStemmer: usesStemmer)
      for row in try metricsGolden("rouge") {
        let target = try row.required("target").string ?? ""
        let prediction = try row.required("prediction").string ?? ""
        let scores = try rouge.score(reference: target, prediction: prediction)
        try expect(scores, row[key], "\(key): \(target) / \(prediction)")
      }
    }
  }

  @Test("of several references, the best for each kind", .spec("ROUGE-8"))
  func references() throws {
    let rouge = try ROUGE(Self.kinds)
    for row in try metricsGolden("multi") {
      let scores = try rouge.score(
        references: row.required("targets").array?.compactMap(\.string) ?? [],
        prediction: row.required("prediction").string ?? "")
      try expect(scores, row["scores"], "multi")
    }
    #expect(throws: MetricsError.empty("the list of references")) {
      try rouge.score(references: [], prediction: "a")
    }
  }

  @Test("stems", .spec("ROUGE-7"))
  func stems() throws {
    let words = try metricsGolden("stems").compactMap(\.string).map { $0.split(separator: " ") }
    #expect(words.count > 3000)
    expectSame(
      words.map { PorterStemmer.stem(String($0[0])) }, words.map { String($0[1]) }, "stems")
    #expect(PorterStemmer.stem("") == "")
    #expect(PorterStemmer.stem(String(repeating: "y", count: 1_000_000)).utf8.count == 1_000_000)
  }

  @Test("which scalars are letters in lower case", .spec("ROUGE-4"))
  func letters() throws {
    let golden = try metricsGolden("letters").map { row in
      (row.array?.first?.integer ?? 0, row.array?.last?.string ?? "")
    }
    let ours = (128..<0x110000).compactMap { value in
      Unicode.Scalar(value).flatMap(ROUGETokens.lowerCase).map {
        (value, String(Unicode.Scalar($0)))
      }
    }
    #expect(ours.map(\.0) == golden.map(\.0) && ours.map(\.1) == golden.map(\.1))
  }

  @Test("means, and the bootstrap of evaluate", .spec("ROUGE-8"))
  func interval() throws {
    for row in try metricsGolden("bootstrap") {
      let scores = try row.required("scores").array?.map { row in
        let values = try (row.array ?? []).map { try $0.number() }
        return ROUGEScore(precision: values[0], recall: values[1], fmeasure: values[2])
      }
      let interval = try ROUGEInterval(
        scores ?? [], seed: UInt32(row.required("seed").integer ?? 0),
        samples: row.required("samples").integer ?? 0,
        confidence: row.required("confidence").number())
      let bounds = [interval.low, interval.middle, interval.high].flatMap {
        [$0.precision, $0.recall, $0.fmeasure]
      }
      let golden = try row.required("bounds").array?.flatMap {
        try $0.array?.map { try $0.number() } ?? []
      }
      for (bound, expected) in zip(bounds, golden ?? []) {
        #expect(abs(bound - expected) <= 1e-15)
      }
      #expect(golden?.count == 9)
      let mean = try ROUGEScore.mean(scores ?? [])
      let expected = try row.required("mean").array?.map { try $0.number() } ?? []
      for (value, expected) in zip([mean.precision, mean.recall, mean.fmeasure], expected) {
        #expect(abs(value - expected) <= 1e-15)
      }
    }
  }

  @Test("the homework's, unclipped", .spec("ROUGE-1"))
  func homework() throws {
    for row in try metricsGolden("homework") {
      let metric = try HomeworkROUGE(size: row.required("n").integer ?? 0)
      let score = try metric.score(
        reference: row.required("gold").integers(),
        prediction: row.required("prediction").integers())
      #expect(try score == row.required("score").number())
    }
    let metric = try HomeworkROUGE()
    #expect(metric.score(reference: [1], prediction: [1, 1, 1]) == 3)
    #expect(metric.score(reference: [], prediction: [1]) == nil)
  }

  @Test("options and sizes out of range", .spec("ROUGE-4", "ROUGE-6", "ROUGE-1"))
  func limits() throws {
    for size in [0, 10, -1] {
      #expect(throws: MetricsError.self) { try ROUGE([.ngrams(size)]) }
    }
    for size in [0, 10, .min] {
      #expect(throws: MetricsError.self) { try HomeworkROUGE(size: size) }
    }
    let long = String(repeating: "a ", count: 70_000)
    #expect(
      throws: MetricsError.tooLong(metric: "ROUGE-L", reference: 70_000, prediction: 70_000)
    ) { try ROUGE([.longest]).score(reference: long, prediction: long) }
    #expect(throws: MetricsError.self) {
      try ROUGE([.longestByLine]).score(reference: long, prediction: long)
    }
    #expect(try ROUGE([.ngrams(9)]).score(reference: long, prediction: long)[0].fmeasure == 1)
    #expect(throws: MetricsError.empty("the list of scores")) { try ROUGEScore.mean([]) }
    #expect(throws: MetricsError.self) { try ROUGEInterval([.zero], seed: 1, samples: 0) }
    #expect(throws: MetricsError.self) { try ROUGEInterval([.zero], seed: 1, confidence: 1.5) }
    #expect(throws: MetricsError.self) { try ROUGEInterval([], seed: 1) }
  }
}
