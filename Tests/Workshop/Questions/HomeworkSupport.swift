import Foundation
import FoxFiles
import FoxFormats
import FoxModels
import FoxTables
import TestSupport

@testable import FoxQuestions

/// The tiny models that answer questions in tests.
enum TinyHomework {
  /// A GPT-2 of 64 positions and 512 words, with its tokenizer.
  static let model = Result {
    try Places.withTemporaryFolder { folder in
      for part in ["gpt2/models/plain", "tokenizers/tiny"].map({ Places.golden($0) }) {
        for name in try FileManager.default.contentsOfDirectory(atPath: part) {
          try FileManager.default.copyItem(
            atPath: "\(part)/\(name)", toPath: "\(folder.path)/\(name)")
        }
      }
      return try HomeworkModel(folder: folder.path)
    }
  }

  /// Runs `body` with a BERT of one layer on sentences of the package.
  static func withEncoder<Result>(
    evaluation: Int = 8, _ body: (HomeworkEncoder) throws -> Result
  ) throws -> Result {
    try Places.withTemporaryFolder { folder in
      var configuration = BERTConfiguration()
      (configuration.vocabularySize, configuration.positions) = (690, 48)
      (configuration.channels, configuration.layers, configuration.heads) = (16, 1, 2)
      (configuration.innerChannels, configuration.architecture) = (24, .encoder)
      let model = try BERTModel(fresh: configuration, seed: 3)
      let tensors = model.parameters.map { OutgoingTensor($0.name, $0.tensor) }
      try SafeTensorsFile.write(tensors, to: "\(folder.path)/model.safetensors")
      try AtomicFile.write(
        Array(configuration.json.text().utf8), to: "\(folder.path)/config.json")
      let tokenizer = Places.golden("tokenizers/bert/uncased")
      for name in try FileManager.default.contentsOfDirectory(atPath: tokenizer) {
        try FileManager.default.copyItem(
          atPath: "\(tokenizer)/\(name)", toPath: "\(folder.path)/\(name)")
      }
      let all = try HomeworkData(folder: nil).labelledSentences()
      let data = LabelledData(
        name: all.name, training: all.training, evaluation: all.evaluation.prefix(evaluation))
      return try body(HomeworkEncoder(folder: folder.path, data: data))
    }
  }

  /// Runs short enough for tests.
  static var plan: ClassifierPlan {
    var plan = ClassifierPlan()
    (plan.length, plan.seeds, plan.learningRate) = (32, [1234, 2341], 1e-3)
    return plan
  }
}
