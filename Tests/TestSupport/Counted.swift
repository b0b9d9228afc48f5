import FoxContract
import Testing

/// Counts the tests of a suite in the table at the end of the run.
///
///     @Suite("Beam search", .counted)
///     struct BeamSearchTests {
///       @Test func `BEAM-3 of equal scores, the lower beam comes first`() throws {
///
/// The clauses of SPEC.md that a test verifies are the first words of its name. Nothing else names them:
/// `swift test --filter 'BEAM-3\b'` runs the clause, `SpecTests` compares names with SPEC.md, and the
/// table counts by them.
package struct CountedTrait: SuiteTrait, TestTrait, TestScoping {
  /// It holds for suites within the suite too.
  package var isRecursive: Bool { true }

  /// Notes what is about to run, or why it will not.
  package func prepare(for test: Test) async throws {
    await Ledger.shared.plan(test, clauses: ClauseTest.parts(name: test.name).clauses)
  }

  /// Runs the test, or the suite, and notes how it went.
  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await Ledger.shared.run(test, function)
  }

  /// One scope per function and suite, not one per argument.
  package func scopeProvider(for test: Test, testCase: Test.Case?) -> CountedTrait? {
    testCase == nil ? self : nil
  }
}

extension Trait where Self == CountedTrait {
  /// Counts the tests of the suite in the table at the end of the run.
  package static var counted: Self {
    // Swift Testing makes all traits before it filters. Hence a run without tests has a table too.
    _ = Ledger.shared
    return CountedTrait()
  }
}
