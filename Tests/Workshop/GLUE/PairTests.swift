import Foundation
import FoxFiles
import FoxGPT2
import FoxTables
import FoxTries
import TestSupport
import Testing

@testable import FoxGLUE

@Suite("Sentence pairs on the committed model", .tier(.t1))
struct PairTests {
  static let folder = Places.weights.appendingPathComponent("tale-gpt2").path

  private func model() throws -> GPT2Model { try GPT2Model.load(folder: Self.folder).model }

  /// Compares an evaluation with the homework's own functions; predictions only where no two
  /// candidates came so close that both passes of the reference could differ.
  private func expect(
    _ evaluation: PairEvaluation, _ golden: JSON, rows: [JSON], noise: Double
  ) throws {
    #expect(evaluation.sentences.skipped == golden["skipped"]?.integer)
    #expect(evaluation.sentences.pairs.count == rows.count)
    let generation = try #require(evaluation.generation)
    var (worst, same, stable) = (0.0, 0, 0)
    for (index, row) in rows.enumerated() {
      #expect(evaluation.lengths[index] == row["target_length"]?.integer)
      worst = max(worst, abs(Double(evaluation.losses[index]) - (row["loss"]?.double ?? .nan)))
      let prediction = generation.predictions[index]
      let isSame =
        row["prediction"]?.string.map { UTF8Key.equal($0, prediction) }
        ?? (row["prediction_sha256"]?.string
          == SHA256.hash(of: Array(prediction.utf8)).description)
      if isSame { same += 1 }
      if row["both_passes"]?.bool == true, (row["smallest_gap"]?.double ?? 0) > 2e-5 {
        stable += 1
        #expect(isSame, "pair \(index): \(prediction)")
        #expect(generation.homeworkScores[index] == row["rouge"]?.double)
      }
    }
    #expect(worst <= 5e-5)
    let perplexity = golden["perplexity"]?.double ?? .nan
    #expect(abs(Double(evaluation.perplexity) - perplexity) <= 1e-4 * perplexity)
    if same == rows.count {
      #expect(abs(generation.homework - (golden["rouge_3"]?.double ?? .nan)) <= 1e-15)
    }
    #expect(stable * 10 >= rows.count * 9)
    print(
      "pairs: \(same) of \(rows.count) predictions equal, \(stable) must be; greatest |Δ loss| "
        + "\(worst), noise \(noise); perplexity \(evaluation.perplexity), golden \(perplexity)")
  }

