import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("fox train lm, stopped from outside")
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

  @Test("killed at any moment, it ends with the same bits", .spec("CKPT-5", "CLI-52"))
  func killed() throws {
    let whole = try Self.whole.get()
    try Self.withFolder { folder in
      var (kills, last) = (0, 0)
      var random = Seeded(1)
      while true {
        // Every third start is killed before it has got anywhere. The others save at least once, so that
        // the run comes to its end, and are killed at a moment of chance after that: how long a save
        // takes on this machine is measured, not assumed.
        let isEarly = kills % 3 == 0
        let saves = isEarly ? 0 : Int.random(in: 1...3, using: &random)
        let part = Double.random(in: 0..<1, using: &random)
        var (start, wait) = (Date(), nil as Double?)
        let ended = try folder.end(by: SIGKILL, ["--resume"]) {
          if wait == nil, isEarly || folder.lastCheckpoint >= last + saves {
            wait = part * (isEarly ? 0.05 : -start.timeIntervalSinceNow / Double(saves))
            start = Date()
          }
          return wait.map { -start.timeIntervalSinceNow >= $0 } ?? false
        }
        if ended.reason == .exit {
          #expect(ended.status == 0, "\(ended.error)")
          break
        }
        kills += 1
        last = max(last, folder.lastCheckpoint)
        try #require(kills < 400)
      }
      #expect(kills >= 3)
      #expect(try folder.result() == whole)
      #expect(!folder.names().contains { $0.hasSuffix(".tmp") })
    }
  }

  @Test("killed in the middle of every save", .spec("CKPT-2", "CKPT-5", "CLI-52"))
  func saving() throws {
    let whole = try Self.whole.get()
    try Self.withFolder { folder in
      var kills = 0
      var last = 0
      while true {
        let ended = try folder.end(by: SIGKILL, ["--resume"]) {
          // A temporary folder: a checkpoint comes or goes. Every second time a save must be done first.
          folder.names().contains { $0.hasPrefix(".checkpoint-") }
            && (kills % 2 == 0 || folder.lastCheckpoint > last)
        }
        if ended.reason == .exit {
          #expect(ended.status == 0, "\(ended.error)")
          break
        }
        kills += 1
        // What is there under its name is whole.
        for name in folder.names() where name.hasPrefix("checkpoint-") {
          let path = "\(folder.output)/\(name)"
          #expect(try JSON.read(path: "\(path)/run_state.json")["format"]?.integer == 1)
          let tensors = try FoxProcess.run(["inspect", path])
          #expect(tensors.status == 0, "\(tensors.error)")
        }
        last = max(last, folder.lastCheckpoint)
        // A kill that comes too early for any progress must not go on forever.
        if kills > 60 { break }
      }
      #expect(kills >= 2)
      #expect(try folder.train(["--resume"]).status == 0)
      #expect(try folder.result() == whole)
    }
  }

  @Test(
    "Ctrl-C: 130, no temporaries, and it goes on; termination: 143", .spec("CLI-53", "CKPT-5"),
    arguments: [SIGINT, SIGTERM])
  func interrupted(signal: Int32) throws {
    let whole = try Self.whole.get()
    try Self.withFolder { folder in
      let ended = try folder.end(by: signal) { folder.names().contains("checkpoint-2") }
      #expect(ended.reason == .exit && ended.status == 128 + signal, "\(ended.error)")
      #expect(ended.error.contains("fox: interrupted after step "))
      #expect(ended.error.contains("--resume goes on from \(folder.output)/checkpoint-"))
      #expect(!folder.names().contains { $0.hasSuffix(".tmp") })
      #expect(try folder.train().status == 0)
      #expect(try folder.result() == whole)
    }
  }

  @Test("a file that may not grow, in the middle of a save", .spec("CLI-54", "CKPT-2"))
  func limited() throws {
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

  @Test(
    "a disk that fills up in the middle of a save", .spec("CLI-54", "CKPT-2"),
    .enabled(if: TrainKillTests.canMount, "mounting a small disk needs root"))
  func fullDisk() throws {
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
