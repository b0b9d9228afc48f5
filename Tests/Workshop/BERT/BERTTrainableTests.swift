import FoxFiles
import FoxKernels
import FoxLayers
import TestSupport
import Testing

@testable import FoxBERT

/// A case of `bert/gradients.json`.
extension BERTCase {
  func trainable() throws -> BERTTrainable {
    let model = try model()
    var configuration = model.configuration
    let dropout = try json.required("dropout").array ?? []
    configuration.hiddenDropout = dropout[0].double ?? 0
    configuration.attentionDropout = dropout[1].double ?? 0
    configuration.classifierDropout = dropout[2].double
    configuration.problem = json["problem_type"]?.string.flatMap(BERTProblem.init(rawValue:))
    let tensors = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.name, $0.tensor) })
    return try BERTTrainable(BERTModel(configuration) { tensors[$0] })
  }

  func labels() throws -> BERTLabels {
    let labels = try json.required("labels")
    if let classes = try? labels.integers() { return .classes(classes) }
    return .values(try labels.floats())
  }

  var seed: UInt64 { UInt64(json["seed"]?.integer ?? 0) }
}

@Suite("BERT in training")
struct BERTTrainableTests {
  static let cases = BERTCase.all("bert/gradients.json")

  @Test(
    "losses and gradients of the reference", .spec("BERT-11", "BERT-12", "BERT-13"),
    arguments: cases)
  func gradients(training: BERTCase) throws {
    let trainable = try training.trainable()
    var generator = TorchGenerator(seed: training.seed)
    let loss = try trainable.train(
      training.batch(), labels: training.labels(), scale: 1, generator: &generator)
    let golden = try Float(#require(training.json["loss"]?.double))
    #expect(abs(loss - golden) <= 2e-6 * golden, "loss \(loss), the golden has \(golden)")
    #expect(generator.drawn == training.json["draws"]?.integer)
    try expectGradients(of: trainable.parameters, training.name)
  }

  private func expectGradients(of parameters: Parameters, _ name: String) throws {
    let golden = try GoldenTensors("bert/gradients.safetensors")
    let whole = try parameters.entries.reduce(0.0) { sum, entry in
      sum + norm2(try golden["\(name).\(entry.name)"].elements)
    }.squareRoot()
    for entry in parameters.entries {
      let expected = try golden["\(name).\(entry.name)"].elements
      let actual = entry.range.map { parameters.gradients.pointer[$0] }
      let difference = norm2(zip(actual, expected).map { $0 - $1 }).squareRoot()
      // Key biases have noise only, here and there. Measured: 1.1e-8 of the whole.
      let bound =
        entry.name.hasSuffix("key.bias")
        ? 3e-8 * whole : 1e-5 * max(norm2(expected).squareRoot(), 1e-4 * whole)
      #expect(difference <= bound, "\(entry.name): ‖Δ‖ \(difference), allowed \(bound)")
    }
  }

  private func norm2(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }
  }

  @Test("gradients add up, in the given scale; padding need not be written out", .spec("BERT-11"))
  func scale() throws {
    let training = try #require(Self.cases.first { $0.name == "plain-padded" })
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

  @Test("the padding token's vector is not learned", .spec("BERT-14"))
  func paddingToken() throws {
    let training = try #require(Self.cases.first { $0.name == "plain-padded" })
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

  @Test("gradients agree with central differences", .spec("BERT-15"))
  func differences() throws {
    for name in ["plain-padded", "one-regression"] {
      let training = try #require(Self.cases.first { $0.name == name })
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

  @Test("evaluation is the model's forward pass", .spec("BERT-11", "BERT-13"))
  func evaluation() throws {
    for training in Self.cases {
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
    let trainable = try #require(Self.cases.first).trainable()
    #expect(try trainable.evaluate(BERTBatch([[1]]), labels: .classes([-100])).loss?.isNaN == true)
  }

  @Test("what cannot be trained on is refused, and nothing is drawn", .spec("BERT-16"))
  func refusals() throws {
    let classifier = try #require(Self.cases.first { $0.name == "plain-dropout" }).trainable()
    let numbers = try #require(Self.cases.first { $0.name == "relu-multi" }).trainable()
    var generator = TorchGenerator(seed: 0)
    let cases: [(BERTTrainable, BERTBatch, BERTLabels, String)] = [
      (classifier, BERTBatch([]), .classes([]), "the batch is empty"),
      (
        classifier, BERTBatch([[1, 2]], mask: [[0, 1]]), .classes([1]),
        "the mask hides the first token of row 0, which the pooler reads; pad on the right"
      ),
      (classifier, BERTBatch([[1]]), .classes([1, 1]), "there are 2 labels for 1 texts"),
      (
        classifier, BERTBatch([[1]]), .classes([2]),
        "label 2 is none of the model's 2 labels (0 to 1)"
      ),
      (
        classifier, BERTBatch([[1]]), .classes([-1]),
        "label -1 is none of the model's 2 labels (0 to 1)"
      ),
      (
        classifier, BERTBatch([[1]]), .values([1]),
        "there are 1 numbers for 1 texts with 2 outputs each"
      ),
      (
        numbers, BERTBatch([[1]]), .classes([1]),
        "the model's problem_type is multi_label_classification; it takes numbers as labels"
      ),
    ]
    for (trainable, batch, labels, words) in cases {
      let error = try #require(throws: BERTError.self) {
        try trainable.train(batch, labels: labels, scale: 1, generator: &generator)
      }
      #expect(error.description == words)
    }
    #expect(generator.drawn == 0)
    for trainable in [classifier, numbers] {
      let gradients = UnsafeBufferPointer(
        start: trainable.parameters.gradients.pointer, count: trainable.parameters.count)
      #expect(gradients.allSatisfy { $0 == 0 })
    }
  }
}
