import Foundation
import FoxFiles
import TestSupport
import Testing

/// A command that writes, and what must hold when it is killed.
struct WritingCommand: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// Of a folder: the words of the command.
  let arguments: @Sendable (String) -> [String]
  /// Makes what the command reads, and older files that it replaces.
  var prepare: @Sendable (String) throws -> Void = { _ in }
  /// Files that are whole whenever they are there: the old bytes, or those of a run to the end.
  let files: [String]
}

@Suite("Every command that writes, killed", .counted, .serialized)
struct KillTests {
  private static let size = [
    "vocab_size=512", "n_positions=16", "n_embd=24", "n_layer=1", "n_head=2",
  ].flatMap { ["--set", $0] }

  static let commands: [WritingCommand] = [
    .init(
      testDescription: "init",
      arguments: { ["init", "gpt2", "--out", "\($0)/m", "--tokenizer", FoxProcess.model] + size },
      files: ["m/model.safetensors", "m/tokenizer.json", "m/config.json"]),
    .init(
      testDescription: "convert",
      arguments: { ["convert", FoxProcess.model, "\($0)/m.bin"] },
      prepare: { try AtomicFile.write([1, 2, 3], to: "\($0)/m.bin") }, files: ["m.bin"]),
    .init(
      testDescription: "logits",
      arguments: {
        ["logits", "--ids", "1,2", "--model", FoxProcess.model, "--out", "\($0)/l.safetensors"]
      }, files: ["l.safetensors"]),
    .init(
      testDescription: "homework",
      arguments: {
        ["homework", "q1.1", "--model", FoxProcess.model, "--save", "\($0)/r.json"]
      },
      prepare: { folder in
        let earlier = try FoxProcess.run([
          "homework", "q1.2", "--prompts", "1", "--model", FoxProcess.model, "--save",
          "\(folder)/r.json",
        ])
        #expect(earlier.status == 0, "\(earlier.error)")
      }, files: ["r.json"]),
    .init(
      testDescription: "report",
      arguments: {
        ["report", "\($0)/r.html", "--results", "\($0)/a.json", "--json", "\($0)/b.json"]
      },
      prepare: { folder in
        let earlier = try FoxProcess.run([
          "homework", "q1.1", "--model", FoxProcess.model, "--save", "\(folder)/a.json",
        ])
        #expect(earlier.status == 0, "\(earlier.error)")
        try AtomicFile.write([1, 2, 3], to: "\(folder)/b.json")
      }, files: ["r.html", "a.json", "b.json"]),
    .init(
      testDescription: "augment",
      arguments: {
        [
          "augment", "--input", "\($0)/in.tsv", "--dev", "\($0)/in.tsv", "--output", "\($0)/out",
          "--cache", "\($0)/cache.jsonl", "--translator", "recorded:\($0)/t.jsonl",
        ]
      },
      prepare: { folder in
        let texts = (0..<5).map { "text \($0)" }
        let rows = texts.map { "\($0)\t1\n" }.joined()
        try AtomicFile.write(Array("sentence\tlabel\n\(rows)".utf8), to: "\(folder)/in.tsv")
        func line(_ path: JSON, _ text: String, _ translation: String) -> String {
          let members: JSON = [
            "path": path, "text": .string(text), "translation": .string(translation),
          ]
          return members.text() + "\n"
        }
        let lines = texts.map {
          line(["eng", "spa"], $0, "\($0) allá")
            + line(["spa", "eng"], "\($0) allá", "\($0) there")
        }
        try AtomicFile.write(Array(lines.joined().utf8), to: "\(folder)/t.jsonl")
      },
      files: ["out/train.tsv", "out/train.csv", "out/dev.tsv", "out/dev.csv", "in.tsv", "t.jsonl"]),
  ]

