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
