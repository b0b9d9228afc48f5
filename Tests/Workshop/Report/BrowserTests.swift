import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxQuestions
@testable import FoxReport

/// The page in a real browser. What it looks like is left in `.artifacts/report`.
@Suite("The page in Chromium", .counted, .serialized, .tier(.chromium))
struct BrowserTests {
  private let page: [UInt8]

  init() throws { page = try ReportPage(SampleResults.full).html() }

  private func overflow(_ browser: Chromium) throws -> Double {
    try browser.number(
      "document.documentElement.scrollWidth - document.documentElement.clientWidth")
  }

  @Test(arguments: [
    (1280, false, "1280-light"), (1280, true, "1280-dark"), (390, false, "390-light"),
    (768, true, "768-dark"), (1600, false, "1600-light"),
  ])
  func `REP-13 REP-14 no errors, no violations, nothing wider than the window`(
    width: Int, isDark: Bool, name: String
  ) throws {
    try Chromium.open(page, width: width, isDark: isDark) { browser in
      try browser.settle()
      #expect(try overflow(browser) == 0)
      #expect(try browser.number("document.querySelectorAll('.stepper:not([hidden])').length") == 2)
      // Of charts nothing is cut off, of tables from 1280 pixels on; of trees it is said by a shadow.
      let cut = try browser.value(
        """
        [...document.querySelectorAll(".scroll")].filter(e => e.scrollWidth > e.clientWidth + 1)
          .filter(e => !e.closest(".tree, .attention, details.data"))
          .filter(e => innerWidth >= 1280 || !e.querySelector("table"))
          .map(e => e.getAttribute("aria-label"))
        """)
      #expect(cut == [])
      let unmarked = try browser.value(
        """
        [...document.querySelectorAll(".scroll, pre")].filter(e => e.scrollWidth > e.clientWidth + 1)
          .filter(e => !getComputedStyle(e).backgroundAttachment.includes("local")).length
        """)
      #expect(unmarked == 0)
      try browser.screenshot("\(name)-top", height: 2600)
      try browser.screenshot("\(name)-middle", from: 2600, height: 2600)
      try browser.screenshot("\(name)-end", from: 5200, height: 9000)
      // Opened and unfolded it still fits.
      _ = try browser.value("document.querySelectorAll('details').forEach(d => d.open = true), 1")
      try browser.settle()
      #expect(try overflow(browser) == 0)
      #expect(browser.errors == [])
    }
  }

  @Test
  func `REP-4 REP-13 results with absent answers`() throws {
    let page = try ReportPage(SampleResults.partial).html()
    try Chromium.open(page, width: 390) { browser in
      #expect(try overflow(browser) == 0)
      #expect(browser.errors == [])
      try browser.screenshot("390-partial", height: 3000)
    }
  }

  @Test
  func `REP-7 REP-13 figures are there and have a size`() throws {
    try Chromium.open(page) { browser in
      let small = try browser.value(
        """
        [...document.querySelectorAll("figure svg")].filter(s => {
          const b = s.getBoundingClientRect(); return b.width < 300 || b.height < 90 })
          .map(s => s.closest("[id]").id)
        """)
      #expect(small == [])
      #expect(try browser.number("document.querySelectorAll('figure svg').length") == 16)
      // Texts of drawings can be read: at least eight pixels high.
      let tiny = try browser.value(
        """
        [...document.querySelectorAll("figure svg text")].filter(t => t.textContent.trim())
          .filter(t => t.getBoundingClientRect().height < 8 &&
            t.getBoundingClientRect().width < 8).map(t => t.textContent)
        """)
      #expect(tiny == [])
    }
  }

  @Test
  func `REP-9 REP-13 tokens show their numbers at the pointer and at the focus`() throws {
    try Chromium.open(page) { browser in
      let tip = "document.getElementById('tip')"
      #expect(try browser.isTrue("\(tip).hidden"))
      try browser.hover("#q1-1 .token")
      #expect(try !browser.isTrue("\(tip).hidden"))
      #expect(try browser.text("\(tip).textContent").hasPrefix("p = 0.951\nlog p = −0.050"))
      try browser.hover("h1")
      #expect(try browser.isTrue("\(tip).hidden"))
      try browser.focus("#q1-1 .token")
      #expect(try browser.text("\(tip).textContent").hasPrefix("p = 0.951"))
      try browser.press("ArrowRight", code: 39)
      #expect(try browser.text("document.activeElement.textContent") == " the")
      #expect(try browser.text("\(tip).textContent").hasPrefix("p = 0.472"))
      #expect(try browser.text("document.getElementById('say').textContent").contains("p = 0.472"))
      try browser.press("Escape", code: 27)
      #expect(try browser.isTrue("\(tip).hidden"))
      #expect(browser.errors == [])
    }
  }

  @Test
  func `REP-7 REP-13 charts show their numbers to the pointer and to the arrow keys`() throws {
    try Chromium.open(page) { browser in
      let tip = "document.getElementById('tip').textContent"
      try browser.hover("#figure-1-3 .hit[data-x='2']")
      #expect(try browser.text(tip) == "best text\nbeams 3: −0.960")
      try browser.focus("#figure-1-3 .walk")
      #expect(try browser.text(tip).hasPrefix("best text\nbeams"))
      try browser.press("Home", code: 36)
      try browser.press("ArrowRight", code: 39)
      #expect(try browser.text(tip) == "best text\nbeams 2: −0.929")
      try browser.focus("#figure-3-2-accuracy .walk")
      try browser.press("ArrowDown", code: 40)
      #expect(try browser.text(tip).contains("with: chosen by cross-validation") == false)
      #expect(try browser.text(tip).contains("with: the homework's numbers"))
      #expect(browser.errors == [])
    }
  }
}
