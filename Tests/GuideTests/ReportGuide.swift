import Foundation
import FoxData
import FoxGLUE
import FoxModels
import FoxSearch
import FoxTrainer
import FoxTries
import TestSupport
import Testing

/// The Swift that the report shows, run. It names `Weights/tale-gpt2` from the root of the
/// package, and configurations of one's own, which are tiny here.
@Suite("The report's Swift", .counted, .serialized, .tier(.t1))
struct ReportGuide {
  private let model: GPT2Model
  private let tokenizer: GPT2Tokenizer
  private let printed = Printed()

  /// What the examples print, for the test instead of the terminal.
  private final class Printed {
    var lines: [String] = []
  }

  private func print(_ items: Any...) {
    printed.lines.append(items.map { "\($0)" }.joined(separator: " "))
  }

  init() throws {
    // Where `swift test` runs already.
    _ = FileManager.default.changeCurrentDirectoryPath(Places.package.path)
    model = try GPT2Model.load(folder: "Weights/tale-gpt2").model
    tokenizer = try GPT2Tokenizer(folder: "Weights/tale-gpt2")
  }

  @Test
  func `BOOK-10 Q1.1`() throws {
    let tokenizer = try GPT2Tokenizer(folder: "Weights/tale-gpt2")
    let model = try GPT2Model.load(folder: "Weights/tale-gpt2").model
    let search = try BeamSearch(beams: 5, steps: 10)
    let result = try search.run(tokenizer.encodeIDs("The brown fox jumps"), on: model)
    for beam in result.beams { print(beam.scorePerToken, try beam.text(tokenizer)) }

    #expect(printed.lines.count == 5 && printed.lines[0].hasPrefix("-0.82"))
  }

  @Test
  func `BOOK-10 Q1.2`() throws {
    let greedy = try BeamSearch(beams: 1, steps: 10)
    let best = try greedy.run(tokenizer.encodeIDs("The brown fox jumps"), on: model).beams[0]
    for (id, logProbability) in zip(best.ids.suffix(10), best.tokenLogProbabilities) {
      print(try tokenizer.decode([id]), exp(logProbability))
    }

    #expect(printed.lines.count == 10)
  }

  @Test
  func `BOOK-10 Q1.3`() throws {
    let prompt = try tokenizer.encodeIDs("Once upon a time, in a barn near a farm house,")
    for beams in 1...5 {
      let result = try BeamSearch(beams: beams, steps: 20).run(prompt, on: model)
      print(beams, result.beams[0].scorePerToken)
    }

    #expect(printed.lines.count == 5 && printed.lines[4].hasPrefix("5 -"))
  }

  @Test
  func `BOOK-10 Q1.4`() throws {
    let prompt = try tokenizer.encodeIDs("Once upon a time, in a barn near a farm house,")
    let plain = try BeamSearch(beams: 1, steps: 40).run(prompt, on: model)
    let blocked = try BeamSearch(beams: 1, steps: 40, processors: [WordBlock()])
      .run(prompt, on: model)

    #expect(plain.beams[0].scorePerToken > blocked.beams[0].scorePerToken)
  }

  @Test
  func `BOOK-10 Q1.5`() throws {
    let search = try BeamSearch(beams: 1, steps: 40, processors: [BeamBlock()])
    let result = try search.run(
      tokenizer.encodeIDs("Once upon a time, in a barn near a farm house,"), on: model)
    for line in result.trace { print(try line.line(tokenizer)) }

    #expect(printed.lines.count == result.trace.count)
  }

  @Test
  func `BOOK-10 Q2.1`() throws {
    try Places.withTemporaryFolder { folder in
      let configuration = try Tiny.languageModel(in: folder.path)
      let stories = ["The fox ran. It sat down.", "A hen slept. It woke up."]
      let run = try LanguageModelRun(path: configuration)  // coqa.json
      let task = try run.makeTask()
      _ = try Trainer(task, run.training).train()
      let pairs = SentencePairs.of(stories: stories)  // that were not trained on
      let after = try PairEvaluation.run(pairs, model: task.model.model, tokenizer: tokenizer)
      print(after.perplexity, after.generation?.homework ?? .nan)
    }
    #expect(printed.lines.count == 1 && printed.lines[0].first?.isNumber == true)
  }

  @Test
  func `BOOK-10 Q3.1`() throws {
    try Places.withTemporaryFolder { folder in
      let configuration = try Tiny.classifier(in: folder.path)
      for seed in [1234, 2341, 3412, 4123] {
        // tinysst.json, with another seed
        let run = try ClassifierRun(path: configuration, settings: ["seed=\(seed)"])
        print(try Trainer(run.prepare().task, run.training).train())
      }
    }
    #expect(printed.lines.count == 4 && printed.lines[0].contains("train_loss"))
  }

  @Test
  func `BOOK-10 Q3.2`() throws {
    try Places.withTemporaryFolder { folder in
      let configuration = try Tiny.classifier(in: folder.path, settings: ["max_train_samples=3"])
      for seed in [1234, 2341, 3412, 4123] {
        // augmented.json, with another seed
        let run = try ClassifierRun(path: configuration, settings: ["seed=\(seed)"])
        print(try Trainer(run.prepare().task, run.training).train())
      }
    }
    #expect(printed.lines.count == 4)
  }
}
