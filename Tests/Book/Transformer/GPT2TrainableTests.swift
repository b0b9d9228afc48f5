import FoxDecoding
import FoxFiles
import FoxModels
import FoxNumbers
import TestSupport
import Testing

@testable import FoxTransformer

/// A case of `gpt2/gradients.json`.
struct TrainingCase: CustomTestStringConvertible, Sendable {
  let name: String
  let json: JSON

  var testDescription: String { name }

  static func all() throws -> [TrainingCase] {
    try Golden.cases("gpt2/gradients.json").map { json in
      TrainingCase(name: try #require(json["name"]?.string), json: json)
    }
  }

  func trainable() throws -> GPT2Trainable {
    let folder = Places.golden("gpt2/models/\(try json.required("model").string ?? "")")
    let model = try GPT2Model.load(folder: folder).model
    var configuration = model.configuration
    let dropout = try json.required("dropout").array?.compactMap(\.double) ?? []
    configuration.embeddingDropout = dropout[0]
    configuration.attentionDropout = dropout[1]
    configuration.residualDropout = dropout[2]
    let weights = Dictionary(uniqueKeysWithValues: model.weights.map { ($0.name, $0.weight) })
    return try GPT2Trainable(
      GPT2Model(configuration, weight: { try #require(weights[$0]) }))
  }

  func table(_ key: String) throws -> [[Int32]] {
    try json.required(key).array?.map { try $0.integers().map { Int32($0) } } ?? []
  }

  var seed: UInt64 { UInt64(json["seed"]?.integer ?? 0) }
}

@Suite("GPT-2 in training", .counted)
struct GPT2TrainableTests {
  @Test(arguments: Computing.allCases, try TrainingCase.all())
  func `GPT2-14 GPT2-15 losses and gradients of the reference`(
    computing: Computing, training: TrainingCase
  ) throws {
    let trainable = try training.trainable()
    var generator = TorchGenerator(seed: training.seed)
    let loss = try computing {
      try trainable.train(
        training.table("ids"), labels: training.table("labels"), scale: 1, generator: &generator)
    }
    let golden = try Float(#require(training.json["loss"]?.double))
    expectWithin(Double(abs(loss - golden) / golden), Bound.of("GPT2-14", "the loss"), "loss")
    #expect(generator.drawn == training.json["draws"]?.integer)
    try expectGradients(of: trainable.parameters, training.name)
  }

  private func expectGradients(of parameters: Parameters, _ name: String) throws {
    let golden = try GoldenTensors("gpt2/gradients.safetensors")
    try parameters.expectGradients { try golden["\(name).\($0)"].elements }
  }

  private func norm2(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }
  }

  @Test(.plain)
  func `GPT2-14 gradients add up, in the given scale`() throws {
    let training = try #require(try TrainingCase.all().first)
    let trainable = try training.trainable()
    var generator = TorchGenerator(seed: 0)
    for scale in [0.25, 0.75] as [Float] {
      _ = try trainable.train(
        training.table("ids"), labels: training.table("labels"), scale: scale,
        generator: &generator)
    }
    try expectGradients(of: trainable.parameters, training.name)
  }

  @Test(.plain)
  func `GPT2-16 gradients agree with central differences`() throws {
    let training = try #require(try TrainingCase.all().first { $0.name == "untied" })
    let trainable = try training.trainable()
    let (ids, labels) = (try training.table("ids"), try training.table("labels"))
    var generator = TorchGenerator(seed: 0)
    _ = try trainable.train(ids, labels: labels, scale: 1, generator: &generator)
    let values = trainable.parameters.values.pointer
    for entry in trainable.parameters.entries {
      // Along the gradient the loss changes by its square, which float32 can tell.
      let gradient = entry.range.map { trainable.parameters.gradients.pointer[$0] }
      let length = norm2(gradient).squareRoot()
      if length < 1e-3 { continue }
      let step = Float(2e-2 / length)
      func loss(_ sign: Float) throws -> Float {
        for (index, slope) in zip(entry.range, gradient) { values[index] += sign * step * slope }
        return try trainable.evaluate(ids, labels: labels).loss
      }
      let saved = entry.range.map { values[$0] }
      let upper = try loss(1)
      for (index, value) in zip(entry.range, saved) { values[index] = value }
      let lower = try loss(-1)
      for (index, value) in zip(entry.range, saved) { values[index] = value }
      let slope = Double(upper - lower) / Double(2 * step) / (length * length)
      #expect(abs(slope - 1) < 0.05, "\(entry.name): \(slope) of the gradient")
    }
  }

  @Test(.plain)
  func `GPT2-15 evaluation is the session's forward pass`() throws {
    let training = try #require(try TrainingCase.all().first { $0.name == "plain-dropout" })
    let trainable = try training.trainable()
    let ids = try training.table("ids")
    let evaluation = try trainable.evaluate(ids, labels: ids, predictions: true)
    let logits = try trainable.model.logits(ids.map { $0.map { Int($0) } })
    let vocabulary = trainable.configuration.vocabularySize
    var losses: [Double] = []
    for (row, sequence) in ids.enumerated() {
      for token in sequence.indices {
        let start = logits.pointer + (row * sequence.count + token) * vocabulary
        #expect(
          Plain.largest(start, vocabulary) == Int(evaluation.predictions[row][token]))
        if token + 1 < sequence.count {
          let row = Matrix(reading: start, 1, vocabulary)
          var loss: [Float] = [0]
          // With a scale of 0 the logits become 0; they are not needed again.
          Plain.crossEntropy(row, [sequence[token + 1]], 0, &loss)
          losses.append(Double(loss[0]))
        }
      }
    }
    let mean = Float(losses.reduce(0, +) / Double(losses.count))
    #expect(abs(evaluation.loss - mean) < 1e-5)
    #expect(try trainable.evaluate(ids, labels: ids).predictions.isEmpty)
  }

  @Test
  func `GPT2-17 what cannot be trained on is refused, and nothing is drawn`() throws {
    let trainable = try #require(try TrainingCase.all().first).trainable()
    var generator = TorchGenerator(seed: 0)
    let long = [Int32](repeating: 1, count: trainable.configuration.positions + 1)
    let cases: [([[Int32]], [[Int32]])] = [
      ([], []), ([[]], [[]]), ([[1, 2], [3]], [[1, 2], [3]]), ([[1, 2]], [[1, 2], [3, 4]]),
      ([[1, 9999]], [[1, 2]]), ([[1, 2]], [[1, -1]]), ([[1, 2]], [[1, 9999]]),
      ([[-1, 2]], [[1, 2]]), ([long], [long]),
    ]
    for (ids, labels) in cases {
      #expect(throws: Fault.self) {
        try trainable.train(ids, labels: labels, scale: 1, generator: &generator)
      }
    }
    #expect(generator.drawn == 0)
    let gradients = UnsafeBufferPointer(
      start: trainable.parameters.gradients.pointer, count: trainable.parameters.count)
    #expect(gradients.allSatisfy { $0 == 0 })
  }
}
