import FoxFiles
import TestSupport
import Testing

@testable import FoxQuestions
@testable import FoxReport

@Suite("The attention view", .counted)
struct AttentionViewTests {
  @Test
  func `REP-12 the page holds every layer and head in thousandths`() throws {
    let maps = SampleResults.attention(tokens: 6, layers: 3, heads: 2)
    let view = AttentionView(id: "a", maps: maps)
    let weights = try #require(view.data["weights"]?.array)
    #expect(weights.count == 3)
    for layer in 0..<3 {
      for head in 0..<2 {
        let row = try weights[layer].array.map { try $0[head].integers() }
        let expected = maps.weights[layer][head].flatMap { $0.map { Int(($0 * 1000).rounded()) } }
        #expect(row == expected)
      }
    }
    let html = view.html.html
    let start = try #require(html.firstRange(of: "class=\"weights\">")).upperBound
    let end = try #require(html[start...].firstRange(of: "</script>")).lowerBound
    #expect(try JSON.parse(Array(html[start..<end].utf8)) == view.data)
    #expect(ReportPageTests.count("class=\"cellbox\"", in: html) == 21)
    #expect(ReportPageTests.count("data-entry=", in: html) == 21)
  }

  @Test
  func `REP-12 weights that are missing or no numbers count as zero`() {
    let maps = AttentionMaps(
      tokens: ["a", "b"], layers: 2, heads: 1, weights: [[[[.nan], [2, -1]]]])
    let view = AttentionView(id: "a", maps: maps)
    #expect(view.data["weights"] == [[[0, 1000, 0]], [[0, 0, 0]]])
  }
}
