import Foundation
import FoxDecoding
import FoxFiles
import FoxKernels
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Trainer: several processes", .counted)
struct RanksTests {
  static func recorded() throws -> [RecordedRun] {
    try Golden.cases("training/ranks.json").map { RecordedRun(golden: $0, file: "ranks") }
  }

  /// What a rank did.
  private struct Done {
    let recorder: Recorder
    let trainer: Trainer
  }

  private func replay(_ run: RecordedRun, folder: String) throws -> [Done] {
    let count = try #require(run.golden["ranks"]?.array?.count)
    return try ThreadRanks.run(count) { ranks in
      let recorder = Recorder()
      let trainer = try Trainer(
        run.task(), run.arguments(folder: folder), callbacks: [recorder], ranks: ranks)
      _ = try trainer.train()
      return Done(recorder: recorder, trainer: trainer)
    }.map { try $0.get() }
  }

  @Test(arguments: try RanksTests.recorded())
  func `MPI-1 MPI-2 order, draws, learning rates and losses of every rank`(
    run: RecordedRun
  ) throws {
    try Places.withTemporaryFolder { folder in
      let steps = try #require(run.golden["steps"]?.array)
      let used = try #require(steps.last?["batches"]?.integer)
      let all = try replay(run, folder: folder.appendingPathComponent("out").path)
      for (done, golden) in zip(all, try #require(run.golden["ranks"]?.array)) {
        let ours = done.recorder.steps
        let batches = try #require(golden["batches"]?.array).prefix(used)
        expectSame(
          ours.flatMap(\.samples), try batches.map { try $0.required("samples").integers() },
          "samples")
        expectSame(
          ours.flatMap(\.drawn), batches.map { $0["drawn"]?.integer ?? -1 }, "drawn")
        expectSame(
          ours.map(\.learningRate), steps.map { $0["learning_rate"]?.double ?? -1 }, "rates")
        let losses = batches.compactMap { $0["loss"]?.double }
        #expect(ours.flatMap(\.losses).count == losses.count)
        let worst = zip(ours.flatMap(\.losses), losses).map { abs(Double($0) - $1) / $1 }.max()
        expectWithin(worst ?? 1, Bound.of("MPI-2", "losses and norms"), "losses, relative")
        let norms = zip(ours, steps).compactMap { step, golden in
          golden["norm"]?.double.map { abs(Double(step.gradientNorm) - $0) / $0 }
        }
        expectWithin(norms.max() ?? 1, Bound.of("MPI-2", "losses and norms"), "norms, relative")
        #expect(done.trainer.generator.drawn == golden["drawn"]?.integer)
      }
    }
  }

  @Test(arguments: try RanksTests.recorded())
  func `MPI-2 weights at the end`(run: RecordedRun) throws {
    let golden = try GoldenTensors("training/ranks.safetensors")
    try Places.withTemporaryFolder { folder in
      let all = try replay(run, folder: folder.appendingPathComponent("out").path)
      let first = all[0].trainer.task.parameters
      var (squares, differences) = (0.0, 0.0)
      for entry in first.entries {
        let ours = try first.tensor(entry).elements
        for other in all {
          #expect(try other.trainer.task.parameters.tensor(entry).elements == ours)
        }
        let theirs = try golden["\(run.name)/\(entry.name)"].elements
        #expect(ours.count == theirs.count)
        let third = ours.count / 3
        for index in ours.indices {
          // The true gradient of key biases is 0.
          if entry.name.hasSuffix("c_attn.bias"), (third..<2 * third).contains(index) { continue }
          squares += Double(theirs[index]) * Double(theirs[index])
          differences += pow(Double(ours[index]) - Double(theirs[index]), 2)
        }
      }
      expectWithin(
        (differences / squares).squareRoot(), Bound.of("MPI-2", "weights at the end"), "‖Δ‖/‖w‖")
    }
  }

