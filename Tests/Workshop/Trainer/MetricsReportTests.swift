import Foundation
import FoxDecoding
import FoxFiles
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Reports and result files", .counted)
struct MetricsReportTests {
  @Test
  func `TRAIN-7 log_metrics, character by character`() throws {
    for golden in try #require(Golden.json("training/arguments.json")["reports"]?.array) {
      var metrics = try #require(golden["metrics"]?.object)
      for (key, value) in metrics.members where value.string != nil {
        metrics[key] = .number(value.measure ?? .nan)
      }
      let text = MetricsReport.text(try #require(golden["split"]?.string), metrics)
      #expect(text + "\n" == golden["text"]?.string)
    }
  }

  @Test
  func `TRAIN-4 TRAIN-7 the homework's report`() {
    let operations = FloatingPointOperations.estimate(tokens: 1024 * 256, parameters: 85_056_000)
    let report = MetricsReport.text(
      "train",
      JSON.Object([
        ("epoch", 1.0), ("total_flos", .number(operations)), ("train_loss", 3.4296),
        ("train_runtime", 75.598), ("train_samples", 1024), ("train_samples_per_second", 13.546),
        ("train_steps_per_second", 1.693),
      ]))
    #expect(
      report == """
        ***** train metrics *****
          epoch                    =        1.0
          total_flos               =   124593GF
          train_loss               =     3.4296
          train_runtime            = 0:01:15.59
          train_samples            =       1024
          train_samples_per_second =     13.546
          train_steps_per_second   =      1.693
        """)
  }

  @Test
  func `TRAIN-4 operations of true-size models, to the digit`() throws {
    func counted(_ configuration: GPT2Configuration) -> Int {
      FloatingPointOperations.counted(
        configuration.parameters.map { ($0.name, $0.shape.reduce(1, *)) })
    }
    var untied = GPT2Configuration()
    (untied.layers, untied.tiesEmbeddings) = (1, false)
    let ours = ["gpt2": counted(GPT2Configuration()), "gpt2 untied": counted(untied)]
    for golden in try #require(Golden.json("training/arguments.json")["operations"]?.array) {
      let name = try #require(golden["name"]?.string)
      let parameters = try #require(golden["parameters"]?.integer)
      if let count = ours[name] { #expect(count == parameters, "\(name)") }
      let tokens = try #require(golden["tokens"]?.integer)
      #expect(
        FloatingPointOperations.estimate(tokens: tokens, parameters: parameters)
          == golden["operations"]?.double)
    }
    // What the homework prints: Q2.1, and Q3.1 with 20 and 300 sentences.
    for (tokens, parameters, printed) in [
      (1024 * 256, 85_056_000, "124593GF"), (20 * 128 * 3, 85_648_130, "3675GF"),
      (300 * 128 * 3, 85_648_130, "55134GF"),
    ] {
      let number = FloatingPointOperations.estimate(tokens: tokens, parameters: parameters)
      #expect(MetricsReport.format(.number(number), of: "total_flos") == printed)
    }
    let names = ["bert.embeddings.word_embeddings.weight", "bert.embeddings.LayerNorm.weight"]
    #expect(FloatingPointOperations.counted(names.map { ($0, 5) }) == 5)
  }

  @Test
  func `TRAIN-8 result files are joined and sorted`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.path
      try ResultFiles.save(JSON.Object([("b", 1), ("a", 2.5)]), split: "train", folder: path)
      try ResultFiles.save(
        JSON.Object([("c", .number(.infinity)), ("b", 3)]), split: "eval", folder: path)
      func text(_ name: String) throws -> String {
        try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)
      }
      #expect(try text("train_results.json") == "{\n  \"a\": 2.5,\n  \"b\": 1\n}\n")
      #expect(
        try text("all_results.json") == "{\n  \"a\": 2.5,\n  \"b\": 3,\n  \"c\": \"Infinity\"\n}\n")
      try AtomicFile.write(Array("no JSON".utf8), to: "\(path)/all_results.json")
      try ResultFiles.save(JSON.Object([("d", 1)]), split: "eval", folder: path)
      #expect(try text("all_results.json") == "{\n  \"d\": 1\n}\n")
    }
  }

  @Test
  func `TRAIN-8 a state is read as it was written`() throws {
    var state = TrainerState()
    #expect(
      try state.json.object?.members.map(\.key)
        == Golden.json("training/arguments.json")["state"]?.array?.compactMap(\.string))
    #expect(try TrainerState(state.json, path: "s") == state)
    (state.epoch, state.step, state.maximumSteps, state.epochs) = (1.0 / 3, 7, 9, 2)
    state.floatingPointOperations = 1e15
    state.history = [JSON.Object([("loss", 3.123456789012345), ("step", 7)])]
    (state.bestMetric, state.bestCheckpoint) = (0.1, "out/checkpoint-3")
    let text = state.json.text(.indented)
    #expect(try TrainerState(JSON.parse(Array(text.utf8)), path: "s") == state)
    #expect(throws: Fault.self) { try TrainerState([:], path: "s") }
    #expect(throws: Fault.self) {
      try TrainerState(["epoch": 1, "global_step": -1], path: "s")
    }
  }
}
