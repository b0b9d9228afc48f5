import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxQuestions
@testable import FoxReport

/// What moves on the page: the explorer, the attention, the theme, paper.
@Suite("What moves on the page", .counted, .serialized, .tier(.chromium))
struct BrowserExplorerTests {
  private let page: [UInt8]

  init() throws { page = try ReportPage(SampleResults.full).html() }

  @Test
  func `REP-10 REP-11 REP-13 the explorer steps, expands and shows the path`() throws {
    try Chromium.open(page) { browser in
      let tree = "document.querySelector('#tree-1-1')"
      func shown() throws -> String {
        try browser.text(
          "[...\(tree).querySelectorAll('.step:not([hidden])')].map(s => s.dataset.step).join()")
      }
      #expect(try shown() == "1")
      _ = try browser.value("\(tree).querySelector('.next').click(), 1")
      #expect(try shown() == "2")
      try browser.focus("#tree-1-1 input")
      for _ in 0..<3 { try browser.press("ArrowRight", code: 39) }
      #expect(try shown() == "5")
      #expect(try browser.text("\(tree).querySelector('output').textContent") == "5 of 10")
      let open = "\(tree).querySelectorAll('.step:not([hidden]) details.node[open]').length"
      #expect(try browser.number(open) == 1)
      _ = try browser.value("\(tree).querySelector('.expand').click(), 1")
      #expect(try browser.number(open) == 5)
      try browser.hover("[id='tree-1-1-3-0']")
      let path = "[...\(tree).querySelectorAll('.node.on')].map(n => n.id).join(' ')"
      let expected = SampleResults.tree(beams: 5, steps: 10)
      let plot = SearchTreePlot(id: "tree-1-1", expected)
      let node = try #require(plot.nodes.first { $0.id == "tree-1-1-3-0" })
      let ids = try browser.text(path).split(separator: " ").map(String.init)
      #expect(ids.count == 4 && ids.contains("tree-1-1-root") && ids.contains(node.parent))
      #expect(try browser.text("\(tree).querySelector('.path .shown').textContent") == node.text)
      #expect(try browser.number("\(tree).querySelectorAll('.edge.on').length") == 3)
      #expect(try shown() == "3")
      try browser.screenshot("tree", height: 3200)
      #expect(browser.errors == [])
    }
  }

  @Test
  func `REP-10 REP-13 the tree can be walked with the arrow keys`() throws {
    try Chromium.open(page) { browser in
      try browser.focus("#tree-1-1 .walk")
      let at = "document.querySelector('#tree-1-1 .node.at').id"
      #expect(try browser.text(at) == "tree-1-1-root")
      try browser.press("ArrowRight", code: 39)
      #expect(try browser.text(at) == "tree-1-1-1-0")
      try browser.press("ArrowDown", code: 40)
      #expect(try browser.text(at) == "tree-1-1-1-1")
      try browser.press("ArrowLeft", code: 37)
      #expect(try browser.text(at) == "tree-1-1-root")
      #expect(browser.errors == [])
    }
  }

  @Test
  func `REP-12 REP-13 layer and head change the map, its table and its row`() throws {
    try Chromium.open(page) { browser in
      let maps = SampleResults.attention(tokens: 14, layers: 3, heads: 2)
      let cell = "document.querySelector(\".cellbox[data-x='4'][data-y='5']\")"
      func expected(_ layer: Int, _ head: Int) -> String {
        String(format: "%.3f", maps.weights[layer][head][5][4])
      }
      #expect(try browser.text("\(cell).getAttribute('fill-opacity')") == expected(0, 0))
      for (name, value) in [("layer", 2), ("head", 1)] {
        _ = try browser.value(
          """
          (() => { const s = document.querySelector('.attention .\(name)'); s.value = \(value);
            s.dispatchEvent(new Event("change")); return 1; })()
          """)
      }
      #expect(expected(2, 1) != expected(0, 0))
      #expect(try browser.text("\(cell).getAttribute('fill-opacity')") == expected(2, 1))
      #expect(
        try browser.text("document.querySelector('td[data-entry=\"19\"]').textContent")
          == expected(2, 1))
      #expect(try browser.text("document.querySelector('.which').textContent") == "layer 3, head 2")
      try browser.hover(".cellbox[data-x='4'][data-y='5']")
      #expect(
        try browser.text("document.getElementById('tip').textContent").hasSuffix(expected(2, 1)))
      #expect(
        try browser.text("document.querySelector('.row-name .shown').textContent")
          == "\"\\n\" looks at")
      #expect(browser.errors == [])
    }
  }

  @Test
  func `REP-15 light and dark: as the system says, until the reader says otherwise`() throws {
    try Chromium.open(page, isDark: true) { browser in
      let background = "getComputedStyle(document.body).backgroundColor"
      let dark = try browser.text(background)
      #expect(dark == "rgb(22, 24, 27)")
      #expect(try browser.text("document.getElementById('theme').ariaPressed") == "true")
      _ = try browser.value("document.getElementById('theme').click(), 1")
      #expect(try browser.text(background) == "rgb(253, 252, 250)")
      try browser.media(isDark: false)
      _ = try browser.value("document.getElementById('theme').click(), 1")
      #expect(try browser.text(background) == dark)
    }
  }

  @Test
  func `REP-16 on paper everything is open`() throws {
    try Chromium.open(page) { browser in
      let pdf = try browser.print("report")
      #expect(pdf.starts(with: Array("%PDF".utf8)) && pdf.count > 50_000)
      _ = try browser.value("dispatchEvent(new Event('beforeprint')), 1")
      #expect(try browser.number("document.querySelectorAll('details:not([open])').length") == 0)
      _ = try browser.value("dispatchEvent(new Event('afterprint')), 1")
      #expect(try browser.number("document.querySelectorAll('details:not([open])').length") > 10)
      #expect(browser.errors == [])
    }
  }

  @Test
  func `REP-11 REP-13 without script the steps, tables and figures are there`() throws {
    let html = String(decoding: page, as: UTF8.self)
    let start = try #require(html.range(of: "<script>\n\"use strict\"")).lowerBound
    let end = try #require(html.range(of: "</script>", range: start..<html.endIndex)).upperBound
    let still = html.replacingCharacters(in: start..<end, with: "")
    try Chromium.open(Array(still.utf8)) { browser in
      #expect(
        try browser.number(
          "[...document.querySelectorAll('.step')].filter(s => s.checkVisibility()).length") == 16)
      #expect(try browser.isTrue("document.querySelector('.stepper').hidden"))
      try browser.hover("#q1-1 .token")
      let tip = "getComputedStyle(document.querySelector('#q1-1 .token'), '::after').content"
      #expect(try browser.text(tip).contains("p = 0.951"))
      #expect(browser.errors == [])
    }
  }
}
