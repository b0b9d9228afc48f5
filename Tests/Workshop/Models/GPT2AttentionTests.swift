import FoxDecoding
import FoxModels
import TestSupport
import Testing

@Suite("What tokens attend to", .counted)
struct GPT2AttentionTests {
  @Test(
    arguments: Computing.allCases,
    try Golden.cases("gpt2/attention.json").compactMap { $0["name"]?.string })
  func `GPT2-18 the reference's output_attentions`(computing: Computing, name: String) throws {
    let golden = try #require(
      try Golden.cases("gpt2/attention.json").first { $0["name"]?.string == name })
    let folder = try "gpt2/models/\(golden.required("model").string ?? "")"
    let model = try GPT2Model.load(folder: Places.golden(folder)).model
    let ids = try golden.required("ids").integers().map { Int32($0) }
    let ours = try computing { try model.attention(of: ids) }
    let theirs = try GoldenTensors("gpt2/attention.safetensors")[name]
    #expect(ours.shape == theirs.shape)
    // The reference differs from itself by 5e-7.
    expectClose(ours.elements, theirs.elements, tolerance: Bound.of("GPT2-18"), name)
  }

  @Test
  func `GPT2-18 rows add up to 1 and see nothing that comes later, also of many tokens`() throws {
    let model = try GPT2Model(fresh: configuration(positions: 200), seed: 5)
    let ids = (0..<150).map { Int32($0 % 50) }
    let weights = try model.attention(of: ids)
    #expect(weights.shape == [2, 2, 150, 150])
    let values = weights.elements
    for row in 0..<2 * 2 * 150 {
      let row = Array(values[row * 150..<(row + 1) * 150])
      #expect(abs(row.reduce(0, +) - 1) < 1e-5)
    }
    for row in 0..<2 * 2 * 150 {
      let later = values[(row * 150 + row % 150 + 1)..<(row + 1) * 150]
      #expect(later.allSatisfy { $0 == 0 })
    }
  }

  @Test
  func `GPT2-18 what cannot be computed is refused`() throws {
    let model = try GPT2Model(fresh: configuration(positions: 8), seed: 5)
    #expect(throws: Fault.self) { try model.attention(of: []) }
    #expect(throws: Fault.self) { try model.attention(of: [50]) }
    #expect(throws: Fault.self) { try model.attention(of: .init(repeating: 1, count: 9)) }
  }

  private func configuration(positions: Int) -> GPT2Configuration {
    var configuration = GPT2Configuration()
    (configuration.vocabularySize, configuration.positions) = (50, positions)
    (configuration.channels, configuration.layers, configuration.heads) = (8, 2, 2)
    (configuration.startToken, configuration.endTokens) = (nil, [])
    return configuration
  }
}
