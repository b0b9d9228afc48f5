import FoxFiles
import FoxModels
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

@Suite("BERT: positions that are counted from token to token", .counted)
struct RelativePositionTests {
  private static let path = "bert/relative.json"

  static func kinds() throws -> [String] {
    try Golden.arguments(path, in: "kinds") { $0.string }
  }

  // One head of one channel, two tokens, three distances. By hand: token 1 asks 2 of token 0, whose
  // key is 5, at distance 1, whose vector is 30: 2 · 30, and with the key's part 5 · 30 more, halved.
  @Test(arguments: [
    ("relative_key", [[10, 5], [30, 20]] as [[Float]]),
    ("relative_key_query", [[60, 40], [105, 90]]),
  ])
  func `BERT-19 a toy: two tokens, three distances`(name: String, expected: [[Float]]) throws {
    let kind = try #require(RelativePositions.all.first { $0.name == name })
    let arena = Arena()
    func column(_ values: [Float]) -> Matrix {
      let matrix = arena.matrix(values.count, 1)
      for (row, value) in values.enumerated() { matrix[row][0] = value }
      return matrix
    }
    let distances = Tensor(shape: [3, 1]) { table in
      for (row, value) in [10, 20, 30].enumerated() { table[row] = Float(value) }
    }
    let (q, k) = (column([1, 2]), column([5, 7]))
    let scores = arena.matrix(2, 2)
    scores.fill(0)
    kind.bias(Weight(distances)).add(q, k, first: 0, scale: 0.5, to: scores)
    #expect((0..<2).map { Array(scores[$0]) } == expected)
  }

  @Test(arguments: Computing.allCases, try kinds())
  func `BERT-19 logits, loss and gradients of the reference`(
    computing: Computing, kind: String
  ) throws {
    let golden = try Golden.json(Self.path)
    let tensors = try GoldenTensors("bert/relative.safetensors")
    let texts = try golden.list("ids").map { try $0.integers().map { Int32($0) } }
    let model = try BERTModel(fresh: configuration(kind, golden), seed: seed(golden))
    for (index, ids) in texts.enumerated() {
      let logits = try computing { try model.logits(BERTBatch([ids])) }
      expectClose(
        logits.elements, try tensors["\(kind).logits.\(index)"].elements,
        tolerance: Bound.of("BERT-19", "logits"), kind)
    }
    let trainable = try BERTTrainable(model)
    var generator = TorchGenerator(seed: 0)
    let labels = BERTLabels.classes(try golden.required("labels").integers())
    let loss = try computing {
      try trainable.train(BERTBatch(texts), labels: labels, scale: 1, generator: &generator)
    }
    let expected = try tensors["\(kind).loss"].elements[0]
    expectWithin(Double(abs(loss - expected) / expected), Bound.of("BERT-19", "the loss"), kind)
    // With the keys' term a key bias has a true gradient.
    let noise = kind == "relative_key" ? "key.bias" : nil
    // Measured: 3.4e-8, of weights 25 times as wide as those of other cases.
    try trainable.parameters.expectGradients(noise: noise, within: 1e-7) { name in
      // Nothing is looked up in the table of absolute positions.
      try name.hasSuffix("position_embeddings.weight")
        ? [Float](repeating: 0, count: model.configuration.positions * model.configuration.channels)
        : tensors["\(kind).\(name)"].elements
    }
  }

  @Test(arguments: try kinds())
  func `BERT-19 what is written is read back`(kind: String) throws {
    let configuration = try configuration(kind, Golden.json(Self.path))
    #expect(configuration.relativePositions?.name == kind)
    #expect(try BERTConfiguration(configuration.json, path: kind) == configuration)
  }

  private func configuration(_ kind: String, _ golden: JSON) throws -> BERTConfiguration {
    var fields = try #require(golden["bert"]?.object)
    fields["model_type"] = "bert"
    fields["position_embedding_type"] = .string(kind)
    fields["architectures"] = ["BertForSequenceClassification"]
    return try BERTConfiguration(.object(fields), path: kind)
  }

  private func seed(_ golden: JSON) throws -> UInt64 {
    UInt64(try #require(golden["seed"]?.integer))
  }
}
