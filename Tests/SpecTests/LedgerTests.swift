import Foundation
import TestSupport
import Testing

/// The table is printed by a process that ends; so these start the tests' own program once more.
@Suite("The table at the end of a run", .counted, .serialized)
struct LedgerTests {
  /// Runs the tests of this program that match `filter`.
  private func run(_ filter: String) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["--testing-library", "swift-testing", "--quiet", "--filter", filter]
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, FileHandle.nullDevice)
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  @Test
  func `SPEC-7 what was verified, by chapter and room`() throws {
    let run = try run("ContractTests")
    #expect(run.status == 0)
    #expect(run.output.contains("✔ Contract: The contract, 5 tests"), "\(run.output)")
    #expect(run.output.contains("Workshop\n  Contract"), "\(run.output)")
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test
  func `SPEC-7 a filter that matches nothing is a failure`() throws {
    let run = try run("BEAM-333")
    #expect(run.status != 0)
    #expect(run.output.contains("no test matches 'BEAM-333'"), "\(run.output)")
    #expect(run.output.contains("no clause BEAM-333; near it are BEAM-"), "\(run.output)")
  }
}
