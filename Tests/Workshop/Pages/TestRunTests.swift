import Foundation
import FoxContract
import FoxDecoding
import TestSupport
import Testing

@testable import FoxPages

@Suite("A run of the tests", .counted)
struct TestRunTests {
  /// The lines that Swift Testing writes for one test.
  private func stream(
    _ events: [String], ends: Bool = true, isParameterized: Bool = true
  ) -> String {
    let id = "M.S/`BEAM-3 of equal scores`()/S.swift:4:2"
    let test = """
      {"kind":"test","payload":{"id":"\(id)","isParameterized":\(isParameterized),"kind":"function",\
      "name":"`BEAM-3 of equal scores`()","sourceLocation":{"_filePath":"/p/Tests/Book/S.swift",\
      "column":2,"fileID":"M/S.swift","line":4}},"version":0}
      """
    let lines = events.map {
      #"{"kind":"event","payload":{"testID":"\#(id)","messages":[],\#($0)},"version":0}"#
    }
    let end =
      ends ? [#"{"kind":"event","payload":{"kind":"runEnded","messages":[]},"version":0}"#] : []
    return ([test] + lines + end).joined(separator: "\n") + "\n"
  }

  private func read(_ text: String) throws -> TestRun {
    try Places.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("events.jsonl")
      try Data(text.utf8).write(to: file)
      return try TestRun(events: file.path)
    }
  }

  private let ran = #""kind":"testCaseStarted""#
  private let ended = #""kind":"testEnded""#
  private let failed = """
    "kind":"issueRecorded","issue":{"isKnown":false,"sourceLocation":{"_filePath":\
    "/p/Tests/Book/S.swift","line":9}}
    """

  @Test
  func `BOOK-4 a test that ran and had no issue has passed`() throws {
    let run = try read(stream([ran, ran, ended]))
    let test = try #require(run.tests(of: "BEAM-3").first)
    #expect(test.outcome == .passed && test.cases == 2 && test.words == "of equal scores")
    #expect(test.file == "Tests/Book/S.swift" && test.line == 4)
  }

  @Test
  func `BOOK-4 a test without arguments is its own case`() throws {
    let started = #""kind":"testStarted""#
    let test = try read(stream([started, ended], isParameterized: false)).tests.first
    #expect(test?.outcome == .passed && test?.cases == 1)
  }

  @Test
  func `BOOK-4 no case, no end, an issue, a reason`() throws {
    #expect(try read(stream([ended])).tests.first?.outcome == .notRun)
    #expect(try read(stream([ran])).tests.first?.outcome == .notRun)
    let issue = try read(stream([ran, failed, ended])).tests.first?.outcome
    #expect(
      issue == .failed([.init(message: "", file: "Tests/Book/S.swift", line: 9)]))
    let skipped = #""kind":"testSkipped","messages":[{"text":"Test skipped: needs gpt2"}]"#
    #expect(
      try read(stream([]).replacing(#""messages":[],"#, with: "")).tests.first?.outcome == .notRun)
    let text = stream([skipped]).replacing(
      #""messages":[],"kind":"testSkipped""#, with: #""kind":"testSkipped""#)
    #expect(try read(text).tests.first?.outcome == .skipped("needs gpt2"))
  }

  @Test
  func `BOOK-4 a stream without an end is refused`() throws {
    #expect(throws: Fault.self) { try read(stream([ran, ended], ends: false)) }
    #expect(throws: Fault.self) { try read("") }
    #expect(throws: Fault.self) { try read("not JSON\n") }
  }

  private func proof(_ outcomes: [TestRun.Outcome]) throws -> Proof {
    let clause = try #require(try Contract(package: Places.package)["BEAM-3"])
    let tests = outcomes.enumerated().map { index, outcome in
      var test = TestRun.Test(file: "T.swift", line: index, clauses: ["BEAM-3"], words: "")
      test.outcome = outcome
      return test
    }
    return Proof(clause, in: TestRun(tests: tests, date: nil))
  }

  @Test
  func `BOOK-5 verified: one passed and none failed`() throws {
    let failure = TestRun.Failure(message: "off by 1e-3", file: "T.swift", line: 7)
    #expect(try proof([.passed]).mark.style == "ok")
    let part = try proof([.passed, .skipped("no gpt2")])
    #expect(part.state == .verified && part.mark.style == "part")
    #expect(part.mark.words == "✔ 1 test; ○ 1 not run here: no gpt2")
    #expect(try proof([.passed, .failed([failure])]).state == .gap("T.swift:7: off by 1e-3"))
    #expect(try proof([.skipped("no gpt2")]).state == .notRunHere("no gpt2"))
    // A test on no case is a gap, even beside one that passed.
    for outcomes in [[.notRun], [.notRun, .passed]] as [[TestRun.Outcome]] {
      #expect(try proof(outcomes).state == .gap("T.swift:0: the test ran on no case"))
    }
    #expect(try proof([]).state == .gap("no test of the run names it"))
  }
}
