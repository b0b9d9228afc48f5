import TestSupport
import Testing

@testable import FoxPages

@Suite("Formulas", .counted)
struct FormulaTests {
  /// What stands in the page, without rows that only group.
  private func set(_ lines: String...) -> String? {
    Formula(lines)?.markup.html.replacing(/<\/?mrow>/, with: "")
      .replacing(#/ alttext="[^"]*"| displaystyle="true"/#, with: "")
      .replacing(" stretchy=\"false\"", with: "").replacing(
        "<mspace width=\".22em\"></mspace>", with: " ")
  }

  private func math(_ text: String) -> String {
    (set(text) ?? "").replacing(/^.*?<math>|<\/math>.*$/.dotMatchesNewlines(), with: "")
      .replacing("\n", with: "")
  }

  private static let formulas: [(String, String)] = [
    ("y = x²", "<mi>y</mi><mo>=</mo><msup><mi>x</mi><mn>2</mn></msup>"),
    (
      "μ = Σ xᵢ / (n − 1)",
      "<mi>μ</mi><mo>=</mo><mfrac><mo>∑</mo> <msub><mi>x</mi><mi>i</mi></msub>"
        + "<mi>n</mi><mo>−</mo><mn>1</mn></mfrac>"
    ),
    (
      "w −= r · m / (√v + ε)",
      "<mi>w</mi><mo>−=</mo><mi>r</mi><mo>·</mo><mfrac><mi>m</mi>"
        + "<msqrt><mi>v</mi></msqrt><mo>+</mo><mi>ε</mi></mfrac>"
    ),
    (
      "g = ∂loss/∂w",
      "<mi>g</mi><mo>=</mo><mfrac><mo>∂</mo><mi>loss</mi><mo>∂</mo><mi>w</mi></mfrac>"
    ),
    (
      "p(token | text) = Σ |x|",
      "<mi>p</mi><mo>(</mo><mi>token</mi><mo>|</mo><mi>text</mi><mo>)</mo><mo>=</mo>"
        + "<mo>∑</mo> <mo>|</mo><mi>x</mi><mo>|</mo>"
    ),
    (
      "‖g‖ = √(Σ g²)",
      "<mo>‖</mo><mi>g</mi><mo>‖</mo><mo>=</mo><msqrt><mo>∑</mo> "
        + "<msup><mi>g</mi><mn>2</mn></msup></msqrt>"
    ),
  ]

  @Test(arguments: formulas)
  func `BOOK-14 variables, indices, roots and fractions`(plain: String, expected: String) {
    #expect(math(plain) == expected)
  }

  @Test
  func `BOOK-14 cells below each other stay so, remarks stay text, a bar is a fraction`() throws {
    let two = try #require(set("a = β₁ m    m is large", "b = β₂      √v"))
    #expect(two.contains("</math></td><td>m is large</td></tr><tr><td>"))
    let later = try #require(set("for each:   g = ∂m", "            w = r · g"))
    #expect(later.contains("<td>for each:</td>") && later.contains("<tr><td></td><td><math>"))
    let moved = try #require(set("ln x   = e ln 2", "sin x  = a  or  b²"))
    #expect(moved.contains("<tr><td><math><mi>ln</mi> <mi>x</mi><mo>=</mo>"))
    #expect(moved.contains("<mi>a</mi> <mi>or</mi>") || moved.contains("<mi>or</mi>"))
    let bar = try #require(set("Σ over g", "────────", "Σ over all g"))
    #expect(!bar.contains("─────"))
    let fraction = Formula(["Σ over g", "────────", "Σ over all g"])?.markup.html ?? ""
    #expect(fraction.contains("<mfrac><mrow>") && fraction.contains("</mrow><mrow>"))
  }

  @Test(arguments: [
    "let y = x²", "\"a\" = β", "a → b = c²", "(1·2", "1 · 2 ·", "[ wte …… | θ ]", "stack: {}",
    "model/config.json, n_head: found 5",
  ])
  func `BOOK-14 drawings, code and what does not close stay as they were`(plain: String) {
    #expect(Formula([plain]) == nil)
  }

  @Test
  func `BOOK-14 the Book's formulas are set whole, and many are`() throws {
    let pages = try SamplePages.files().filter { $0.name.hasSuffix(".html") }
    let set = pages.reduce(0) { $0 + $1.text.matches(of: #/<math /#).count }
    #expect(set > 60)
    // Nothing of the plain notation is left inside.
    for page in pages {
      for formula in page.text.matches(of: /<math [^>]*>(.*?)<\/math>/) {
        #expect(!formula.output.1.contains(/[√Σᵢⱼᵀ²₀₁₂]/), "\(page.name): \(formula.output.1)")
      }
    }
  }
}
