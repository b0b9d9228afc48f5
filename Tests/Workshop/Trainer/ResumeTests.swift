import Foundation
import FoxDecoding
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

/// What must be the same, to the last bit, however often a run was stopped.
struct Outcome: Equatable {
  let weights: [UInt32]
  let moments: [UInt32]
  let generator: TorchGenerator
  let state: String

  init(_ trainer: Trainer) {
    func bits(_ buffer: FloatBuffer) -> [UInt32] {
      UnsafeBufferPointer(start: buffer.pointer, count: buffer.count).map(\.bitPattern)
    }
    weights = bits(trainer.task.parameters.values)
    moments = bits(trainer.adamW.firstMoments) + bits(trainer.adamW.secondMoments)
    generator = trainer.generator
    var state = trainer.state
    // Times are those of the clock.
    state.history = state.history.map { entry in
      JSON.Object(
        entry.members.filter { !$0.key.hasSuffix("_runtime") && !$0.key.hasSuffix("_per_second") })
    }
    state.bestCheckpoint = state.bestCheckpoint.map { ($0 as NSString).lastPathComponent }
    self.state = state.json.text(.indented)
  }
}

@Suite("Stopped and resumed", .counted)
struct ResumeTests {
  /// A run with everything that has to be remembered.
  static func arguments(
    _ folder: String, _ change: (inout TrainingArguments) -> Void = { _ in }
  ) -> TrainingArguments {
    var arguments = TrainingArguments(outputFolder: folder)
    // 8 batches an epoch: 2 steps, 2 batches left over.
    (arguments.trainingBatchSize, arguments.accumulation) = (3, 3)
    (arguments.epochs, arguments.learningRate, arguments.warmupSteps) = (3.5, 3e-3, 2)
    (arguments.weightDecay, arguments.maximumGradientNorm) = (0.01, 0.5)
    (arguments.evaluates, arguments.evaluationStrategy, arguments.evaluationSteps) = (
      true, .steps, 2
    )
    (arguments.loggingSteps, arguments.logsFirstStep, arguments.saveSteps) = (3, true, 2)
    change(&arguments)
    return arguments
  }

  static func trainer(_ arguments: TrainingArguments) throws -> Trainer {
    var arguments = arguments
    if arguments.loadsBestModel { arguments.earlyStopping = .init(evaluations: 3) }
    return try Trainer(TestModel.task(), arguments)
  }

  /// Runs to the end, in pieces of `batches`; `nil` for one piece.
  static func outcome(
    _ arguments: TrainingArguments, stoppingAfter batches: Int?, once: Bool = false
  ) throws -> Outcome {
    var isLast = batches == nil
    while true {
      let trainer = try trainer(arguments)
      var rest = isLast ? Int.max : batches ?? Int.max
      trainer.isInterrupted = {
        rest -= 1
        return rest < 0
      }
      do {
        _ = try trainer.train(
          resumingFrom: RunFolder.prepare(arguments, resumes: true))
        return Outcome(trainer)
      } catch is Interrupted {
        if once { isLast = true }
      }
    }
  }

