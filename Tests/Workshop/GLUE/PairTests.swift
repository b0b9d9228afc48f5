import Foundation
import FoxData
import FoxDecoding
import FoxFiles
import FoxModels
import FoxTables
import FoxTries
import TestSupport
import Testing

@testable import FoxGLUE

/// With the kernels only: in plain Swift an unoptimised build takes 0.3 s for each token, and these
/// goldens are thousands.
@Suite("Sentence pairs on the committed model", .counted, .tier(.t1))
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
    expectWithin(worst, Bound.of("METR-1"), "losses")
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

  @Test
  func `METR-1 METR-2 ROUGE-2 ROUGE-3 the homework's perplexity and ROUGE`() throws {
    let golden = try Golden.json("metrics/pairs.json")
    let own = try golden.required("own")
    let sentences = SentencePairs.of(
      stories: try own.required("stories").array?.compactMap(\.string) ?? [])
    let tokenizer = try GPT2Tokenizer(folder: Self.folder)
    var progress: [PairEvaluation.Progress] = []
    let evaluation = try PairEvaluation.run(
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
    let quick = try PairEvaluation.run(
      sentences, model: model(), tokenizer: tokenizer, generates: false)
    #expect(quick.generation == nil && quick.perplexity == evaluation.perplexity)
  }

  @Test(
    .tier(.t3),
    arguments: [
      ("coqa", "coqa/coqa-dev-first5.json"), ("mctest", "mctest/mctest-stories.jsonl"),
    ])
  func `METR-2 ROUGE-2 CoQA's and MCTest's stories`(key: String, file: String) throws {
    let path = try #require(Places.data?.appendingPathComponent(file).path)
    let table = try Table.read(path: path).prefix(100)
    let golden = try Golden.json("metrics/pairs_data.json")
    let clock = ContinuousClock()
    let start = clock.now
    let evaluation = try PairEvaluation.run(
      SentencePairs.of(stories: table.texts(column: "story")), model: model(),
      tokenizer: GPT2Tokenizer(folder: Self.folder))
    try expect(
      evaluation, golden.required(key), rows: golden.required("\(key)_pairs").array ?? [],
      noise: golden["loss_noise"]?.double ?? 0)
    print("\(key): \(evaluation.losses.count) pairs in \(clock.now - start)")
  }

  @Test
  func `METR-3 texts by themselves`() throws {
    let golden = try Golden.json("metrics/pairs.json").required("per_text")
    let tokenizer = try GPT2Tokenizer(folder: Self.folder)
    let texts = try golden.required("texts").array?.compactMap(\.string) ?? []
    let losses = try Perplexity.losses(
      texts.map { .init(context: [50256], target: try tokenizer.encodeIDs($0)) }, model: model())
    // The reference's own float32 softmax is 2e-4 off; with one in float64 its logits are ours.
    let bounds: [(String, Float)] = [
      ("perplexities", Bound.of("METR-3", "of the same logits in float64")),
      ("exact", Bound.of("METR-3")),
    ]
    for (key, tolerance) in bounds {
      let expected = try golden.required(key).floats()
      #expect(losses.count == expected.count && !losses.isEmpty)
      for (loss, expected) in zip(losses, expected) {
        #expect(abs(exp(loss) - expected) <= tolerance * expected, "\(key)")
      }
    }
    let mean = golden["mean_perplexity"]?.double ?? .nan
    #expect(abs(NumPy.mean(losses.map { Double(exp($0)) }) - mean) <= 3e-4 * mean)
  }

  @Test
  func `METR-1 the Book's one text at a time gives the same losses`() throws {
    let model = try model()
    let texts = (0..<4).map { index in
      Perplexity.Scored(context: Array(100...100 + index), target: Array(2000...2003 + index))
    }
    let packed = try Perplexity.losses(texts, model: model)
    for (text, loss) in zip(texts, packed) {
      let plain = try Perplexity.loss(of: text) { ids in
        let logits = try GPT2Session(model: model).advance([ids], logits: .all)
        return (0..<ids.count).map { row in
          let width = model.configuration.vocabularySize
          let row = logits.elements[row * width..<(row + 1) * width].map(Double.init)
          let total = log(row.reduce(0) { $0 + exp($1) })
          return row.map { Float($0 - total) }
        }
      }
      #expect(abs(plain - loss) <= 2e-5 * loss)
    }
  }

  @Test
  func `METR-1 together as alone; a context of one token`() throws {
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

  @Test
  func `METR-1 what cannot be scored`() throws {
    let model = try model()
    let good = Perplexity.Scored(context: [1], target: [2])
    func failure(_ work: () throws -> Void) -> StoryError? {
      do { try work() } catch { return error as? StoryError }
      return nil
    }
    func failure(_ context: [Int], _ target: [Int]) -> StoryError? {
      failure {
        _ = try Perplexity.losses([good, .init(context: context, target: target)], model: model)
      }
    }
    #expect((failure([], [1])?.cause as? Fault)?.subject == "the first sentence")
    #expect((failure([1], [])?.cause as? Fault)?.subject == "the second sentence")
    let long512 = failure([Int](repeating: 1, count: 512), [1])
    #expect(long512?.story == 1 && long512?.cause is Fault)
    #expect(
      long512?.description == "story 2: \(Fault.tooLong(tokens: 513, positions: 512))")
    for id in [-1, 50257, .max] {
      #expect(
        failure([1], [id])?.description == "story 2: \(Fault.token(id: id, vocabulary: 50257))")
    }
    let tokenizer = try GPT2Tokenizer(folder: Self.folder)
    let long = SentencePairs.of(
      stories: ["A. B. C", String(repeating: "fox ", count: 500) + ". He ran. C"])
    let refused = failure {
      _ = try PairEvaluation.run(long, model: model, tokenizer: tokenizer)
    }
    #expect(
      refused?.description == "story 2: \(Fault.tooLong(tokens: 532, positions: 512))")
    #expect(throws: Fault.self) {
      try PairEvaluation.run(SentencePairs.of(stories: ["x"]), model: model, tokenizer: tokenizer)
    }
  }
}
