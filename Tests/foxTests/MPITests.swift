import Foundation
import FoxFiles
import TestSupport
import Testing

/// Ranks that `mpirun` starts, as a user starts them.
@Suite("fox train lm on ranks", .counted, .tier(.mpi), .serialized)
struct MPITests {
  private static let change: [(key: String, value: JSON)] = [
    ("save_steps", 1), ("save_total_limit", 2), ("gradient_accumulation_steps", 2),
    ("num_train_epochs", 2), ("log_level", "error"), ("per_device_train_batch_size", 2),
  ]

  /// As root, and with more ranks than cores. Ranks that are left have five seconds for a message.
  private static let environment = [
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_odls_base_sigkill_timeout": "5",
    "OPENBLAS_NUM_THREADS": "1",
  ]

  private static func withFolder(
    _ more: [(key: String, value: JSON)] = [], _ body: (TrainFolder) throws -> Void
  ) throws {
    try TrainFolder.with(change + more) { try body($0) }
  }

  /// The words after `env`: `mpirun`, so many ranks, and what they do.
  private static func command(_ folder: TrainFolder, ranks: Int, _ options: [String]) -> [String] {
    ["mpirun", "-n", "\(ranks)", Tier.mpiProgram ?? "", "train", "lm", folder.configuration]
      + options
  }

  private static func train(
    _ folder: TrainFolder, ranks: Int = 2, _ options: [String] = []
  ) throws -> FoxProcess {
    try FoxProcess.run(
      command(folder, ranks: ranks, options), environment: environment, program: "/usr/bin/env")
  }

  /// What a run that nobody stops ends with.
  private static let whole = Result {
    var result: [String] = []
    try withFolder { folder in
      let run = try train(folder)
      #expect(run.status == 0, "\(run.error)")
      result = try folder.result()
    }
    return result
  }

  /// How often a rank calls MPI or changes a file, from its first call of MPI on.
  private static func calls(_ rank: Int) throws -> Int {
    var calls = 0
    try withFolder { folder in
      calls = try KillPoint.count(
        command(folder, ranks: 2, []),
        environment: environment.merging(["FOX_KILL_RANK": "\(rank)"]) { $1 },
        program: "/usr/bin/env")
    }
    return calls
  }

  private static func stop(
    _ folder: TrainFolder, rank: Int, at call: Int, by signal: Int32 = SIGKILL
  ) throws -> KillPoint.End {
    try KillPoint.run(
      command(folder, ranks: 2, []), at: call, by: signal,
      environment: environment.merging(["FOX_KILL_RANK": "\(rank)"]) { $1 },
      program: "/usr/bin/env")
  }

  // The moments are calls of MPI and of files, not times. FOX_HEAVY=1: 20 kills.
  @Test(.enabled(if: KillPoint.library != nil, "needs a C compiler"))
  func `MPI-7 MPI-5 a rank is killed at any moment: all end, and a resumed run has the same bits`()
    throws
  {
    let whole = try Self.whole.get()
    let calls = try [Self.calls(0), Self.calls(1)]
    var random = Seeded(19)
    for kill in 0..<(Tier.heavy.isAvailable ? 20 : 3) {
      try Self.withFolder { folder in
        let rank = Int.random(in: 0...1, using: &random)
        // From the watch's beginning to before its end.
        let call = Int.random(in: 6...calls[rank] * 9 / 10, using: &random)
        let end = try Self.stop(folder, rank: rank, at: call)
        let name = "kill \(kill): rank \(rank) at \(call) of \(calls[rank])\n\(end.error)"
        #expect(!end.isKilled && end.status == 128 + SIGKILL, "\(name)")
        let last = CheckpointNames.last(folder.names())
        let words =
          last.map { "the last good checkpoint is \(folder.output)/\($0)" }
          ?? "there is no checkpoint yet"
        #expect(end.error.contains("rank \(1 - rank): rank \(rank) is gone; \(words)"), "\(name)")
        let again = try Self.train(folder, ["--resume"])
        #expect(again.status == 0, "\(name)\n\(again.error)")
        #expect(try folder.result() == whole, "\(name)")
        #expect(!folder.names().contains { $0.hasSuffix(".tmp") }, "\(name)")
      }
    }
  }

