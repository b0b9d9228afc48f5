import Testing

/// The old form of a test's clauses, until `convert_tests.py` has made them part of its name.
public struct SpecTrait: TestTrait, SuiteTrait, TestScoping {
  let clauses: [String]

  /// A mark on a suite holds for its tests too.
  public var isRecursive: Bool { true }

  /// Plans the test.
  public func prepare(for test: Test) async throws {
    if !test.isSuite { await Ledger.shared.plan(test, clauses: clauses) }
  }

  /// Counts the test.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await Ledger.shared.run(test, function)
  }

  /// One scope per test function, not one per argument.
  public func scopeProvider(for test: Test, testCase: Test.Case?) -> SpecTrait? {
    testCase == nil && !test.isSuite ? self : nil
  }
}

extension Trait where Self == SpecTrait {
  /// Names the clauses of SPEC.md that the test verifies.
  public static func spec(_ clauses: String...) -> Self {
    _ = Ledger.shared
    return SpecTrait(clauses: clauses)
  }
}
