import Foundation
import FoxContract
import FoxDecoding
import FoxWeights

/// # What a run of the tests has shown
///
/// `swift test --event-stream-output-path FILE --attachments-path FOLDER` writes a line of JSON for each
/// test and for each thing that happens, and the comparisons that the tests attach
/// (`Tests/TestSupport/Evidence.swift`). The proof beside a piece of code comes from here and from
/// nowhere else: nothing is computed a second time.
///
/// Source: `Documentation/ABI/JSON.md` of Swift Testing, version 0.
package struct TestRun: Sendable {
  /// One test function.
  package struct Test: Sendable {
    /// The file, from the root of the package, and the line of `@Test`.
    package let file: String
    package let line: Int
    /// The clauses that its name begins with, and the rest of it.
    package let clauses: [String]
    package let words: String
    package var outcome = Outcome.notRun
    /// How many cases ran; 1 for a test without arguments.
    package var cases = 0
    package var comparisons: [Comparison] = []
  }

  /// How a test ended.
  package enum Outcome: Equatable, Sendable {
    case passed
    case failed([Failure])
    /// Disabled, with the reason that it gives.
    case skipped(String)
    /// It was planned and never ended, or ran on no case.
    case notRun
  }

  /// What a test did not find as expected.
  package struct Failure: Equatable, Sendable {
    package let message: String
    package let file: String
    package let line: Int
  }

  /// A number of ours beside the reference's.
  package struct Comparison: Equatable, Sendable {
    package let what: String
    /// How many numbers were compared, of which the two below differ most.
    package let count: Int
    package let ours: Double?
    package let reference: Double?
    /// |ours − reference| or what the test measures instead, and the greatest that passes.
    package let delta: Double
    package let bound: Double
    /// Where the test compares.
    package let file: String
    package let line: Int
  }

  /// All tests, by file and line.
  package private(set) var tests: [Test] = []
  /// When the run began, in seconds since 1970.
  package private(set) var date: Double?

  /// The tests of a clause.
  package func tests(of clause: String) -> [Test] { tests.filter { $0.clauses.contains(clause) } }
}

extension TestRun {
  /// Reads the stream of a run.
  ///
  /// - Throws: ``Fault`` for a file that is missing or not such a stream, and for attachments that
  ///   cannot be read.
  package init(events path: String) throws {
    guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
      throw Fault(
        path, found: "nothing", expected: "the events of a test run",
        hint: "make book runs the tests and writes it")
    }
    var reader = Reader(path: path)
    for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
      try reader.read(JSON.parse(Array(line), in: "\(path), line \(index + 1)"))
    }
    guard reader.hasEnded else {
      throw Fault(
        path, found: "a run that did not end", expected: "the event runEnded",
        hint: "run make book again")
    }
    tests = reader.tests.values.sorted { ($0.file, $0.line) < ($1.file, $1.line) }
    date = reader.date
  }

  /// Puts together what the lines say of each test.
  private struct Reader {
    let path: String
    var tests: [String: Test] = [:]
    var failures: [String: [Failure]] = [:]
    /// Tests without arguments have one case, which the stream does not mention.
    var plain: Set<String> = []
    var date: Double?
    var hasEnded = false

    mutating func read(_ record: JSON) throws {
      guard let payload = record["payload"] else { return }
      if record["kind"]?.string == "test" { return add(payload) }
      let id = payload["testID"]?.string ?? ""
      switch payload["kind"]?.string {
      case "runStarted": date = payload["instant"]?["since1970"]?.double
      case "runEnded": hasEnded = true
      case "testCaseStarted": tests[id]?.cases += 1
      case "testStarted": if plain.contains(id) { tests[id]?.cases = 1 }
      case "testSkipped":
        let reason = reason(payload)
        tests[id]?.outcome = .skipped(reason)
      case "issueRecorded": fail(id, payload)
      case "testEnded": end(id)
      case "valueAttached": try attach(id, payload["attachment"]?["path"]?.string)
      default: break
      }
    }

    private mutating func add(_ test: JSON) {
      guard test["kind"]?.string == "function", let id = test["id"]?.string,
        let name = test["name"]?.string, let place = test["sourceLocation"]
      else { return }
      if test["isParameterized"]?.bool != true { plain.insert(id) }
      let parts = ClauseTest.parts(name: name)
      tests[id] = Test(
        file: TestRun.file(place), line: place["line"]?.integer ?? 0, clauses: parts.clauses,
        words: parts.words)
    }

    private func reason(_ event: JSON) -> String {
      let texts = event["messages"]?.array?.compactMap { $0["text"]?.string } ?? []
      // `Test "name" skipped: reason`: what stands after the first line's colon is the test's own.
      let reason =
        texts.dropFirst().first
        ?? texts.first?.split(separator: "skipped: ").last.map(String.init) ?? "no reason given"
      return reason.trimmingCharacters(in: ["\""])
    }

    private mutating func fail(_ id: String, _ event: JSON) {
      guard event["issue"]?["isKnown"]?.bool != true else { return }
      let place = event["issue"]?["sourceLocation"]
      let texts = event["messages"]?.array?.compactMap { $0["text"]?.string } ?? []
      failures[id, default: []].append(
        Failure(
          message: texts.joined(separator: "\n"), file: place.map(TestRun.file) ?? "",
          line: place?["line"]?.integer ?? 0))
    }

    private mutating func end(_ id: String) {
      guard let test = tests[id] else { return }
      if let failures = failures[id] {
        tests[id]?.outcome = .failed(failures)
      } else if test.cases > 0 {
        tests[id]?.outcome = .passed
      }
    }

    private mutating func attach(_ id: String, _ path: String?) throws {
      guard let path, path.contains("comparisons") else { return }
      let list = try JSON.read(path: path)["comparisons"]?.array ?? []
      tests[id]?.comparisons += list.map {
        Comparison(
          what: $0["what"]?.string ?? "", count: $0["count"]?.integer ?? 1,
          ours: $0["ours"]?.double, reference: $0["reference"]?.double,
          delta: $0["delta"]?.double ?? .nan, bound: $0["bound"]?.double ?? 0,
          file: $0["file"]?.string ?? "", line: $0["line"]?.integer ?? 0)
      }
    }
  }

  /// The file of a place, from the root of the package.
  private static func file(_ place: JSON) -> String {
    let path =
      place["_filePath"]?.string ?? place["filePath"]?.string ?? place["fileID"]?.string ?? ""
    // `…/Tests/Book/Decoding/BeamSearchTests.swift`
    return path.range(of: "/Tests/", options: .backwards).map { "Tests/" + path[$0.upperBound...] }
      ?? path
  }
}
