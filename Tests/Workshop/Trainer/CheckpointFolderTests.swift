import Foundation
import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Folders of checkpoints", .counted)
struct CheckpointFolderTests {
  private func withFolder(_ body: (String, CheckpointFolders) throws -> Void) throws {
    try Places.withTemporaryFolder { try body($0.path, CheckpointFolders($0.path)) }
  }

  private func write(_ folders: CheckpointFolders, _ steps: [Int]) throws {
    for step in steps {
      _ = try folders.write(step: step) { folder in
        try AtomicFile.write(Array("{}".utf8), to: "\(folder)/run_state.json")
      }
    }
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  @Test
  func `CKPT-2 by steps, complete ones only`() throws {
    try withFolder { folder, folders in
      #expect(folders.last() == nil && folders.isEmpty())
      try write(folders, [10, 9, 100])
      for name in ["checkpoint-200", "checkpoint-007", "checkpoint-x", "other"] {
        try Folder.create("\(folder)/\(name)")
      }
      try AtomicFile.write([], to: "\(folder)/checkpoint-007/run_state.json")
      #expect(folders.all().map(\.step) == [9, 10, 100])
      #expect(folders.last() == "\(folder)/checkpoint-100" && !folders.isEmpty())
    }
  }

  @Test
  func `CKPT-2 one that fails leaves nothing; one that is there is replaced`() throws {
    try withFolder { folder, folders in
      #expect(throws: Fault.self) {
        try folders.write(step: 1) { inside in
          try AtomicFile.write([1], to: "\(inside)/a")
          throw Fault.unwritable(path: inside, reason: "full")
        }
      }
      #expect(try names(folder) == [])
      try write(folders, [1])
      try AtomicFile.write([], to: "\(folder)/checkpoint-1/old")
      try write(folders, [1])
      #expect(try names(folder) == ["checkpoint-1"])
      #expect(try names("\(folder)/checkpoint-1") == ["run_state.json"])
    }
  }

  @Test(
    arguments: [
      (0, nil, [1, 2, 3, 4, 5]), (1, nil, [5]), (3, nil, [3, 4, 5]), (9, nil, [1, 2, 3, 4, 5]),
      (1, 2, [2, 5]), (2, 2, [2, 5]), (3, 2, [2, 4, 5]), (1, 5, [5]), (2, 4, [4, 5]),
    ] as [(Int, Int?, [Int])])
  func `CKPT-3 rotation keeps the newest and the best`(limit: Int, best: Int?, left: [Int]) throws {
    try withFolder { folder, folders in
      try write(folders, [1, 2, 3, 4, 5])
      // The best one may be named from another place.
      folders.rotate(limit: limit, best: best.map { "elsewhere/checkpoint-\($0)" })
      #expect(folders.all().map(\.step) == left)
      #expect(try names(folder).count == left.count)
    }
  }