  @Test(.enabled(if: KillPoint.library != nil, "needs a C compiler"), arguments: [0, 1])
  func `MPI-8 a signal to one rank: the step is finished, a checkpoint written, all ranks end`(
    rank: Int
  ) throws {
    let whole = try Self.whole.get()
    let calls = try Self.calls(rank)
    try Self.withFolder([("save_steps", 1000)]) { folder in
      let end = try Self.stop(folder, rank: rank, at: calls / 3, by: SIGINT)
      #expect(end.status == 130, "\(end.error)")
      let name = try #require(CheckpointNames.last(folder.names()), "\(end.error)")
      let step = name.dropFirst("checkpoint-".count)
      #expect(
        end.error.contains(
          "fox: interrupted after step \(step); a resumed run goes on from \(folder.output)/\(name)"
        ))
      #expect(try Self.train(folder, ["--resume"]).status == 0)
      // The settings of logs and checkpoints are in the state, the weights are the same.
      #expect(try folder.result().first == whole.first)
    }
  }

  @Test func `MPI-8 mpirun passes SIGUSR1 on`() throws {
    try Self.withFolder([("num_train_epochs", 100_000)]) { folder in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = Self.command(folder, ranks: 2, [])
      process.environment = ProcessInfo.processInfo.environment.merging(Self.environment) { $1 }
      process.standardOutput = FileHandle.nullDevice
      let error = Pipe()
      process.standardError = error
      try process.run()
      let began = try Waiting.until("a checkpoint", of: process) {
        CheckpointNames.last(folder.names()) != nil
      }
      kill(process.processIdentifier, SIGUSR1)
      let words = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(began && process.terminationStatus == 128 + SIGUSR1, "\(words)")
      let name = try #require(CheckpointNames.last(folder.names()))
      #expect(words.contains("a resumed run goes on from \(folder.output)/\(name)"), "\(words)")
    }
  }

  @Test(
    .enabled(if: KillPoint.library != nil, "needs a C compiler"),
    .enabled(if: TwoHosts.areAvailable, "network namespaces need root and a kernel that has them"))
  func `MPI-7 MPI-11 two hosts: the same bits, and a rank that is killed on one ends both`() throws
  {
    let whole = try Self.whole.get()
    let calls = try Self.calls(1)
    let made = try TwoHosts.with { hosts in
      func train(_ folder: TrainFolder, _ options: [String] = []) -> [String] {
        hosts.mpirun + [Tier.mpiProgram ?? "", "train", "lm", folder.configuration] + options
      }
      try Self.withFolder { folder in
        let run = try FoxProcess.run(
          train(folder), environment: Self.environment, program: "/usr/bin/env")
        #expect(run.status == 0, "\(run.error)")
        #expect(try folder.result() == whole)
      }
      try Self.withFolder { folder in
        let end = try KillPoint.run(
          train(folder), at: calls / 2,
          environment: Self.environment.merging(["FOX_KILL_RANK": "1"]) { $1 },
          program: "/usr/bin/env")
        #expect(!end.isKilled && end.status == 128 + SIGKILL, "\(end.error)")
        let last = try #require(CheckpointNames.last(folder.names()))
        #expect(
          end.error.contains("the last good checkpoint is \(folder.output)/\(last)"),
          "\(end.error)")
        let again = try FoxProcess.run(
          train(folder, ["--resume"]), environment: Self.environment, program: "/usr/bin/env")
        #expect(again.status == 0, "\(again.error)")
        #expect(try folder.result() == whole)
      }
    }
    #expect(made)
  }

  @Test func `MPI-4 a rank with another program or other data is refused by name`() throws {
    try Self.withFolder { folder in
      let fox = try #require(Tier.mpiProgram)
      let other = "\(folder.path)/fox"
      try FileManager.default.copyItem(atPath: fox, toPath: other)
      let file = try #require(FileHandle(forWritingAtPath: other))
      try file.seekToEnd()
      try file.write(contentsOf: Data([0]))
      try file.close()
      let program = try FoxProcess.run(
        ["mpirun", "-n", "1", fox, "train", "lm", folder.configuration]
          + [":", "-n", "1", other, "train", "lm", folder.configuration],
        environment: Self.environment, program: "/usr/bin/env")
      #expect(program.status == 1, "\(program.error)")
      #expect(program.error.contains("rank 1, the program (SHA-256)"), "\(program.error)")
      try folder.write(TrainFolder.stories(40, from: 1), to: "other.json")
      let data = try FoxProcess.run(
        ["mpirun", "-n", "1", fox, "train", "lm", folder.configuration]
          + [":", "-n", "1", fox, "train", "lm", folder.configuration]
          + ["--set", "train_file=\(folder.path)/other.json"],
        environment: Self.environment, program: "/usr/bin/env")
      #expect(data.status == 1, "\(data.error)")
      #expect(data.error.contains("rank 1, training data (SHA-256)"), "\(data.error)")
    }
  }
}

/// Names of checkpoints.
enum CheckpointNames {
  /// The one with the most steps.
  static func last(_ names: [String]) -> String? {
    names.filter { $0.hasPrefix("checkpoint-") }.max {
      Int($0.dropFirst("checkpoint-".count)) ?? 0 < Int($1.dropFirst("checkpoint-".count)) ?? 0
    }
  }
}
