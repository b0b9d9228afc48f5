import Foundation
import FoxDecoding
import FoxFiles
import FoxFormats
import FoxKernels
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Checkpoints that do not fit, or are damaged", .counted)
struct CheckpointRefusalTests {
  @Test
  func `CKPT-6 TRAIN-12 another configuration is refused by its key`() throws {
    try ResumeTests.withFolder { folder in
      let arguments = ResumeTests.arguments(folder)
      _ = try ResumeTests.outcome(arguments, stoppingAfter: nil)
      let checkpoint = "\(folder)/checkpoint-4"
      func refusal(
        _ task: any TrainableTask, _ change: (inout TrainingArguments) -> Void = { _ in }
      ) throws -> String {
        let trainer = try Trainer(task, ResumeTests.arguments(folder, change))
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
      try ResumeTests.withFolder { sampledFolder in
        let trainer = try Trainer(
          TestModel.task(sampling: sampling), ResumeTests.arguments(sampledFolder))
        _ = try trainer.train()
        do {
          _ = try ResumeTests.trainer(ResumeTests.arguments(sampledFolder)).train(
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
    try ResumeTests.withFolder { folder in
      _ = try ResumeTests.outcome(ResumeTests.arguments(folder), stoppingAfter: nil)
      let trainer = try ResumeTests.trainer(ResumeTests.arguments(folder) { $0.loggingSteps = 1 })
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
    try ResumeTests.withFolder { folder in
      _ = try ResumeTests.outcome(ResumeTests.arguments(folder), stoppingAfter: nil)
      let checkpoint = "\(folder)/checkpoint-2"
      func notes() throws -> [String] {
        let trainer = try ResumeTests.trainer(ResumeTests.arguments(folder))
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
    try ResumeTests.withFolder { folder in
      let arguments = ResumeTests.arguments(folder)
      _ = try ResumeTests.outcome(arguments, stoppingAfter: nil)
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
        try ResumeTests.trainer(arguments).train(resumingFrom: "\(folder)/checkpoint-2")
      }
      #expect(error?.subject == path && error?.place == key && error?.found == "\(value)")
    }
  }

  @Test
  func `CKPT-7 damaged checkpoints are errors that name the file`() throws {
    try ResumeTests.withFolder { folder in
      let arguments = ResumeTests.arguments(folder)
      _ = try ResumeTests.outcome(arguments, stoppingAfter: nil)
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
          _ = try ResumeTests.trainer(arguments).train(resumingFrom: checkpoint)
          Issue.record("accepted \(name)")
        } catch { #expect("\(error)".contains(words), "\(error)") }
        try AtomicFile.write(kept, to: path)
      }
      try FileManager.default.removeItem(atPath: "\(checkpoint)/optimizer.safetensors")
      #expect(throws: (any Error).self) {
        try ResumeTests.trainer(arguments).train(resumingFrom: checkpoint)
      }
    }
  }

  @Test(arguments: ["model.safetensors", "optimizer.safetensors", "run_state.json"])
  func `CKPT-12 a damaged checkpoint names the last good one and the key that uses it`(
    name: String
  ) throws {
    try ResumeTests.withFolder { folder in
      let arguments = ResumeTests.arguments(folder)
      _ = try ResumeTests.outcome(arguments, stoppingAfter: nil)
      func fault(_ step: Int) -> Fault? {
        do {
          _ = try ResumeTests.trainer(arguments).train(resumingFrom: "\(folder)/checkpoint-\(step)")
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
}
