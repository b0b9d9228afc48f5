import Foundation
import TestSupport
import Testing

@testable import FoxPages

/// A kernel that is off by a thousandth: its test fails, and the book of that run is not built.
@Suite("A wrong kernel", .counted, .serialized)
struct SpoiledTests {
  /// What a program ended with and said.
  private struct Ended {
    let status: Int32
    let said: String

    init(_ program: URL, _ arguments: [String], spoiling operation: Spoiled? = nil) throws {
      let (process, pipe) = (Process(), Pipe())
      (process.executableURL, process.arguments) = (program, arguments)
      var environment = ProcessInfo.processInfo.environment
      environment[Spoiled.variable] = operation?.rawValue
      process.environment = environment
      (process.standardOutput, process.standardError) = (pipe, pipe)
      try process.run()
      let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      (status, said) = (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
    }
  }

  /// The program of the tests, which is run again, and foxbook beside it.
  private static let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
  private static let foxbook = tests.deletingLastPathComponent().appendingPathComponent("foxbook")

  /// Runs the tests of a clause, and binds the book of that run.
  private func bind(
    _ clause: String, spoiling operation: Spoiled?, in folder: URL
  ) throws -> (tests: Ended, book: Ended, out: URL) {
    let (events, out) = (
      folder.appendingPathComponent("events.jsonl"), folder.appendingPathComponent("pages")
    )
    let attachments = folder.appendingPathComponent("attachments")
    try FileManager.default.createDirectory(at: attachments, withIntermediateDirectories: true)
    let tests = try Ended(
      Self.tests,
      [
        "--testing-library", "swift-testing", "--quiet", "--filter", "\(clause)\\b",
        "--event-stream-output-path", events.path, "--attachments-path", attachments.path,
      ], spoiling: operation)
    let book = try Ended(
      Self.foxbook,
      ["--package", Places.package.path, "--events", events.path, "--out", out.path])
    return (tests, book, out)
  }

  @Test(arguments: [
    (Spoiled.layerNorm, "TENS-5", "Tests/Book/Numbers/LayerOperationsTests.swift", "Normalization"),
    (.gelu, "TENS-4", "Tests/Book/Numbers/LayerOperationsTests.swift", "GELU"),
    (.softmax, "TENS-3", "Tests/Book/Numbers/SoftmaxTests.swift", "Softmax"),
  ])
  func `BOOK-12 no book of a run with a kernel that is off by 1e-3`(
    operation: Spoiled, clause: String, file: String, source: String
  ) throws {
    try Places.withTemporaryFolder { folder in
      let (tests, book, out) = try bind(clause, spoiling: operation, in: folder)
      #expect(tests.status != 0)
      #expect(book.status == 1 && book.said.contains("the book is not built"))
      // The line that compared, and the line of the operation.
      let gap = try #require(book.said.split(separator: "gap: ").first { $0.hasPrefix(clause) })
      #expect(
        try gap.contains(Regex("\(file):[0-9]+: ")) && gap.contains("differ by more than"),
        "\(gap)")
      #expect(try gap.contains(Regex("Sources/Book/Numbers/\(source).swift:[0-9]+")), "\(gap)")
      #expect(!FileManager.default.fileExists(atPath: out.path))
    }
  }

  @Test
  func `BOOK-12 the same run with the right kernel has no such gap`() throws {
    try Places.withTemporaryFolder { folder in
      let (tests, book, _) = try bind("TENS-5", spoiling: nil, in: folder)
      #expect(tests.status == 0, "\(tests.said.suffix(2000))")
      #expect(!book.said.contains("gap: TENS-5:"))
      #expect(book.said.contains("gap: BEAM-3: no test of the run names it"))
    }
  }
}
