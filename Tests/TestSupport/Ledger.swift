import Foundation
import FoxContract
import Synchronization
import Testing

/// Notes what a run verifies, and prints it as a table when the process ends (Swift Testing has no hook
/// for the end of a run).
final class Ledger: Sendable {
  static let shared = Ledger()

  /// What is known of one test function.
  struct Entry {
    var clauses: [String] = []
    var state = State.planned
  }

  enum State: Equatable { case planned, skipped(reason: String), passed, failed }

  /// A difference to the reference, and how large it may be.
  struct Difference {
    var delta: Double
    var bound: Double
    var clause: String

    /// The part of the bound that is used up. NaN is worse than everything.
    var ratio: Double {
      delta.isNaN ? .infinity : bound > 0 ? delta / bound : delta > 0 ? .infinity : 0
    }
  }

  struct Notes {
    /// By the test's full name: module, suites, function.
    var tests: [String: Entry] = [:]
    /// By module, the one nearest to its bound.
    var worst: [String: Difference] = [:]
    /// Seconds, by test, in a run of one test after the other.
    var seconds: [String: Double] = [:]
    /// The seeds of random inputs, by test.
    var seeds: [String: [UInt64]] = [:]
  }

  private let notes = Mutex(Notes())
  private let isQuiet = CommandLine.arguments.contains("--quiet")

  /// Tests that run side by side wait for each other in the middle: their times would say nothing.
  static let measuresTime = CommandLine.arguments.contains("--no-parallel")

  private init() {
    Spoiled.installIfAsked()
    atexit { Ledger.shared.finish() }
  }

  /// Notes a test that the run includes, or why it will be skipped.
  func plan(_ test: Test, clauses: [String]) async {
    if test.isSuite { return }
    let reason = await reasonToSkip(test)
    update(name(test)) {
      $0 = Entry(clauses: clauses, state: reason.map { .skipped(reason: $0) } ?? .planned)
    }
  }

  private func reasonToSkip(_ test: Test) async -> String? {
    for condition in test.traits.compactMap({ $0 as? ConditionTrait }) {
      if (try? await condition.evaluate()) == true { continue }
      return condition.comments.first?.rawValue ?? "disabled"
    }
    return nil
  }

  /// Runs a test or a suite, and notes how it went and how long it took.
  func run(_ test: Test, _ body: @Sendable () async throws -> Void) async throws {
    let start = ContinuousClock.now
    let hasFailed = Atomic(false)
    let watch = IssueHandlingTrait.filterIssues { _ in
      hasFailed.store(true, ordering: .relaxed)
      return true
    }
    defer { end(test, hasFailed.load(ordering: .relaxed), ContinuousClock.now - start) }
    do {
      try await watch.provideScope(for: test, testCase: nil, performing: body)
      Evidence.shared.attach()
    } catch {
      hasFailed.store(true, ordering: .relaxed)
      throw error
    }
  }

  private func end(_ test: Test, _ hasFailed: Bool, _ duration: Duration) {
    let name = name(test)
    let seconds =
      Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    guard test.isSuite else {
      if Self.measuresTime { notes.withLock { $0.seconds[name] = seconds } }
      update(name) { $0.state = hasFailed ? .failed : .passed }
      let seeds = notes.withLock { $0.seeds[name] ?? [] }
      if hasFailed, !seeds.isEmpty {
        Self.show("  its seeds were \(seeds); FOX_SEED=\(seeds[0]) repeats the first")
      }
      return
    }
    if isQuiet { Self.show(line(suite: test.displayName ?? test.name, name)) }
  }

  /// `✔ Search: Beam search, 12 tests, 0.4 s`
  private func line(suite: String, _ name: String) -> String {
    let notes = notes.withLock { $0 }
    let tests = notes.tests.filter { $0.key.hasPrefix(name + "/") }
    let failed = tests.values.count { $0.state == .failed || $0.state == .planned }
    let passed = tests.values.count { $0.state == .passed }
    let skipped = tests.count - passed - failed
    let seconds = tests.keys.compactMap { notes.seconds[$0] }.reduce(0, +)
    return "\(failed > 0 ? "✘" : "✔") \(Sites.place(ofModule: module(name)).name): \(suite), "
      + RunTable.tests(passed + failed) + (failed > 0 ? ", \(failed) failed" : "")
      + (skipped > 0 ? ", \(skipped) skipped" : "")
      + (Self.measuresTime ? String(format: ", %.1f s", seconds) : "")
  }

  /// Notes a difference to the reference that a test allows within a bound.
  func compared(_ delta: Double, bound: Double, fileID: String) {
    let name = Test.current?.name ?? ""
    let found = Difference(
      delta: delta, bound: bound, clause: ClauseTest.parts(name: name).clauses.first ?? "")
    notes.withLock { notes in
      let module = module(fileID)
      if let known = notes.worst[module], known.ratio >= found.ratio { return }
      notes.worst[module] = found
    }
  }

  /// Notes the seed of a test's random inputs.
  func seeded(_ seed: UInt64) {
    guard let test = Test.current else { return }
    let name = name(test)
    notes.withLock { $0.seeds[name, default: []].append(seed) }
  }

  private func update(_ name: String, _ change: (inout Entry) -> Void) {
    notes.withLock { change(&$0.tests[name, default: Entry()]) }
  }

  /// `FoxDecodingTests.BeamTests/…`
  private func name(_ test: Test) -> String { String(describing: test.id) }

  /// The module of a test's name or a file's.
  private func module(_ name: String) -> String { String(name.prefix { $0 != "." && $0 != "/" }) }

  /// Prints the table. A filter that no test matches is a mistake and not a success: status 1.
  private func finish() {
    let notes = notes.withLock { $0 }
    if CommandLine.arguments.contains("--list-tests") { return }
    let filters = Sites.filters(CommandLine.arguments)
    if notes.tests.isEmpty, !filters.isEmpty {
      Self.show(RunTable.nothing(filters: filters))
      _exit(EXIT_FAILURE)
    }
    Self.show(RunTable(notes, isWhole: filters.isEmpty).text)
  }

  static func show(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }
}
