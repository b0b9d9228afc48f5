import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxQuestions
@testable import FoxReport

@Suite("The page for everyone", .counted, .serialized, .tier(.chromium))
struct AccessibilityTests {
  @Test(arguments: [(1280, false), (390, true)])
  func `REP-8 rules`(width: Int, isDark: Bool) throws {
    let page = try ReportPage(SampleResults.full).html()
    try Chromium.open(page, width: width, isDark: isDark) { browser in
      for rule in Accessibility.rules {
        #expect(try browser.value(rule.script) == [], "\(rule.name)")
      }
      #expect(try browser.value(Accessibility.contrast) == [])
      #expect(try browser.text("document.documentElement.lang") == "en")
      // The first stop of the tab key skips to the results.
      try browser.press("Tab", code: 9)
      #expect(try browser.text("document.activeElement.className") == "skip")
    }
  }
}