  private func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    try Places.withTemporaryFolder { try body($0.appendingPathComponent("out").path) }
  }

  @Test
  func `CKPT-1 CKPT-5 stopped anywhere, a run ends with the same bits`() throws {
    let whole = try withFolder { try Self.outcome(Self.arguments($0), stoppingAfter: nil) }
    #expect(whole.state.contains("\"global_step\": 7"))
    for batches in 0..<32 {
      let pieces = try withFolder {
        try Self.outcome(Self.arguments($0), stoppingAfter: batches, once: true)
      }
      #expect(pieces == whole, "stopped after \(batches) batches")
    }
  }

  @Test(arguments: [TrainingArguments.Strategy.steps, .epoch])
  func `CKPT-1 CKPT-5 TRAIN-3 stopped again and again, with gradients left over`(
    strategy: TrainingArguments.Strategy
  ) throws {
    func arguments(_ folder: String) -> TrainingArguments {
      Self.arguments(folder) {
        ($0.saveStrategy, $0.evaluationStrategy, $0.loggingStrategy) = (
          strategy, strategy, strategy
        )
        ($0.saveSteps, $0.checkpointLimit) = (1, 1)
      }
    }
    let whole = try withFolder { try Self.outcome(arguments($0), stoppingAfter: nil) }
    let pieces = try withFolder { folder in
      let result = try Self.outcome(arguments(folder), stoppingAfter: 12)
      #expect(CheckpointFolders(folder).all().count == 1)
      return result
    }
    #expect(pieces == whole)
  }

  @Test
  func `CKPT-5 OPT-8 TRAIN-22 Muon's momentum and groups of like length survive a stop`() throws {
    func arguments(_ folder: String) -> TrainingArguments {
      Self.arguments(folder) { ($0.optimizer, $0.groupsByLength) = (.muon, true) }
    }
    let whole = try withFolder { try Self.outcome(arguments($0), stoppingAfter: nil) }
    let plain = try withFolder { try Self.outcome(Self.arguments($0), stoppingAfter: nil) }
    #expect(whole != plain)
    for batches in [1, 8, 13] {
      let pieces = try withFolder {
        try Self.outcome(arguments($0), stoppingAfter: batches, once: true)
      }
      #expect(pieces == whole, "stopped after \(batches) batches")
    }
  }

  @Test
  func `CKPT-1 gradients between steps are in the checkpoint of an epoch's end`() throws {
    try withFolder { folder in
      let arguments = Self.arguments(folder) { ($0.saveStrategy, $0.epochs) = (.epoch, 2) }
      _ = try Self.outcome(arguments, stoppingAfter: nil)
      let file = try SafeTensorsFile(path: "\(folder)/checkpoint-2/optimizer.safetensors")
      #expect(file.tensors.contains { $0.name == "gradient.transformer.wte.weight" })
      #expect(file.tensors.contains { $0.name == "exp_avg.transformer.wte.weight" })
      #expect(file.tensors.contains { $0.name == "exp_avg_sq.transformer.wte.weight" })
      let generators = try SafeTensorsFile(path: "\(folder)/checkpoint-2/rng_state.safetensors")
      #expect(generators.tensors.map(\.name).sorted() == ["sampler", "torch"])
      #expect(generators.tensors.allSatisfy { $0.shape == [5056] })
    }
  }

  @Test
  func `CKPT-5 TRAIN-6 stopping early and the best model survive a stop`() throws {
    func arguments(_ folder: String) -> TrainingArguments {
      Self.arguments(folder) {
        ($0.loadsBestModel, $0.bestMetric, $0.greaterIsBetter) = (true, "loss", false)
        ($0.learningRate, $0.epochs, $0.saveSteps, $0.accumulation) = (3e-2, 12, 2, 1)
        ($0.warmupSteps, $0.checkpointLimit) = (0, 1)
      }
    }
    let whole = try withFolder { try Self.outcome(arguments($0), stoppingAfter: nil) }
    let state = try JSON.parse(Array(whole.state.utf8))
    let (steps, all) = (state["global_step"]?.integer ?? 0, state["max_steps"]?.integer ?? 0)
    #expect(steps < all, "the run should stop early: \(steps) of \(all)")
    for batches in [5, 7, 11] {
      let pieces = try withFolder { try Self.outcome(arguments($0), stoppingAfter: batches) }
      #expect(pieces == whole, "in pieces of \(batches)")
    }
  }

  @Test
  func `CKPT-5 a run that was done is done again with the same result`() throws {
    try withFolder { folder in
      let arguments = Self.arguments(folder) { $0.saveSteps = 1 }
      let first = try Self.outcome(arguments, stoppingAfter: nil)
      #expect(try Self.outcome(arguments, stoppingAfter: nil) == first)
    }
  }

  @Test
  func `CKPT-6 TRAIN-12 another configuration is refused by its key`() throws {
    try withFolder { folder in
      let arguments = Self.arguments(folder)
      _ = try Self.outcome(arguments, stoppingAfter: nil)
      let checkpoint = "\(folder)/checkpoint-4"
      func refusal(
        _ task: any TrainableTask, _ change: (inout TrainingArguments) -> Void = { _ in }
      ) throws -> String {
        let trainer = try Trainer(task, Self.arguments(folder, change))
        do {
          _ = try trainer.train(resumingFrom: checkpoint)
          return "accepted"
        } catch let fault as Fault {
          #expect(
            fault.subject == checkpoint && fault.hint?.contains("overwrite_output_dir") == true)
          return "\(fault.place ?? ""): found \(fault.found), expected \(fault.expected)"
        }
      }
      for (words, change) in [
        ("seed: found 42, expected 7", { $0.seed = 7 }),
        ("per_device_train_batch_size: found 3, expected 4", { $0.trainingBatchSize = 4 }),
        ("gradient_accumulation_steps: found 3, expected 1", { $0.accumulation = 1 }),
        ("num_train_epochs: found 3.5, expected 5.0", { $0.epochs = 5 }),
        ("learning_rate: found 0.003, expected 0.1", { $0.learningRate = 0.1 }),
        ("eval_steps: found 2, expected 3", { $0.evaluationSteps = 3 }),
        ("optim: found \"adamw_hf\", expected \"adamw_torch\"", { $0.optimizer = .torch }),
        ("group_by_length: found null, expected true", { $0.groupsByLength = true }),
        ("label_smoothing_factor: found null, expected 0.1", { $0.labelSmoothing = 0.1 }),
      ] as [(String, (inout TrainingArguments) -> Void)] {
        let text = try refusal(TestModel.task(), change)
        #expect(text.hasPrefix(words), "\(text)")
      }
      #expect(
        try refusal(TestModel.task(channels: 32)).hasPrefix("n_embd: found 16, expected 32"))
      let data = try refusal(TestModel.task(tokens: 9))
      #expect(data.hasPrefix("block_size: found 8, expected 9"))
      let sampling = VocabularySampling(frequent: 4, sample: 3, share: 0.5)
      let sampled = try refusal(TestModel.task(sampling: sampling))
      #expect(sampled.contains("sampled_vocabulary"), "\(sampled)")
      try withFolder { sampledFolder in
        let trainer = try Trainer(
          TestModel.task(sampling: sampling), Self.arguments(sampledFolder))
        _ = try trainer.train()
        do {
          _ = try Self.trainer(Self.arguments(sampledFolder)).train(
            resumingFrom: "\(sampledFolder)/checkpoint-4")
          Issue.record("accepted")
        } catch { #expect("\(error)".contains("sampled_vocabulary: found 3"), "\(error)") }
      }
      let fewer = try refusal(TestModel.task(samples: 21))
      #expect(fewer.hasPrefix("training samples: found 22, expected 21"))
      let other = try refusal(TestModel.task(from: 1))
      #expect(other.hasPrefix("training data (SHA-256): found "))
    }
  }

  @Test
  func `CKPT-6 what changes no weight is reported`() throws {
    try withFolder { folder in
      _ = try Self.outcome(Self.arguments(folder), stoppingAfter: nil)
      let trainer = try Self.trainer(Self.arguments(folder) { $0.loggingSteps = 1 })
      var notes: [String] = []
      trainer.note = { notes.append($0) }
      _ = try trainer.train(resumingFrom: "\(folder)/checkpoint-2")
      #expect(
        notes.first
          == "\(folder)/checkpoint-2: logging_steps was 3 and is 1 now; the weights do not depend on it"
      )
      #expect(notes.contains("resuming from \(folder)/checkpoint-2: step 2 of 7"))
      // Those ahead were of the run before.
      #expect(CheckpointFolders(folder).all().map(\.step) == [2, 4, 6])
    }
  }

  @Test
  func `CKPT-10 another machine is reported: sums may be rounded otherwise`() throws {
    try withFolder { folder in
      _ = try Self.outcome(Self.arguments(folder), stoppingAfter: nil)
      let checkpoint = "\(folder)/checkpoint-2"
      func notes() throws -> [String] {
        let trainer = try Self.trainer(Self.arguments(folder))
        var notes: [String] = []
        trainer.note = { notes.append($0) }
        trainer.isInterrupted = { true }
        #expect(throws: Interrupted.self) { try trainer.train(resumingFrom: checkpoint) }
        return notes.filter { $0.contains("rounded") }
      }
      #expect(try notes() == [])
      let path = "\(checkpoint)/run_state.json"
      var state = try #require(JSON.read(path: path).object)
      #expect(state["machine"]?["threads"] == .integer(BLAS.threads))
      state["machine"] = ["OpenBLAS core": "Atom", "threads": 63]
      try AtomicFile.write(Array(JSON.object(state).text().utf8), to: path)
      let found = try notes()
      #expect(found.count == 2)
      #expect(found.first?.hasPrefix("\(checkpoint): OpenBLAS core was \"Atom\" and is ") == true)
      #expect(found.last?.hasPrefix("\(checkpoint): threads was 63 and is ") == true)
      // Checkpoints of earlier versions do not say.
      state["machine"] = nil
      try AtomicFile.write(Array(JSON.object(state).text().utf8), to: path)
      #expect(try notes() == [])
    }
  }

  @Test(arguments: [
    ("run_state.json", "epoch", 5), ("run_state.json", "batch", 9),
    ("run_state.json", "left_over", 17), ("run_state.json", "logged_step", 3),
    ("run_state.json", "optimizer_steps", 1), ("run_state.json", "optimizer_steps", Int.max),
    ("run_state.json", "drawn", Int.max), ("run_state.json", "sampler_drawn", Int.max),
    ("trainer_state.json", "global_step", 8), ("trainer_state.json", "global_step", Int.max),
  ])
  func `CKPT-11 a place that the run does not have is refused`(
    file: String, key: String, value: Int
  ) throws {
    try withFolder { folder in
      let arguments = Self.arguments(folder)
      _ = try Self.outcome(arguments, stoppingAfter: nil)
      let path = "\(folder)/checkpoint-2/\(file)"
      var state = try #require(JSON.read(path: path).object)
      state[key] = .integer(value)
      if key == "global_step" {
        // So that only this number is wrong.
        let run = "\(folder)/checkpoint-2/run_state.json"
        var object = try #require(JSON.read(path: run).object)
        object["optimizer_steps"] = .integer(value)
        try AtomicFile.write(Array(JSON.object(object).text().utf8), to: run)
      }
      try AtomicFile.write(Array(JSON.object(state).text().utf8), to: path)
      let error = #expect(throws: Fault.self) {
        try Self.trainer(arguments).train(resumingFrom: "\(folder)/checkpoint-2")
      }
      #expect(error?.subject == path && error?.place == key && error?.found == "\(value)")
    }
  }

  @Test
  func `CKPT-7 damaged checkpoints are errors that name the file`() throws {
    try withFolder { folder in
      let arguments = Self.arguments(folder)
      _ = try Self.outcome(arguments, stoppingAfter: nil)
      let checkpoint = "\(folder)/checkpoint-2"
      let state = try String(contentsOfFile: "\(checkpoint)/run_state.json", encoding: .utf8)
      func edited(_ old: String, _ new: String) -> [UInt8] {
        Array(state.replacingOccurrences(of: old, with: new).utf8)
      }
      let damages: [(String, [UInt8], String)] = [
        ("run_state.json", [], "run_state.json: found an empty file"),
        ("run_state.json", edited("\"format\": 1", "\"format\": 2"), "another version"),
        ("run_state.json", edited("\"batch\": ", "\"bitch\": "), "batch: found nothing"),
        ("run_state.json", edited("\"drawn\": ", "\"drawn\": -"), "drawn: found nothing"),
        ("trainer_state.json", Array("{}".utf8), "global_step: found nothing"),
        ("model.safetensors", [1, 2, 3], "model.safetensors"),
        ("optimizer.safetensors", Array(repeating: 0, count: 100), "optimizer.safetensors"),
        ("rng_state.safetensors", [], "rng_state.safetensors"),
      ]
      for (name, bytes, words) in damages {
        let path = "\(checkpoint)/\(name)"
        let kept = try MappedFile(path: path).withBytes { Array($0) }
        try AtomicFile.write(bytes, to: path)
        do {
          _ = try Self.trainer(arguments).train(resumingFrom: checkpoint)
          Issue.record("accepted \(name)")
        } catch { #expect("\(error)".contains(words), "\(error)") }
        try AtomicFile.write(kept, to: path)
      }
      try FileManager.default.removeItem(atPath: "\(checkpoint)/optimizer.safetensors")
      #expect(throws: (any Error).self) {
        try Self.trainer(arguments).train(resumingFrom: checkpoint)
      }
    }
  }

  @Test(arguments: ["model.safetensors", "optimizer.safetensors", "run_state.json"])
  func `CKPT-12 a damaged checkpoint names the last good one and the key that uses it`(
    name: String
  ) throws {
    try withFolder { folder in
      let arguments = Self.arguments(folder)
      _ = try Self.outcome(arguments, stoppingAfter: nil)
      func fault(_ step: Int) -> Fault? {
        do {
          _ = try Self.trainer(arguments).train(resumingFrom: "\(folder)/checkpoint-\(step)")
        } catch { return error as? Fault }
        return nil
      }
      func hint(_ step: Int) -> String? { fault(step)?.hint }
      func damage(_ step: Int, _ bytes: [UInt8] = [1, 2, 3]) throws {
        try AtomicFile.write(bytes, to: "\(folder)/checkpoint-\(step)/\(name)")
      }
      // What kind of file it is takes nothing from what to do.
      try damage(6, [])
      let words = try #require(fault(6).map { Diagnosis.message(of: $0) })
      #expect(words.contains("found an empty file") && words.hasSuffix("checkpoint-4"), "\(words)")
      try damage(6)
      let good = "setting resume_from_checkpoint=\(folder)/checkpoint-"
      #expect(hint(6)?.hasSuffix("\(good)4") == true)
      try damage(4)
      #expect(hint(6)?.hasSuffix("\(good)2") == true)
      try damage(2)
      #expect(hint(6)?.contains("there is no earlier one") == true)
    }
  }

  @Test
  func `TRAIN-20 a loss that grows a thousandfold is said once`() {
    var growth = LossGrowth()
    func words(_ loss: Float) -> String? { growth.warning(loss, step: 2, rate: 10) }
    #expect(words(3) == nil && words(2999) == nil)
    #expect(words(3001)?.hasPrefix("step 2: the loss is 3001.0, a thousand times") == true)
    #expect(words(9000) == nil)
    var small = LossGrowth()
    #expect(small.warning(0, step: 1, rate: 1) == nil && small.warning(9, step: 2, rate: 1) == nil)
  }
}