  @Test
  func `CKPT-2 what killed runs left is removed; what others write is not`() throws {
    try withFolder { folder, folders in
      let dead = 2_000_000_000  // above any process id
      for name in [
        ".checkpoint-3.\(dead)-17.tmp", ".checkpoint-4.\(getpid())-17.tmp",
        ".checkpoint-5.1-17.tmp",
        ".checkpoint-6.tmp", "checkpoint-7.1-1.tmp", ".notes.tmp",
      ] {
        try Folder.create("\(folder)/\(name)")
        try AtomicFile.write([1], to: "\(folder)/\(name)/model.safetensors")
      }
      try Data().write(to: URL(fileURLWithPath: "\(folder)/.model.safetensors.\(dead)-9.tmp"))
      #expect(folders.clean() == 3)
      #expect(
        try names(folder) == [
          ".checkpoint-5.1-17.tmp", ".checkpoint-6.tmp", ".notes.tmp", "checkpoint-7.1-1.tmp",
        ])
    }
  }

  @Test
  func `CKPT-4 where a run begins`() throws {
    try withFolder { parent, _ in
      let folder = "\(parent)/a/b"
      let folders = CheckpointFolders(folder)
      var arguments = TrainingArguments(outputFolder: folder)
      var notes: [String] = []
      func begin(_ resumes: Bool = false) throws -> String? {
        notes = []
        return try RunFolder.prepare(arguments, resumes: resumes) { notes.append($0) }
      }
      #expect(try begin() == nil && begin(true) == nil)
      #expect(notes == ["\(folder): there is no checkpoint; beginning at the beginning"])
      arguments.start = .lastCheckpoint
      let none = #expect(throws: Fault.self) { try begin() }
      #expect(none?.subject == folder && none?.found == "no complete checkpoint")
      arguments.start = .automatic
      try AtomicFile.write([1], to: "\(folder)/notes.txt")
      for resumes in [false, true] {
        let full = #expect(throws: Fault.self) { try begin(resumes) }
        #expect(full?.subject == folder && full?.hint?.contains("overwrite_output_dir") == true)
      }
      arguments.overwritesOutput = true
      #expect(try begin() == nil && begin(true) == nil)
      try write(folders, [3, 12])
      #expect(try begin() == nil && notes.isEmpty)
      #expect(try begin(true) == "\(folder)/checkpoint-12")
      arguments.overwritesOutput = false
      #expect(try begin() == "\(folder)/checkpoint-12")
      #expect(notes.first?.contains("checkpoint found, going on from it") == true)
      arguments.start = .checkpoint("\(folder)/checkpoint-3")
      #expect(try begin() == "\(folder)/checkpoint-3")
      arguments.start = .checkpoint("\(folder)/checkpoint-4")
      #expect(throws: Fault.self) { try begin() }
      (arguments.start, arguments.trains) = (.automatic, false)
      #expect(try begin() == nil)
    }
  }

  // Before, a run that came to step 9 removed the other program's checkpoint.
  @Test
  func `CKPT-9 a checkpoint of another program is not taken for ours, nor replaced unasked`() throws
  {
    try withFolder { folder, folders in
      var arguments = TrainingArguments(outputFolder: folder)
      try write(folders, [3])
      try Folder.create("\(folder)/checkpoint-9")
      #expect(try RunFolder.prepare(arguments, resumes: true) == "\(folder)/checkpoint-3")
      try AtomicFile.write([1], to: "\(folder)/checkpoint-9/pytorch_model.bin")
      for resumes in [false, true] {
        let refused = fault { try RunFolder.prepare(arguments, resumes: resumes) }
        #expect(refused?.subject == "\(folder)/checkpoint-9")
      }
      arguments.overwritesOutput = true
      #expect(throws: Fault.self) { try RunFolder.prepare(arguments, resumes: true) }
      #expect(try RunFolder.prepare(arguments, resumes: false) == nil)
      #expect(try names("\(folder)/checkpoint-9") == ["pytorch_model.bin"])
    }
  }

  @Test
  func `CKPT-4 a run that begins anew replaces the checkpoints of the one before`() throws {
    try withFolder { folder, folders in
      let first = ResumeTests.arguments(folder) { $0.saveSteps = 1 }
      _ = try ResumeTests.trainer(first).train()
      #expect(folders.all().map(\.step) == [1, 2, 3, 4, 5, 6, 7])
      let second = ResumeTests.arguments(folder) { ($0.saveSteps, $0.seed) = (3, 1) }
      let trainer = try ResumeTests.trainer(second)
      var steps = 0
      trainer.isInterrupted = {
        steps += 1
        return steps > 4
      }
      #expect(throws: Interrupted.self) { try trainer.train() }
      // Until it has one of its own, the old ones stay.
      #expect(folders.all().count == 7)
      _ = try ResumeTests.trainer(second).train()
      #expect(folders.all().map(\.step) == [3, 6])
    }
  }
}
