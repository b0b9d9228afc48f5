import Testing

/// Names the clauses of SPEC.md that a test verifies.
///
///     @Test("four beams, three steps", .spec("BEAM-1", "BEAM-4"))
///
/// `SpecTests` reads SPEC.md and these marks, and fails when a clause has no test or a test names no
/// clause.
public struct SpecTrait: TestTrait, SuiteTrait, TestScoping {
  /// The clauses, as they are numbered in SPEC.md.
  public let clauses: [String]

  /// A mark on a suite holds for its tests too.
  public var isRecursive: Bool { true }

  /// Counts the test for the table at the end of the run.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    if testCase == nil, !test.isSuite { TierLedger.shared.countRun(test.id) }
    try await function()
  }

  /// One scope per test function, not one per argument.
  public func scopeProvider(for test: Test, testCase: Test.Case?) -> SpecTrait? {
    testCase == nil && !test.isSuite ? self : nil
  }
}

extension Trait where Self == SpecTrait {
  /// Names the clauses of SPEC.md that the test verifies.
  public static func spec(_ clauses: String...) -> Self { SpecTrait(clauses: clauses) }
}