  @Test(arguments: try RanksTests.recorded())
  func `MPI-3 evaluations and logs`(run: RecordedRun) throws {
    try Places.withTemporaryFolder { folder in
      let all = try replay(run, folder: folder.appendingPathComponent("out").path)
      let golden = try #require(run.golden["evaluations"]?.array)
      for done in all {
        #expect(done.recorder.evaluations.count == golden.count)
        for (ours, theirs) in zip(done.recorder.evaluations, golden) {
          for key in ["eval_loss", "eval_accuracy"] {
            let (number, expected) = (ours[key]?.double ?? .nan, theirs[key]?.double ?? .nan)
            // An accuracy may be 0, and is then 0 on both sides.
            let off = number == expected ? 0 : abs(number - expected) / abs(expected)
            expectWithin(off, Bound.of("MPI-3", "numbers"), key)
          }
        }
      }
      let log = try #require(run.golden["log"]?.array).compactMap { $0["loss"]?.double }
      let ours = all[0].trainer.state.history.compactMap { $0["loss"]?.double }
      #expect(ours.count == log.count)
      // The reference rounds them to four digits.
      for (number, expected) in zip(ours, log) { #expect(abs(number - expected) <= 5.1e-5) }
    }
  }

  static func classifiers() throws -> [RecordedClassifier] {
    try Golden.cases("training/ranks-classifier.json").map { RecordedClassifier(golden: $0) }
  }

  @Test(arguments: try RanksTests.classifiers())
  func `MPI-2 MPI-3 a classifier on ranks: order, draws, losses, evaluations and outputs`(
    run: RecordedClassifier
  ) throws {
    let golden = try #require(run.golden["ranks"]?.array)
    try Places.withTemporaryFolder { folder in
      let all = try ThreadRanks.run(golden.count) { ranks in
        let recorder = Recorder()
        let classifier = try run.run(in: folder.path)
        let prepared = try classifier.prepare()
        let trainer = try Trainer(
          prepared.task, classifier.training, callbacks: [recorder], ranks: ranks)
        _ = try trainer.run()
        return Done(recorder: recorder, trainer: trainer)
      }.map { try $0.get() }
      let logits = try #require(run.golden["logits"]?.array).flatMap { try $0.floats() }
      for (done, golden) in zip(all, golden) {
        let ours = done.recorder.steps
        let used = ours.flatMap(\.samples).count
        let batches = try #require(golden["batches"]?.array).prefix(used)
        expectSame(
          ours.flatMap(\.samples), try batches.map { try $0.required("samples").integers() },
          "samples")
        expectSame(ours.flatMap(\.drawn), batches.map { $0["drawn"]?.integer ?? -1 }, "drawn")
        #expect(done.trainer.generator.drawn == golden["drawn"]?.integer)
        let losses = batches.compactMap { $0["loss"]?.double }
        #expect(used > 0 && losses.count == used)
        let worst = zip(ours.flatMap(\.losses), losses).map { abs(Double($0) - $1) / $1 }.max()
        expectWithin(worst ?? 1, Bound.of("MPI-2", "losses and norms"), "losses, relative")
        let evaluations = try #require(run.golden["evaluations"]?.array)
        #expect(done.recorder.evaluations.count == evaluations.count)
        for (ours, theirs) in zip(done.recorder.evaluations, evaluations) {
          for key in ["eval_loss", "eval_accuracy", "eval_mse"] {
            guard let expected = theirs[key]?.double else { continue }
            let number = ours[key]?.double ?? .nan
            let off = number == expected ? 0 : abs(number - expected) / abs(expected)
            expectWithin(off, Bound.of("MPI-3", "numbers"), key)
          }
        }
        let task = try #require(done.trainer.task as? ClassifierTask)
        var outputs: [Float] = []
        try task.model.evaluate(#require(task.evaluation), batchSize: 4) { _, rows, _ in
          outputs += rows
        }
        expectClose(outputs, logits, tolerance: Bound.of("CLASS-5", "outputs"), "logits")
      }
    }
  }

  @Test func `MPI-4 a rank with another configuration is refused by name`() throws {
    try Places.withTemporaryFolder { folder in
      let run = try #require(try Self.recorded().first)
      let results = ThreadRanks.run(2) { ranks in
        let trainer = try Trainer(
          run.task(),
          run.arguments(
            folder: folder.path, settings: ranks.rank == 1 ? ["learning_rate=0.5"] : []),
          ranks: ranks)
        _ = try trainer.train()
      }
      #expect(results.count == 2)
      for result in results {
        let fault = #expect(throws: Fault.self) { try result.get() }
        #expect(fault?.subject == "rank 1")
        #expect(fault?.place == "learning_rate")
        #expect(fault?.found == "0.5")
      }
    }
  }

  @Test func `MPI-4 a rank with other weights is refused by name`() throws {
    let run = try #require(try Self.recorded().first)
    try Places.withTemporaryFolder { folder in
      let results = ThreadRanks.run(2) { ranks in
        let task = try run.task()
        if ranks.rank == 1 { task.parameters.values.pointer[7] += 1e-3 }
        let trainer = try Trainer(task, run.arguments(folder: folder.path), ranks: ranks)
        _ = try trainer.train()
      }
      for result in results {
        let fault = #expect(throws: Fault.self) { try result.get() }
        #expect(fault?.subject == "rank 1")
        #expect(fault?.place == "the weights to begin with (check sum)")
      }
    }
  }

  /// The weights of every rank at the end of a run.
  private func weights(
    _ run: RecordedRun, ranks count: Int = 2, folder: URL, _ settings: [String] = [],
    from checkpoint: String? = nil, interruptedAfter step: Int? = nil
  ) throws -> [Result<[[Float]], any Error>] {
    ThreadRanks.run(count) { ranks in
      let trainer = try Trainer(
        run.task(), run.arguments(folder: folder.path, settings: settings), ranks: ranks)
      // The last rank is told to end, no other.
      trainer.isInterrupted = { [unowned trainer] in
        ranks.rank == count - 1 && trainer.state.step == step
      }
      _ = try trainer.train(resumingFrom: checkpoint)
      let parameters = trainer.task.parameters
      return try parameters.entries.map { try parameters.tensor($0).elements }
    }
  }

  @Test(arguments: ["two-accumulated", "four"], [1, 3, 5])
  func `MPI-8 MPI-5 one rank is told to end: all do, after the step, with a checkpoint`(
    name: String, step: Int
  ) throws {
    let run = try #require(try Self.recorded().first { $0.name == name })
    let count = try #require(run.golden["ranks"]?.array?.count)
    try Places.withTemporaryFolder { folder in
      let whole = try weights(run, ranks: count, folder: folder.appendingPathComponent("whole"))
        .map { try $0.get() }
      let stopped = folder.appendingPathComponent("stopped")
      let checkpoint = "\(stopped.path)/checkpoint-\(step)"
      let ends = try weights(run, ranks: count, folder: stopped, interruptedAfter: step)
      #expect(ends.count == count)
      for end in ends {
        let interrupted = #expect(throws: Interrupted.self) { try end.get() }
        #expect(interrupted == Interrupted(step: step, checkpoint: checkpoint))
      }
      #expect(CheckpointFolders(stopped.path).all().map(\.path) == [checkpoint])
      let again = try weights(run, ranks: count, folder: stopped, from: checkpoint)
        .map { try $0.get() }
      #expect(again == whole)
    }
  }

  /// Another number of ranks that goes on with 36 samples in steps of 12.
  static let changes: [(name: String, ranks: Int, size: Int, batches: Int)] = [
    ("more", 4, 3, 1), ("fewer", 1, 6, 2), ("three", 3, 2, 2), ("six", 6, 1, 2),
  ]

  /// A run of 2 ranks, in steps of 2 × 3 × 2 samples, with a checkpoint after each.
  private func pair(_ samples: Int = 36) throws -> RecordedRun {
    let run = try #require(try Self.recorded().first { $0.name == "two-accumulated" })
    var golden = try #require(run.golden.object)
    var data = try #require(golden["data"]?.object)
    data["samples"] = .integer(samples)
    golden["data"] = .object(data)
    return RecordedRun(golden: .object(golden), file: "ranks")
  }

  private static let saving = ["save_strategy=steps", "save_steps=1", "num_train_epochs=3"]

  private func samples(
    _ run: RecordedRun, ranks count: Int, folder: URL, _ settings: [String], from: String? = nil
  ) throws -> (steps: [[Int]], notes: [String]) {
    let done = try ThreadRanks.run(count) { ranks in
      let recorder = Recorder()
      let trainer = try Trainer(
        run.task(), run.arguments(folder: folder.path, settings: Self.saving + settings),
        callbacks: [recorder], ranks: ranks)
      var notes: [String] = []
      trainer.note = { notes.append($0) }
      _ = try trainer.train(resumingFrom: from)
      return (recorder.steps.map { $0.samples.flatMap { $0 } }, notes)
    }.map { try $0.get() }
    let steps = done[0].0.indices.map { step in done.flatMap { $0.0[step] }.sorted() }
    return (steps, done[0].1)
  }

  @Test(arguments: changes)
  func `MPI-9 another number of ranks takes the same batches and says so`(
    change: (name: String, ranks: Int, size: Int, batches: Int)
  ) throws {
    let run = try pair()
    try Places.withTemporaryFolder { folder in
      let out = folder.appendingPathComponent("out")
      let whole = try samples(run, ranks: 2, folder: out, []).steps
      #expect(whole.count == 9)
      // In the middle of an epoch, at its end, and of one's own checkpoint.
      let settings = [
        "per_device_train_batch_size=\(change.size)",
        "gradient_accumulation_steps=\(change.batches)",
      ]
      for step in [4, 3] {
        let again = try samples(
          run, ranks: change.ranks, folder: out, settings, from: "\(out.path)/checkpoint-\(step)")
        #expect(again.steps == Array(whole.dropFirst(step)))
        #expect(again.notes.contains { $0.contains("the batches are the same, but sums round") })
      }
      let own = try samples(
        run, ranks: change.ranks, folder: out, settings, from: "\(out.path)/checkpoint-7")
      #expect(own.steps == Array(whole.dropFirst(7)))
      #expect(!own.notes.contains { $0.contains("sums round differently") })
    }
  }

  @Test(arguments: [
    (2, 4, ["per_device_train_batch_size=3"], "per_device_train_batch_size=3 and"),
    (2, 5, [], "5 ranks cannot share steps of 12 samples"),
    (2, 1, ["group_by_length=true", "per_device_train_batch_size=6"], "group_by_length"),
    (1, 2, [], "start it without mpirun"),
  ])
  func `MPI-9 what would change the batches is refused, with what is needed`(
    before: Int, after: Int, settings: [String], hint: String
  ) throws {
    let run = try pair()
    try Places.withTemporaryFolder { folder in
      let grouped = settings.filter { $0.hasPrefix("group") }
      _ = try samples(run, ranks: before, folder: folder, grouped)
      for result in try weights(
        run, ranks: after, folder: folder, Self.saving + settings,
        from: "\(folder.path)/checkpoint-4")
      {
        let fault = #expect(throws: Fault.self) { try result.get() }
        #expect(fault?.place == "ranks")
        #expect(fault?.hint?.contains(hint) == true, "\(fault?.description ?? "")")
      }
    }
  }

  @Test func `MPI-9 an epoch that would end in another step is refused`() throws {
    let run = try pair(37)
    try Places.withTemporaryFolder { folder in
      _ = try samples(run, ranks: 2, folder: folder, [])
      for result in try weights(
        run, ranks: 3, folder: folder, Self.saving + ["per_device_train_batch_size=2"],
        from: "\(folder.path)/checkpoint-2")
      {
        let fault = #expect(throws: Fault.self) { try result.get() }
        #expect(fault?.hint?.contains("as many ranks as before") == true)
      }
    }
  }

  @Test func `MPI-5 a run of two ranks goes on with the same bits`() throws {
    let run = try #require(try Self.recorded().first { $0.name == "two-accumulated" })
    try Places.withTemporaryFolder { folder in
      func weights(_ name: String, from checkpoint: String? = nil) throws -> [[Float]] {
        try ThreadRanks.run(2) { ranks in
          let trainer = try Trainer(
            run.task(),
            run.arguments(
              folder: folder.appendingPathComponent(name).path,
              settings: ["save_strategy=epoch", "save_total_limit=9"]), ranks: ranks)
          _ = try trainer.train(resumingFrom: checkpoint)
          return try trainer.task.parameters.entries.flatMap {
            try trainer.task.parameters.tensor($0).elements
          }
        }.map { try $0.get() }
      }
      let whole = try weights("whole")
      #expect(whole[0] == whole[1])
      let checkpoints = CheckpointFolders(folder.appendingPathComponent("whole").path).all()
      #expect(checkpoints.count > 2)
      for checkpoint in checkpoints {
        #expect(try weights("again", from: checkpoint.path) == whole, "\(checkpoint.path)")
      }
    }
  }
}
