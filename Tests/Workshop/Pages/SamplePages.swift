import Foundation
import FoxContract
import TestSupport

@testable import FoxPages

/// Pages of this package with a run that never was: every test passed.
enum SamplePages {
  static func run() throws -> TestRun {
    let tests = try ClauseTest.all(package: Places.package)
    return TestRun(
      tests: tests.map {
        var test = TestRun.Test(file: $0.file, line: $0.line, clauses: $0.clauses, words: $0.words)
        (test.outcome, test.cases) = (.passed, 1)
        return test
      }, date: 0)
  }

  static func site(_ run: TestRun) throws -> Site { try Site(package: Places.package, run: run) }

  /// The site of that run, and its files, made once: they are some hundred pages.
  static func site() throws -> Site { try whole.get().site }
  static func files() throws -> [(name: String, text: String)] { try whole.get().files }

  private static let whole: Result<(site: Site, files: [(name: String, text: String)]), any Error> =
    Result {
      let site = try Self.site(run())
      return (site, try site.files())
    }
}
