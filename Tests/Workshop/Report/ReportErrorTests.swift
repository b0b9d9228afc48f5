import TestSupport
import Testing

@testable import FoxReport

@Suite("The report's errors", .counted)
struct ReportErrorTests {
  static let cases: [(ReportError, String)] = [
    (
      .noResults,
      "there are no results to report; give --results FILE"
    ),
    (
      .tooLarge(bytes: 2_100_000, limit: 2_000_000),
      "the page would have 2100000 bytes, 2000000 are allowed; report fewer or shorter searches"
    ),
    (
      .template(name: "page.html", problem: "{{title}} has no value"),
      "the template page.html is wrong: {{title}} has no value"
    ),
  ]

  @Test(arguments: cases)
  func `REP-17 words`(error: ReportError, text: String) {
    #expect(error.description == text)
  }

  @Test
  func `REP-17 only a wrong template is our own fault`() {
    #expect(Self.cases.map { $0.0.isAboutInput } == [true, true, false])
  }
}
