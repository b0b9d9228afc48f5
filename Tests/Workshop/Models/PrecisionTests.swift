import Foundation
import FoxFiles
import FoxKernels
import FoxModels
import FoxTries
import TestSupport
import Testing

@Suite("Weights in BF16", .counted)
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

  /// The loss of a text, in nats a token, and the likeliest token after each.
  private func read(_ ids: [Int], _ model: GPT2Model) throws -> (loss: Double, best: [Int]) {
    let logits = try GPT2Session(model: model, reserving: ids.count).advance([ids], logits: .all)
    let vocabulary = model.configuration.vocabularySize
    var row = [Float](repeating: 0, count: vocabulary)
    var loss = 0.0
    var best: [Int] = []
    for position in 0..<ids.count - 1 {
      Rows.logSoftmax(logits.pointer + position * vocabulary, &row, count: vocabulary)
      loss -= Double(row[ids[position + 1]])
      best.append(Operations.current.largest(row, vocabulary))
    }
    return (loss / Double(ids.count - 1), best)
  }

  @Test(.tier(.t1), .tier(.t3))
  func `GPT2-13 what BF16 costs on stories`() throws {
    let folder = Places.weights.appendingPathComponent("tale-gpt2").path
    let exact = try GPT2Model.load(folder: folder).model
    let rounded = try GPT2Model.load(folder: folder, precision: .bf16).model
    let stories = try Stories.mcTest(40, folder: folder, tokens: exact.configuration.positions)
    var (equal, tokens, change, loss) = (0, 0, 0.0, 0.0)
    for ids in stories {
      let (a, b) = (try read(ids, exact), try read(ids, rounded))
      equal += zip(a.best, b.best).filter { $0 == $1 }.count
      tokens += a.best.count
      loss += a.loss * Double(a.best.count)
      change += (b.loss - a.loss) * Double(a.best.count)
    }
    let share = Double(equal) / Double(tokens)
    print(
      "BF16: \(tokens) tokens, \(share) equal, loss \(loss / Double(tokens))",
      "changes by \(change / Double(tokens))")
    #expect(tokens > 5000)
    #expect(share > 0.97)
    #expect(abs(change / Double(tokens)) < 0.005)
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
