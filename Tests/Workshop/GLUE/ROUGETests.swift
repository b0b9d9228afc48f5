import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxGLUE

/// The golden of the metrics that need no model.
func metricsGolden(_ key: String) throws -> [JSON] {
  try Golden.arguments("metrics/metrics.json", in: key)
}

@Suite("ROUGE with rouge_score's options", .counted)
struct ROUGETests {
  static let kinds: [ROUGE.Kind] = (1...9).map { .ngrams($0) } + [.longest, .longestByLine]

  private func expect(_ scores: [ROUGEScore], _ golden: JSON?, _ what: String) throws {
    let rows = try (golden?.array ?? []).map { try ($0.array ?? []).map { try $0.number() } }
    #expect(scores.map { [$0.precision, $0.recall, $0.fmeasure] } == rows, "\(what)")
  }

  @Test
  func `ROUGE-4 ROUGE-5 ROUGE-6 ROUGE-7 with and without stems`() throws {
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

  @Test
  func `ROUGE-8 of several references, the best for each kind`() throws {
    let rouge = try ROUGE(Self.kinds)
    for row in try metricsGolden("multi") {
      let scores = try rouge.score(
        references: row.required("targets").array?.compactMap(\.string) ?? [],
        prediction: row.required("prediction").string ?? "")
      try expect(scores, row["scores"], "multi")
    }
    #expect(throws: Fault("the list of references", found: "nothing", expected: "at least 1")) {
      try rouge.score(references: [], prediction: "a")
    }
  }

  @Test
  func `ROUGE-7 stems`() throws {
    let words = try metricsGolden("stems").compactMap(\.string).map { $0.split(separator: " ") }
    #expect(words.count > 3000)
    expectSame(
      words.map { PorterStemmer.stem(String($0[0])) }, words.map { String($0[1]) }, "stems")
    #expect(PorterStemmer.stem("") == "")
    #expect(PorterStemmer.stem(String(repeating: "y", count: 1_000_000)).utf8.count == 1_000_000)
  }

  @Test
  func `ROUGE-8 means, and the bootstrap of evaluate`() throws {
    for row in try metricsGolden("bootstrap") {
      let scores = try row.required("scores").array?.map { row in
        let values = try (row.array ?? []).map { try $0.number() }
        return ROUGEScore(precision: values[0], recall: values[1], fmeasure: values[2])
      }
      let interval = try ROUGEInterval.of(
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

  @Test
  func `ROUGE-4 ROUGE-6 ROUGE-8 options and sizes out of range`() throws {
    for size in [0, 10, -1] {
      #expect(throws: Fault.self) { try ROUGE([.ngrams(size)]) }
    }
    let none = ROUGEScore(hits: 0, prediction: 0, reference: 0)
    let long = String(repeating: "a ", count: 70_000)
    #expect(throws: Fault.self) {
      try ROUGE([.longest]).score(reference: long, prediction: long)
    }
    #expect(throws: Fault.self) {
      try ROUGE([.longestByLine]).score(reference: long, prediction: long)
    }
    #expect(try ROUGE([.ngrams(9)]).score(reference: long, prediction: long)[0].fmeasure == 1)
    #expect(throws: Fault.self) { try ROUGEInterval.of([none], seed: 1, samples: 0) }
    #expect(throws: Fault.self) { try ROUGEInterval.of([none], seed: 1, confidence: 1.5) }
    #expect(throws: Fault.self) { try ROUGEInterval.of([], seed: 1) }
  }
}
