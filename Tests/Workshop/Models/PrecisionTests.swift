import Foundation
import FoxFiles
import FoxKernels
import FoxModels
import FoxTries
import TestSupport
import Testing

@Suite("Weights in fewer bits", .counted)
struct PrecisionTests {
  /// A float32 model of the weights that `model` holds, widened.
  private func widened(_ model: GPT2Model) throws -> GPT2Model {
    try GPT2Model(model.configuration) { name in
      try #require(model.parameters.first { $0.name == name }?.tensor)
    }
  }

  @Test(arguments: ["plain", "plain-bf16"], [1, 5, 16, 17, 30])
  func `GPT2-13 SAFE-15 logits are those of the rounded weights in float32`(name: String, rows: Int)
    throws
  {
    let folder = Places.golden("gpt2/models/\(name)")
    let model = try GPT2Model.load(folder: folder, precision: .bf16).model
    for (name, weight) in model.weights {
      #expect(weight.precision == (weight.shape.count == 2 ? .bf16 : .f32), "\(name)")
    }
    let ids = (0..<rows).map { ($0 * 37 + 5) % model.configuration.vocabularySize }
    let exact = try widened(model)
    let expected = try GPT2Session(model: exact).advance([ids], logits: .all)
    let actual = try GPT2Session(model: model).advance([ids], logits: .all)
    // As between any two orders of summation; see GPT2-4.
    expectClose(actual.elements, expected.elements, tolerance: 4e-5, name)
    let f32 = try GPT2Model.load(folder: folder).model
    #expect(model.byteCount < f32.byteCount * 6 / 10)
  }

  @Test
  func `SAFE-15 a checkpoint in BF16 is shown, not copied`() throws {
    let folder = Places.golden("gpt2/models/plain-bf16")
    let model = try GPT2Model.load(folder: folder, precision: .bf16).model
    let widened = try GPT2Model.load(folder: folder).model
    for (a, b) in zip(model.weights, widened.weights) {
      #expect(a.weight.tensor.elements == b.weight.tensor.elements, "\(a.name)")
    }
  }

  /// What a precision costs on real stories.
  struct Cost {
    var tokens = 0
    /// Of every token, whether the likeliest one after it is the same.
    var share = 0.0
    /// How much the mean loss of a token changes.
    var loss = 0.0
    /// The greatest change of a logit of the first story.
    var logit: Float = 0
  }

  private func cost(of precision: Precision) throws -> Cost {
    let folder = Places.weights.appendingPathComponent("tale-gpt2").path
    let exact = try GPT2Model.load(folder: folder).model
    let rounded = try GPT2Model.load(folder: folder, precision: precision).model
    let stories = try Stories.mcTest(40, folder: folder, tokens: exact.configuration.positions)
    var cost = Cost()
    for ids in stories {
      let (a, b) = (try exact.foresight(of: ids), try rounded.foresight(of: ids))
      let count = ids.count - 1
      cost.share += Double(zip(a.likeliest, b.likeliest).prefix(count).count { $0 == $1 })
      cost.loss += Double(b.loss - a.loss) * Double(count)
      cost.tokens += count
    }
    (cost.share, cost.loss) = (
      cost.share / Double(cost.tokens), cost.loss / Double(cost.tokens)
    )
    let logits = try [exact, rounded].map { try $0.logits([stories[0]]).elements }
    cost.logit = zip(logits[0], logits[1]).reduce(0) { max($0, abs($1.0 - $1.1)) }
    print("\(precision.rawValue): \(cost)")
    #expect(cost.tokens > 5000)
    return cost
  }

  @Test(.tier(.t1), .tier(.t3))
  func `GPT2-13 what BF16 costs on stories`() throws {
    let cost = try cost(of: .bf16)
    #expect(cost.share > 0.97)
    #expect(abs(cost.loss) < 0.005)
  }

  @Test(.tier(.t1), .tier(.t3))
  func `INT8-4 what eight bits cost on stories`() throws {
    let cost = try cost(of: .int8)
    expectWithin(1 - cost.share, Bound.of("INT8-4", "other tokens"), "other likeliest tokens")
    expectWithin(abs(cost.loss), Bound.of("INT8-4", "loss"), "the loss")
    expectWithin(Double(cost.logit), Bound.of("INT8-4", "logit"), "a logit")
  }

  @Test(arguments: ["plain", "plain-bf16"], Computing.allCases)
  func `INT8-3 what is multiplied is rounded, and a row does not depend on the others`(
    name: String, computing: Computing
  ) throws {
    let folder = Places.golden("gpt2/models/\(name)")
    let model = try GPT2Model.load(folder: folder, precision: .int8).model
    for (name, weight) in model.weights {
      let isMultiplied = weight.shape.count == 2 && !name.hasPrefix("w")
      #expect(weight.precision == (isMultiplied ? .int8 : .f32), "\(name)")
    }
    #expect(model.head.weight.precision == .int8)
    let exact = try GPT2Model.load(folder: folder).model
    #expect(model.byteCount < exact.byteCount / 2)
    let ids = (0..<30).map { ($0 * 37 + 5) % model.configuration.vocabularySize }
    try computing {
      let all = try GPT2Session(model: model).advance([ids], logits: .all)
      let session = GPT2Session(model: model)
      for (row, id) in ids.enumerated() {
        let one = try session.advance([[id]]).elements
        let width = one.count
        // Attention sums up in another order, so that a level may be another one.
        expectClose(
          one, Array(all.elements[row * width..<(row + 1) * width]), tolerance: 0.02, "\(row)")
      }
      // Two texts at once are the two alone, to the last bit.
      let two = try GPT2Session(model: model, sequences: 2).advance([[ids[0]], [ids[1]]]).elements
      for text in 0..<2 {
        let alone = try GPT2Session(model: model).advance([[ids[text]]]).elements
        #expect(two[text * alone.count..<(text + 1) * alone.count] == alone[...])
      }
    }
  }
}

/// Real stories as ids.
enum Stories {
  static func mcTest(_ count: Int, folder: String, tokens: Int) throws -> [[Int]] {
    let data = try #require(Places.data)
    let text = try String(
      contentsOf: data.appendingPathComponent("mctest/mctest-stories.jsonl"), encoding: .utf8)
    let tokenizer = try GPT2Tokenizer(folder: folder)
    return try text.split(separator: "\n").prefix(count).map { line in
      let story = try JSON.parse(line.utf8)["story"]?.string ?? ""
      return Array(try tokenizer.encodeIDs(story).prefix(tokens))
    }
  }
}
