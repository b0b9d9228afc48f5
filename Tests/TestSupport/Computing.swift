import FoxKernels
import FoxNumbers
import Testing

/// What a test computes with: the Book's plain Swift, or the Workshop's kernels. Goldens of models run
/// with both.
package enum Computing: String, CaseIterable, Sendable, CustomTestStringConvertible {
  /// The plain table, for this task; it never leaves the calling thread.
  case plain
  /// The kernels, installed for the whole process.
  case kernels

  /// The name.
  package var testDescription: String { rawValue }

  /// The table.
  package var table: Operations { self == .plain ? .plain : Kernels.table }

  /// Runs `body` with it.
  package func callAsFunction<Result>(_ body: () throws -> Result) rethrows -> Result {
    switch self {
    case .plain: return try Operations.$override.withValue(.plain, operation: body)
    case .kernels:
      Kernels.install()
      return try body()
    }
  }
}

/// Binds a test, or every test of a suite, to one of the two.
package struct ComputingTrait: TestTrait, SuiteTrait, TestScoping {
  /// Which.
  package let computing: Computing

  /// A mark on a suite holds for its tests too.
  package var isRecursive: Bool { true }

  /// Runs the test with it.
  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    switch computing {
    case .plain: try await Operations.$override.withValue(.plain, operation: function)
    case .kernels:
      Kernels.install()
      try await function()
    }
  }
}

extension Trait where Self == ComputingTrait {
  /// The test computes with the plain Swift of the Book.
  package static var plain: Self { Self(computing: .plain) }

  /// The test computes with the Workshop's kernels.
  package static var kernels: Self { Self(computing: .kernels) }
}
