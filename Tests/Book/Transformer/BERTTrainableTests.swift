import FoxDecoding
import FoxFiles
import FoxModels
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

@Suite("BERT in training", .counted)
struct BERTTrainableTests {
  static func cases() throws -> [BERTCase] { try BERTCase.all("bert/gradients.json") }

  @Test(arguments: Computing.allCases, try cases())
  func `BERT-11 BERT-12 BERT-13 losses and gradients of the reference`(
    computing: Computing, training: BERTCase
  ) throws {
    let trainable = try training.trainable()
    var generator = TorchGenerator(seed: training.seed)
    let loss = try computing {
      try trainable.train(
        training.batch(), labels: training.labels(), scale: 1, generator: &generator)
    }
    let golden = try Float(#require(training.json["loss"]?.double))
    expectWithin(Double(abs(loss - golden) / golden), Bound.of("BERT-11", "the loss"), "loss")
    #expect(generator.drawn == training.json["draws"]?.integer)
    try expectGradients(of: trainable.parameters, training.name)
  }

  private func expectGradients(of parameters: Parameters, _ name: String) throws {
    let golden = try GoldenTensors("bert/gradients.safetensors")
    try parameters.expectGradients(noise: "key.bias") { try golden["\(name).\($0)"].elements }
  }

  private func norm2(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }
  }

  @Test(.plain)
  func `BERT-11 gradients add up, in the given scale; padding need not be written out`() throws {
    let training = try #require(try Self.cases().first { $0.name == "plain-padded" })
    let trainable = try training.trainable()
    var generator = TorchGenerator(seed: 0)
    let padded = try training.batch()
    let counts = try #require(padded.mask).map { $0.count { $0 == 1 } }
    func cut(_ table: [[Int32]]) -> [[Int32]] { zip(table, counts).map { Array($0.prefix($1)) } }
    let ragged = BERTBatch(
      cut(padded.ids), typeIDs: cut(try #require(padded.typeIDs)), width: padded.width)
    for (batch, scale) in [(padded, 0.25), (ragged, 0.75)] as [(BERTBatch, Float)] {
      _ = try trainable.train(
        batch, labels: training.labels(), scale: scale, generator: &generator)
    }
    try expectGradients(of: trainable.parameters, training.name)
  }

  @Test(.plain)
  func `BERT-14 the padding token's vector is not learned`() throws {
    let training = try #require(try Self.cases().first { $0.name == "plain-padded" })
    let (trainable, batch) = (try training.trainable(), try training.batch())
    let pad = try #require(trainable.configuration.padToken)
    #expect(batch.ids[0][2] == Int32(pad) && batch.mask?[0][2] == 1)
    var generator = TorchGenerator(seed: 0)
    _ = try trainable.train(batch, labels: training.labels(), scale: 1, generator: &generator)
    let table = try #require(trainable.parameters["bert.embeddings.word_embeddings.weight"])
    let channels = trainable.configuration.channels
    for token in [pad, Int(batch.ids[0][1])] {
      let start = table.range.lowerBound + token * channels
      let gradient = (0..<channels).map { trainable.parameters.gradients.pointer[start + $0] }
      #expect(gradient.allSatisfy { $0 == 0 } == (token == pad))
    }
  }

  @Test(.plain)
  func `BERT-15 gradients agree with central differences`() throws {
    for name in ["plain-padded", "one-regression"] {
      let training = try #require(try Self.cases().first { $0.name == name })
      let trainable = try training.trainable()
      let (batch, labels) = (try training.batch(), try training.labels())
      var generator = TorchGenerator(seed: 0)
      _ = try trainable.train(batch, labels: labels, scale: 1, generator: &generator)
      let values = trainable.parameters.values.pointer
      for entry in trainable.parameters.entries {
        // Along the gradient the loss changes by its square, which float32 can tell.
        let gradient = entry.range.map { trainable.parameters.gradients.pointer[$0] }
        let length = norm2(gradient).squareRoot()
        if length < 1e-2 { continue }
        let step = Float(1e-2 / length)
        let saved = entry.range.map { values[$0] }
        func loss(_ sign: Float) throws -> Float {
          for (offset, index) in entry.range.enumerated() {
            values[index] = saved[offset] + sign * step * gradient[offset]
          }
          defer { for (index, value) in zip(entry.range, saved) { values[index] = value } }
          return try #require(try trainable.evaluate(batch, labels: labels).loss)
        }
        let slope = Double(try loss(1) - loss(-1)) / Double(2 * step) / (length * length)
        #expect(abs(slope - 1) < 0.05, "\(name), \(entry.name): \(slope) of the gradient")
      }
    }
  }

  @Test(.plain)
  func `BERT-11 BERT-13 evaluation is the model's forward pass`() throws {
    for training in try Self.cases() {
      let trainable = try training.trainable()
      let evaluation = try trainable.evaluate(training.batch(), labels: training.labels())
      let logits = try trainable.model.logits(training.batch())
      #expect(evaluation.logits.elements == logits.elements)
      if training.json["draws"]?.integer == 0 {
        let golden = try Float(#require(training.json["loss"]?.double))
        #expect(abs(try #require(evaluation.loss) - golden) <= 2e-6 * golden)
      }
      #expect(try trainable.evaluate(training.batch()).loss == nil)
    }
    let trainable = try #require(try Self.cases().first).trainable()
    #expect(try trainable.evaluate(BERTBatch([[1]]), labels: .classes([-100])).loss?.isNaN == true)
  }

  @Test
  func `BERT-16 what cannot be trained on is refused, and nothing is drawn`() throws {
    let classifier = try #require(try Self.cases().first { $0.name == "plain-dropout" }).trainable()
    let numbers = try #require(try Self.cases().first { $0.name == "relu-multi" }).trainable()
    var generator = TorchGenerator(seed: 0)
    let cases: [(BERTTrainable, BERTBatch, BERTLabels, String, String)] = [
      (classifier, BERTBatch([]), .classes([]), "no text", "at least one"),
      (
        classifier, BERTBatch([[1, 2]], mask: [[0, 1]]), .classes([1]),
        "a mask that hides its first token", "one that shows it, as the pooler reads it"
      ),
      (classifier, BERTBatch([[1]]), .classes([1, 1]), "2", "1, one for each text"),
      (classifier, BERTBatch([[1]]), .classes([2]), "label 2", "0 to 1, the model's labels"),
      (classifier, BERTBatch([[1]]), .classes([-1]), "label -1", "0 to 1, the model's labels"),
      (classifier, BERTBatch([[1]]), .values([1]), "1 number", "2 for each of 1 text"),
      (
        numbers, BERTBatch([[1]]), .classes([1]), "classes",
        "numbers, as problem_type is multi_label_classification"
      ),
    ]
    for (trainable, batch, labels, found, expected) in cases {
      let fault = try #require(throws: Fault.self) {
        try trainable.train(batch, labels: labels, scale: 1, generator: &generator)
      }
      #expect(fault.found == found && fault.expected == expected)
    }
    #expect(generator.drawn == 0)
    for trainable in [classifier, numbers] {
      let gradients = UnsafeBufferPointer(
        start: trainable.parameters.gradients.pointer, count: trainable.parameters.count)
      #expect(gradients.allSatisfy { $0 == 0 })
    }
  }
}
