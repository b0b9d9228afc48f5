import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("fox train lm, stopped from outside", .counted)
struct TrainKillTests {
  private static let change: [(key: String, value: JSON)] = [
    ("save_steps", 1), ("save_total_limit", 2), ("gradient_accumulation_steps", 3),
    ("num_train_epochs", 2), ("do_eval", true), ("evaluation_strategy", "steps"),
    ("eval_steps", 4), ("log_level", "error"),
  ]

  private static func withFolder(_ body: (TrainFolder) throws -> Void) throws {
    try TrainFolder.with { folder in
      try folder.configure(change + [("validation_file", .string("\(folder.path)/dev.json"))])
      try body(folder)
    }
  }

  /// The result of a run that nobody stops.
  private static let whole = Result {
    var result: [String] = []
    try withFolder { folder in
      let run = try folder.train()
      #expect(run.status == 0, "\(run.error)")
      // Paths differ from folder to folder.
      result = try folder.result()
    }
    return result
  }

  // The moments are calls that change a file, not times: how fast the machine is does not matter.
  // FOX_HEAVY=1: some hundred kills.
  @Test(.enabled(if: KillPoint.library != nil, "needs a C compiler"))
  func `CKPT-2 CKPT-5 CLI-52 killed at any moment, it ends with the same bits`() throws {
    let whole = try Self.whole.get()
    let calls = try Self.calls()
    var random = Seeded(1)
    for _ in 0..<(Tier.heavy.isAvailable ? 12 : 1) {
      try Self.withFolder { folder in
        var kills = 0
        while true {
          // Every third start is killed before it has got anywhere. The others get as far as two
          // checkpoints of the run, so that it comes to its end.
          let limit = kills % 3 == 0 ? 12 : calls / 4
          let end = try KillPoint.run(
            ["train", "lm", folder.configuration, "--resume"],
            at: Int.random(in: limit / 2...limit, using: &random))
          if !end.isKilled {
            #expect(end.status == 0, "\(end.error)")
            break
          }
          kills += 1
          try expectWholeCheckpoints(folder)
          try #require(kills < 200)
        }
        #expect(kills >= 3)
        #expect(try folder.result() == whole)
        #expect(!folder.names().contains { $0.hasSuffix(".tmp") })
      }
    }
  }

  @Test(.enabled(if: KillPoint.library != nil, "needs a C compiler"))
  func `CKPT-2 CKPT-5 CLI-52 killed in the middle of a save, then it goes on`() throws {
    let whole = try Self.whole.get()
    let calls = try Self.calls()
    let count = Tier.heavy.isAvailable ? 60 : 6
    for index in 0..<count {
      try Self.withFolder { folder in
        // Calls in a row: those of a checkpoint that comes while an old one goes.
        let end = try KillPoint.run(
          ["train", "lm", folder.configuration], at: calls / 2 + index * (60 / count))
        #expect(end.isKilled, "\(end.error)")
        try expectWholeCheckpoints(folder)
        #expect(try folder.train(["--resume"]).status == 0)
        #expect(try folder.result() == whole)
        #expect(!folder.names().contains { $0.hasSuffix(".tmp") })
      }
    }
  }

  /// How many calls of a run change a file.
  private static func calls() throws -> Int {
    var calls = 0
    try withFolder { calls = try KillPoint.count(["train", "lm", $0.configuration]) }
    return calls
  }

  /// What is there under its name is whole.
  private func expectWholeCheckpoints(_ folder: TrainFolder) throws {
    for name in folder.names() where name.hasPrefix("checkpoint-") {
      let path = "\(folder.output)/\(name)"
      #expect(try JSON.read(path: "\(path)/run_state.json")["format"]?.integer == 1)
      let tensors = try FoxProcess.run(["inspect", path])
      #expect(tensors.status == 0, "\(tensors.error)")
    }
  }

  @Test(
    .enabled(if: KillPoint.library != nil, "needs a C compiler"), arguments: [SIGINT, SIGTERM])
  func `CLI-53 CKPT-5 Ctrl-C: 130, no temporaries, and it goes on; termination: 143`(signal: Int32)
    throws
  {
    let whole = try Self.whole.get()
    try Self.withFolder { folder in
      let ended = try KillPoint.run(
        ["train", "lm", folder.configuration], at: Self.calls() / 2, by: signal)
      #expect(!ended.isKilled && ended.status == 128 + signal, "\(ended.error)")
      #expect(ended.error.contains("fox: interrupted after step "))
      #expect(ended.error.contains("a resumed run goes on from \(folder.output)/checkpoint-"))
      #expect(!folder.names().contains { $0.hasSuffix(".tmp") })
      #expect(try folder.train().status == 0)
      #expect(try folder.result() == whole)
    }
  }

  @Test
  func `CLI-54 CKPT-2 a file that may not grow, in the middle of a save`() throws {
    let whole = try Self.whole.get()
    try Self.withFolder { folder in
      // The moments do not fit into the limit (in KB), the weights do.
      let run = try FoxProcess.runShell(
        "ulimit -f 120; \(FoxProcess.path) train lm \(folder.configuration)")
      #expect(run.status == 1, "\(run.error)")
      #expect(run.error.contains("optimizer.safetensors: found the error \"File too large\""))
      #expect(folder.names() == [])
      #expect(try folder.train().status == 0)
      #expect(try folder.result() == whole)
    }
  }

  @Test(.enabled(if: TrainKillTests.canMount, "mounting a small disk needs root"))
  func `CLI-54 CKPT-2 a disk that fills up in the middle of a save`() throws {
    let whole = try Self.whole.get()
    try Self.withFolder { folder in
      try Folder.create(folder.output)
      let mount = "mount -t tmpfs -o size=900k tmpfs \(folder.output)"
      #expect(try FoxProcess.runShell(mount).status == 0)
      defer { _ = try? FoxProcess.runShell("umount \(folder.output)") }
      let run = try folder.train()
      #expect(run.status == 1, "\(run.error)")
      #expect(run.error.contains("No space left on device"), "\(run.error)")
      let names = folder.names()
      #expect(names == ["checkpoint-1", "checkpoint-2"], "\(names)")
      let more = "mount -o remount,size=8m \(folder.output)"
      #expect(try FoxProcess.runShell(more).status == 0)
      let again = try folder.train(["--resume"])
      #expect(again.status == 0, "\(again.error)")
      #expect(try folder.result() == whole)
    }
  }

  static let canMount: Bool = {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fox-\(getpid())")
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let command = "mount -t tmpfs -o size=64k tmpfs \(folder.path) && umount \(folder.path)"
    return (try? FoxProcess.runShell(command).status == 0) ?? false
  }()
}
