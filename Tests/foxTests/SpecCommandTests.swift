import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("fox spec", .counted)
struct SpecCommandTests {
  private func run(_ arguments: [String]) throws -> FoxProcess {
    try FoxProcess.run(["spec"] + arguments)
  }

  @Test
  func `CLI-91 a clause with its tests, golden, source and command`() throws {
    let run = try run(["beam-3"])
    #expect(run.status == 0, "\(run.error)")
    #expect(run.output.hasPrefix("BEAM-3 · "))
    for words in [
      "of equal scores", "BeamSearchTests.swift:", "Golden/decoding/beam.json", "Sources/",
      #"swift test --filter '\bBEAM-3\b'"#,
    ] {
      #expect(run.output.contains(words), "\(words) is not in \(run.output)")
    }
    #expect(run.output.split(separator: "\n").dropFirst().allSatisfy { $0.hasPrefix("  ") })
  }

  @Test
  func `CLI-91 all clauses, those of a question, and JSON`() throws {
    let list = try run([])
    #expect(list.status == 0 && list.output.contains("\n  BEAM-3 "))
    let question = try run(["Q1.5"])
    #expect(question.status == 0 && question.output.contains("PROC-2 · "))
    #expect(!question.output.contains("BPE-1 · "))
    let document = try JSON.parse(Array(try run(["GPT2-4", "--json"]).output.utf8))
    let clause = try #require(document["clauses"]?.array?.first?.object)
    #expect(
      clause.members.map(\.key) == [
        "id", "section", "rule", "homework", "tests", "goldens", "sources", "command",
      ])
    #expect(clause["tests"]?.array?.isEmpty == false)
  }

  @Test
  func `CLI-91 a folder without tests is not the package`() throws {
    try Places.withTemporaryFolder { folder in
      for name in ["SPEC.md", "Package.swift"] {
        try AtomicFile.write([], to: "\(folder.path)/\(name)")
      }
      let run = try FoxProcess.runShell("cd '\(folder.path)' && '\(FoxProcess.path)' spec BEAM-3")
      #expect(run.status == 0 && run.output.hasPrefix("BEAM-3 · "), "\(run.error)")
    }
  }

  @Test
  func `CLI-91 an unknown id ends with 1 and the nearest ones`() throws {
    let run = try run(["BEAM-333"])
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(run.error.contains("BEAM-333") && run.error.contains("near it are BEAM-"))
    #expect(try self.run(["nothing"]).error.contains("fox spec lists them"))
  }
}
