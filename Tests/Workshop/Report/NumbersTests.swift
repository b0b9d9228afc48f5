import TestSupport
import Testing

@testable import FoxQuestions
@testable import FoxReport

@Suite("Numbers and tokens as they are shown", .counted)
struct NumbersTests {
  @Test
  func `REP-18 numbers`() {
    #expect(Numbers.fixed(-1.2345) == "−1.234" || Numbers.fixed(-1.2345) == "−1.235")
    #expect(Numbers.fixed(-0.0001) == "0.000")
    #expect(Numbers.fixed(-1e9) == "−∞" && Numbers.fixed(.nan) == "–")
    #expect(Numbers.signed(0.5, 1) == "+0.5" && Numbers.signed(0, 1) == "0.0")
    #expect(Numbers.signed(-0.5, 1) == "−0.5")
    #expect(Numbers.grouped(1_234_567) == "1,234,567" && Numbers.grouped(-12) == "−12")
    #expect(Numbers.probability(-20) == "< 0.001" && Numbers.probability(nil) == "–")
    #expect(Numbers.short(2e-5) == "2e−05" && Numbers.short(-0.5) == "−0.5")
    #expect(Numbers.count(1, "story", "stories") == "1 story")
    #expect(Numbers.count(7199, "story", "stories") == "7,199 stories")
  }

  @Test
  func `REP-9 tokens on the homework's colors, readable on each`() {
    for color in TokenColors.scale {
      #expect(color.contrast(with: color.ink == "#000" ? 0 : 1) >= 4.5, "\(color.hex)")
    }
    let line = ShownTokens.line([
      .init(id: 5, text: "<a>", logProbability: nil),
      .init(id: 6, text: " b\n", logProbability: -0.5),
    ]).html
    #expect(line.contains("<span class=\"given\">&lt;a&gt;</span>"))
    #expect(line.contains("data-tip=\"p = 0.607\nlog p = −0.500\nid 6\""))
    let color = TokenColors.color(0.607)
    #expect(line.contains("style=\"background:\(color.hex);color:\(color.ink)\"> b⏎</span>"))
  }

  @Test
  func `REP-10 tokens are cut to the width of a node`() {
    #expect(ShownTokens.fitted(" abcdefghijkl", columns: 10) == "abcdefghij…")
    #expect(ShownTokens.fitted(" ", columns: 10) == "␣")
    #expect(ShownTokens.fitted("日本語日本語", columns: 10) == "日本語日本…")
    #expect(ShownTokens.visible("") == "∅")
  }

  @Test
  func `REP-4 code has colors, and strings of others are literals`() {
    #expect(
      SwiftCode.marked("let a = try f(\"x\\\"y\") // <c>").html
        == "<span class=\"k\">let</span> a = <span class=\"k\">try</span> f("
        + "<span class=\"s\">&quot;x\\&quot;y&quot;</span>) <span class=\"c\">// &lt;c&gt;</span>")
    #expect(SwiftCode.literal("a\"\\\u{0}\n") == "\"a\\\"\\\\\\u{0}\\n\"")
    #expect(SwiftCode.shellArgument("it's") == "\"it's\"")
    #expect(SwiftCode.shellArgument("$it's") == "'$it'\\''s'")
  }
}