  /// All files below a folder, by their paths.
  private func contents(_ folder: String) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      contents[path] = FileManager.default.contents(atPath: "\(folder)/\(path)")
    }
    return contents
  }

  // Before, what was left of a killed command stayed for ever. FOX_HEAVY=1: some 360 kills.
  @Test(
    .enabled(if: KillPoint.library != nil, "needs a C compiler"),
    arguments: commands)
  func `CLI-18 FILE-4 FILE-10 killed at any call, nothing is lost and nothing left over`(
    command: WritingCommand
  ) throws {
    // Every run in the same folder: results may name it.
    try Places.withTemporaryFolder { parent in
      let folder = parent.appendingPathComponent("work").path
      func begin() throws -> [String: Data] {
        try? FileManager.default.removeItem(atPath: folder)
        try Folder.create(folder)
        try command.prepare(folder)
        return try contents(folder)
      }
      _ = try begin()
      let calls = try KillPoint.count(command.arguments(folder))
      let whole = try contents(folder)
      #expect(command.files.allSatisfy { whole[$0] != nil }, "\(whole.keys)")
      var random = Seeded(18)
      let count = Tier.heavy.isAvailable ? 60 : 4
      for call in Array(1...calls).shuffled(using: &random).prefix(count).sorted() {
        let before = try begin()
        let end = try KillPoint.run(command.arguments(folder), at: call)
        #expect(end.isKilled, "call \(call) of \(calls): \(end.error)")
        let after = try contents(folder)
        for file in command.files {
          let isWhole = after[file] == before[file] || after[file] == whole[file]
          #expect(isWhole, "\(file) after call \(call) of \(calls)")
        }
        // A model is begun anew only where there is none.
        if command.testDescription == "init" {
          #expect(after["m/config.json"] == nil || after["m/model.safetensors"] != nil)
          if after["m/model.safetensors"] != nil {
            try FileManager.default.removeItem(atPath: "\(folder)/m/model.safetensors")
            try? FileManager.default.removeItem(atPath: "\(folder)/m/config.json")
          }
        }
        let again = try FoxProcess.run(command.arguments(folder))
        #expect(again.status == 0, "\(again.error)")
        let rest = try contents(folder)
        #expect(Set(rest.keys) == Set(whole.keys), "call \(call) of \(calls)")
        for file in command.files { #expect(rest[file] == whole[file], "\(file)") }
      }
    }
  }

  /// The weights of all seeds, and the record without times.
  private func result(_ folder: ClassifierFolder) throws -> [String] {
    let weights = try ["seed-1", "seed-2"].map { seed in
      try MappedFile(path: "\(folder.output)/\(seed)/model.safetensors").withBytes {
        SHA256.hash(of: $0).hexadecimal
      }
    }
    let record = try JSON.read(path: "\(folder.output)/seeds.json").text(.indented)
    return weights
      + record.split(separator: "\n").filter {
        !$0.contains("_runtime") && !$0.contains("_per_second") && !$0.contains(folder.path)
      }.map(String.init)
  }

  @Test(.enabled(if: KillPoint.library != nil, "needs a C compiler"))
  func `CLI-18 CLASS-7 killed at any call, the runs of all seeds end with the same bits`() throws {
    try ClassifierFolder.with([("save_steps", 1), ("seed", 1)]) { folder in
      let arguments = [
        "train", "classifier", "\(folder.path)/config.json", "--seeds", "1,2", "--resume",
      ]
      let calls = try KillPoint.count(arguments)
      let whole = try result(folder)
      var random = Seeded(7)
      for _ in 0..<(Tier.heavy.isAvailable ? 40 : 3) {
        try FileManager.default.removeItem(atPath: folder.output)
        let end = try KillPoint.run(arguments, at: Int.random(in: 1...calls, using: &random))
        #expect(end.isKilled, "\(end.error)")
        let again = try FoxProcess.run(arguments)
        #expect(again.status == 0, "\(again.error)")
        #expect(try result(folder) == whole)
        let left = try FileManager.default.subpathsOfDirectory(atPath: folder.output)
        #expect(!left.contains { $0.hasSuffix(".tmp") }, "\(left)")
      }
    }
  }
}
