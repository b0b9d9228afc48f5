import FoxFiles
import FoxModels
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

@Suite("Relative positions", .counted)
struct RelativePositionsTests {
  static func cases() throws -> [BERTCase] { try BERTCase.all("bert/relative.json") }

  private let golden = Result { try GoldenTensors("bert/relative.safetensors") }

  private func expect(_ actual: Tensor, _ name: String) throws {
    let expected = try golden.get()[name]
    #expect(actual.shape == expected.shape, "\(name)")
    expectClose(actual.elements, expected.elements, tolerance: Bound.of("BERT-19"), name)
  }

  @Test(.plain)
  func `BERT-19 a score gets the part of its distance`() throws {
    // One head of one channel, three positions: rows for the distances −2 … 2.
    let table = Tensor(shape: [5, 1]) { e in for d in 0..<5 { e[d] = Float(d) - 2 } }
    let arena = Arena()
    let (q, k, s) = (arena.matrix(2, 1), arena.matrix(2, 1), arena.matrix(2, 2))
    (q[0][0], q[1][0], k[0][0], k[1][0]) = (1, 10, 100, 1000)
    // The tokens stand in columns 0 and 2, so the distances are [[0, −2], [2, 0]].
    for (hasKeys, expected) in [(false, [0, -2, 20, 0]), (true, [0, -2002, 220, 0])] {
      s.fill(0)
      RelativePositions(table: Weight(table), hasKeys: hasKeys)
        .add(to: s, q: q, k: k, ([0, 2], [0, 2]), scale: 1)
      expectSame(s.elements, expected.map { Float($0) }, "scores")
    }
  }

  @Test(arguments: Computing.allCases, try cases())
  func `BERT-19 hidden states and logits of the reference`(
    computing: Computing, run: BERTCase
  ) throws {
    let model = try run.model()
    let (all, logits) = try computing {
      (try model.allHiddenStates(run.batch()), try model.logits(run.batch()))
    }
    for (index, states) in all.enumerated() {
      try expect(states.states, "\(run.name).hidden.\(index)")
    }
    try expect(logits, "\(run.name).logits")
  }

  @Test(arguments: Computing.allCases, try cases())
  func `BERT-19 losses and gradients of the reference`(
    computing: Computing, run: BERTCase
  ) throws {
    let trainable = try run.trainable()
    var generator = TorchGenerator(seed: run.seed)
    let loss = try computing {
      try trainable.train(run.batch(), labels: run.labels(), scale: 1, generator: &generator)
    }
    let expected = try Float(#require(run.json["loss"]?.double))
    expectWithin(Double(abs(loss - expected) / expected), Bound.of("BERT-11", "the loss"), "loss")
    #expect(generator.drawn == run.json["draws"]?.integer)
    let golden = try golden.get()
    // A key that asks for distances is not the same for all queries: its bias counts.
    let noise = run.name == "relative_key" ? "key.bias" : nil
    try trainable.parameters.expectGradients(noise: noise) {
      try golden["\(run.name).\($0)"].elements
    }
  }

  @Test(arguments: try cases())
  func `BERT-19 new tables are the reference's, and the file says what the model is`(
    run: BERTCase
  ) throws {
    let configuration = try run.model().configuration
    let reread = try BERTConfiguration(configuration.json, path: run.name)
    #expect(reread == configuration && reread.positionKind.rawValue == run.name)
    let model = try BERTModel(fresh: configuration, seed: run.seed)
    let drawn = model.parameters.filter {
      $0.name.contains("distance") || $0.name.hasPrefix("classifier.")
    }
    #expect(drawn.count == configuration.layers + 2)
    for (name, tensor) in drawn {
      expectSame(tensor.elements, try golden.get()["fresh/\(run.name).\(name)"].elements, name)
    }
  }
}
