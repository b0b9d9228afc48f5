import Foundation
import FoxFiles
import FoxGLUE
import FoxModels
import FoxTables
import FoxTries
import TestSupport
import Testing

@testable import FoxTrainer

/// With the kernels only: in plain Swift an unoptimised build takes hours.
@Suite("Training at true size", .counted, .serialized)
struct FullSizeTrainingTests {
  private static let golden = "training/full-size.json"

  @Test(
    .tier(.heavy),
    .enabled(
      if: FileManager.default.fileExists(atPath: Places.golden(golden)),
      "record it with Golden/record/record_training_full_size.py"))
  func `TRAIN-10 8 steps of the homework on random weights`() throws {
    let run = RecordedRun(golden: try #require(Golden.cases(Self.golden).first))
    let count = try #require(run.golden["data"]?["samples"]?.integer)
    let blocks = try TestModel.blocks(0..<count, tokens: 256, vocabulary: 50257)
    let model = try GPT2Trainable(GPT2Model(fresh: GPT2Configuration(), seed: 0))
    try Places.withTemporaryFolder { folder in
      let recorder = Recorder()
      let trainer = try Trainer(
        LanguageModelTask(model, training: blocks), run.arguments(folder: folder.path),
        callbacks: [recorder])
      _ = try trainer.train()
      let batches = try #require(run.golden["batches"]?.array)
      expectSame(
        recorder.steps.flatMap(\.samples),
        try batches.map { try $0.required("samples").integers() },
        "samples")
      expectSame(
        recorder.steps.flatMap(\.drawn), batches.map { $0["drawn"]?.integer ?? -1 }, "drawn")
      for (step, batch) in zip(recorder.steps, batches) {
        let golden = try #require(batch["loss"]?.double)
        let loss = Double(try #require(step.losses.first))
        expectWithin(abs(loss - golden) / golden, Bound.of("TRAIN-10"), "loss of step \(step.step)")
      }
    }
  }

  /// CoQA's own files, which are not in `FOX_DATA` by default.
  private static let coqa: (train: String, dev: String)? = Places.data.flatMap { data in
    let files = ["coqa-train-v1.0.json", "coqa-dev-v1.0.json"].map {
      data.appendingPathComponent("coqa/\($0)").path
    }
    return files.allSatisfy { FileManager.default.fileExists(atPath: $0) }
      ? (files[0], files[1]) : nil
  }

  @Test(
    .tier(.t4),
    .enabled(if: coqa != nil, "FOX_DATA/coqa lacks coqa-train-v1.0.json and coqa-dev-v1.0.json"))
  func `TRAIN-11 the homework's fine-tuning and its printed numbers`() throws {
    let (train, dev) = try #require(Self.coqa)
    let model = Places.weights.appendingPathComponent("gpt2").path
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("config.json").path
      try AtomicFile.write(Array(Homework.configuration.utf8), to: path)
      let run = try LanguageModelRun(
        path: path, settings: ["train_file=\(train)", "output_dir=\(folder.path)/out"]
      ) { _ in model }
      let trainer = try Trainer(run.makeTask(), run.training)
      let metrics = try #require(trainer.run().train)
      #expect(MetricsReport.format(try metrics.value("total_flos"), of: "total_flos") == "124593GF")
      #expect(metrics["train_samples"]?.integer == 1024 && trainer.state.step == 128)
      // The order of the data is the notebook's; its masks were a GPU's. 128 batches of 2,040 losses,
      // each changed by dropout by about a tenth: their mean by less than 0.001. The rest is the GPU's
      // arithmetic and what masks do to the weights.
      let loss = try #require(metrics["train_loss"]?.double)
      #expect(abs(loss - 3.4296) <= 0.02, "train_loss \(loss)")

      let stories = try Table.read(path: dev, options: TableOptions(field: "data"))
      let pairs = try SentencePairs.of(stories: stories.texts(column: "story"))
      let tokenizer = try GPT2Tokenizer(folder: model)
      let before = try PairEvaluation.run(
        pairs, model: GPT2Model.load(folder: model).model, tokenizer: tokenizer)
      let after = try PairEvaluation.run(
        pairs, model: GPT2Model.load(folder: "\(folder.path)/out").model, tokenizer: tokenizer)
      #expect(abs(before.perplexity - 34.129) <= 0.001)
      // exp of a loss that may differ by 0.005.
      #expect(abs(after.perplexity - 30.469) <= 0.15, "\(after.perplexity)")
      // Beam search decides between near ties; a story in 500 more or less is 0.0002.
      #expect(abs((before.generation?.homework ?? 0) - 0.086) <= 0.001)
      #expect(abs((after.generation?.homework ?? 0) - 0.083) <= 0.005)
    }
  }

  @Test(
    .tier(.t1), .tier(.t3),
    arguments: [("mctest/mctest-stories.jsonl", 64, 12), ("coqa/coqa-train-first13.json", 256, 8)])
  func `TRAIN-10 ARGS-8 the committed model learns from real stories`(
    data: String, blockSize: Int, steps: Int
  ) throws {
    let model = Places.weights.appendingPathComponent("tale-gpt2").path
    let stories = try #require(Places.data).appendingPathComponent(data).path
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("config.json").path
      try AtomicFile.write(Array(Homework.configuration.utf8), to: path)
      let settings = [
        "train_file=\(stories)", "output_dir=\(folder.path)/out", "block_size=\(blockSize)",
        "max_steps=\(steps)", "per_device_train_batch_size=4", "learning_rate=5e-4",
        "logging_steps=\(steps / 2)",
      ]
      let run = try LanguageModelRun(path: path, settings: settings) { _ in model }
      let trainer = try Trainer(run.makeTask(), run.training)
      _ = try trainer.run()
      let losses = trainer.state.history.compactMap { $0["loss"]?.double }
      #expect(losses.count == 2 && losses[1] < losses[0] - 0.05, "\(losses)")
    }
  }
}

extension JSON.Object {
  fileprivate func value(_ key: String) throws -> JSON { try #require(self[key]) }
}