  @Test("the homework's perplexity and ROUGE", .spec("METR-1", "METR-2", "ROUGE-2", "ROUGE-3"))
  func own() throws {
    let golden = try Golden.json("metrics/pairs.json")
    let own = try golden.required("own")
    let sentences = SentencePairs(
      stories: try own.required("stories").array?.compactMap(\.string) ?? [])
    let tokenizer = try GPT2Tokenizer(folder: Self.folder)
    var progress: [PairEvaluation.Progress] = []
    let evaluation = try PairEvaluation(
      sentences, model: model(), tokenizer: tokenizer, progress: { progress.append($0) })
    let rows = try golden.required("own_pairs").array ?? []
    for (pair, row) in zip(sentences.pairs, rows) {
      #expect(pair.first == row["first"]?.string && pair.second == row["second"]?.string)
    }
    try expect(evaluation, own, rows: rows, noise: golden["loss_noise"]?.double ?? 0)
    #expect(progress.last == .predicted(7, of: 7) && progress.contains(.scored(7, of: 7)))
    #expect(
      evaluation.generation?.standard.map(\.kind.description) == [
        "rouge1", "rouge2", "rouge3", "rougeL",
      ])
    let quick = try PairEvaluation(
      sentences, model: model(), tokenizer: tokenizer, generates: false)
    #expect(quick.generation == nil && quick.perplexity == evaluation.perplexity)
  }

  @Test(
    "CoQA's and MCTest's stories", .spec("METR-2", "ROUGE-2"), .tier(.t3),
    arguments: [
      ("coqa", "coqa/coqa-dev-first5.json"), ("mctest", "mctest/mctest-stories.jsonl"),
    ])
  func stories(key: String, file: String) throws {
    let path = try #require(Places.data?.appendingPathComponent(file).path)
    let table = try Table.read(path: path).prefix(100)
    let golden = try Golden.json("metrics/pairs_data.json")
    let clock = ContinuousClock()
    let start = clock.now
    let evaluation = try PairEvaluation(
      SentencePairs(stories: table.texts(column: "story")), model: model(),
      tokenizer: GPT2Tokenizer(folder: Self.folder))
    try expect(
      evaluation, golden.required(key), rows: golden.required("\(key)_pairs").array ?? [],
      noise: golden["loss_noise"]?.double ?? 0)
    print("\(key): \(evaluation.losses.count) pairs in \(clock.now - start)")
  }

  @Test("texts by themselves", .spec("METR-3"))
  func perText() throws {
    let golden = try Golden.json("metrics/pairs.json").required("per_text")
    let tokenizer = try GPT2Tokenizer(folder: Self.folder)
    let texts = try golden.required("texts").array?.compactMap(\.string) ?? []
    let result = try Perplexity.perText(
      texts.map { try tokenizer.encodeIDs($0) }, start: 50256, model: model())
    // The reference's own float32 softmax is 2e-4 off; with one in float64 its logits are ours.
    for (key, tolerance) in [("perplexities", Float(3e-4)), ("exact", 2e-5)] {
      let expected = try golden.required(key).floats()
      #expect(result.perplexities.count == expected.count)
      for (value, expected) in zip(result.perplexities, expected) {
        #expect(abs(value - expected) <= tolerance * expected, "\(key)")
      }
    }
    let mean = golden["mean_perplexity"]?.double ?? .nan
    #expect(abs(result.mean - mean) <= 3e-4 * mean)
    #expect(throws: MetricsError.empty("the list of texts")) {
      try Perplexity.perText([], start: 50256, model: model())
    }
  }

  @Test("together as alone; a context of one token", .spec("METR-1"))
  func together() throws {
    let model = try model()
    let texts = (0..<40).map { index in
      Perplexity.Scored(
        context: (0...(index * 7 % 5)).map { 1000 + $0 * index },
        target: (0...(index * 11 % 17)).map { 2000 + $0 + index })
    }
    let all = try Perplexity.losses(texts, model: model)
    for (index, text) in texts.enumerated() {
      let alone = try Perplexity.losses([text], model: model)
      #expect(abs(alone[0] - all[index]) <= 2e-5 * all[index])
    }
  }

  @Test("what cannot be scored", .spec("METR-1"))
  func refusals() throws {
    let model = try model()
    let good = Perplexity.Scored(context: [1], target: [2])
    func losses(_ context: [Int], _ target: [Int]) throws(MetricsError) -> [Float] {
      try Perplexity.losses([good, .init(context: context, target: target)], model: model)
    }
    #expect(throws: MetricsError.emptySentence(story: 1, side: "first")) { try losses([], [1]) }
    #expect(throws: MetricsError.emptySentence(story: 1, side: "second")) { try losses([1], []) }
    #expect(throws: MetricsError.story(1, .tooLong(tokens: 513, positions: 512))) {
      try losses([Int](repeating: 1, count: 512), [1])
    }
    for id in [-1, 50257, .max] {
      #expect(throws: MetricsError.story(1, .token(id: id, vocabulary: 50257))) {
        try losses([1], [id])
      }
    }
    #expect(throws: MetricsError.empty("the list of pairs")) {
      try Perplexity.overall(losses: [], lengths: [])
    }
    let tokenizer = try GPT2Tokenizer(folder: Self.folder)
    let long = SentencePairs(
      stories: ["A. B. C", String(repeating: "fox ", count: 500) + ". He ran. C"])
    #expect(
      throws: MetricsError.continuation(
        story: 1, .tooLong(tokens: 532, positions: 512))
    ) { try PairEvaluation(long, model: model, tokenizer: tokenizer) }
    #expect(throws: MetricsError.empty("the list of pairs")) {
      try PairEvaluation(SentencePairs(stories: ["x"]), model: model, tokenizer: tokenizer)
    }
  }
}
