import FoxFiles
import FoxKernels
import FoxModels
import FoxTrainer

/// Batches of 32 texts padded to 128 tokens, which the peer uses too.
enum BERTTexts {
  static let width = 128
  static let count = 32

  /// Lengths with special tokens: about those of SST-2's dev sentences, 26 of 128; or all 128.
  static func lengths(full: Bool) -> [Int] {
    (0..<count).map { full ? width : 12 + $0 * 7 % 30 }
  }

  static func batch(_ model: BERTModel, full: Bool) -> BERTBatch {
    let vocabulary = model.configuration.vocabularySize
    let ids = lengths(full: full).enumerated().map { row, length in
      (0..<length).map { Int32((($0 + row * width) * 7919 + 13) % vocabulary) }
    }
    return BERTBatch(ids, width: width)
  }
}

/// Logits of a batch.
struct BERTEvaluationWork: TimedWork {
  let unit = "batch of 32"
  private let model: BERTModel
  private let batch: BERTBatch
  private let arena = Arena()
  private var logits: [Float] = []

  init(_ model: BERTModel, full: Bool) {
    self.model = model
    batch = BERTTexts.batch(model, full: full)
  }

  var bytes: Int { model.parameters.reduce(0) { $0 + 4 * $1.tensor.count } }

  mutating func run() throws -> Double {
    try seconds { logits = try model.logits(batch, arena: arena).elements }
  }

  func result() -> [Int] { [] }

  func details() -> [(String, JSON)] {
    [("outputs", .array(logits.map { .number(Double($0)) }))]
  }
}

/// A training step as the homework has it: forward and backward pass with dropout, clipping, AdamW.
struct BERTTrainingWork: TimedWork {
  let unit = "step"
  private let trainable: BERTTrainable
  private let optimizer: AdamW
  private let batch: BERTBatch
  private let labels = BERTLabels.classes((0..<BERTTexts.count).map { $0 % 2 })
  private var generator = TorchGenerator(seed: 42)
  private var losses: [Float] = []

  init(_ model: BERTModel, full: Bool) throws {
    trainable = try BERTTrainable(model)
    optimizer = try AdamW(trainable.parameters)
    batch = BERTTexts.batch(model, full: full)
  }

  var bytes: Int { 4 * trainable.parameters.count }

  mutating func run() throws -> Double {
    try seconds {
      losses.append(
        try trainable.train(batch, labels: labels, scale: 1, generator: &generator))
      _ = optimizer.update(trainable.parameters, learningRate: 2e-5, maximumNorm: 1)
    }
  }

  func result() -> [Int] { [] }

  func details() -> [(String, JSON)] {
    [("outputs", .array(losses.map { .number(Double($0)) }))]
  }
}
