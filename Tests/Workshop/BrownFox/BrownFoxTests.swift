import BrownFox
import TestSupport
import Testing

@Suite("The package by its one name", .counted)
struct BrownFoxTests {
  private let folder = Places.golden("gpt2/models/plain")

  @Test
  func `LIB-1 one import searches, tokenizes, loads a model, generates and trains`() throws {
    // A table of three words, as in chapter 1.
    let found = try BeamSearch(beams: 2, steps: 1).run([0]) { texts in
      texts.map { _ in [-3, -1, -2] }
    }
    #expect(found.beams.map { $0.ids } == [[0, 1], [0, 2]])

    let model = try GPT2Model.load(folder: folder).model
    let row = try TokenGenerator(maxNewTokens: 3).run([[1, 2]], on: model)[0]
    #expect(try BeamSearch(beams: 1, steps: 3).run([1, 2], on: model).beams[0].ids == row.ids)

    let tokenizer = try GPT2Tokenizer(folder: Places.golden("tokenizers/tiny"))
    let blocks = try LanguageModelBlocks.cut(["The cat and the dog"], blockSize: 2) { texts in
      try texts.map { try tokenizer.encodeIDs($0) }
    }
    let task = try LanguageModelTask(GPT2Trainable(model), training: blocks)
    var loop = try TrainingLoop(task, samples: task.trainingSamples, epochs: 2, learningRate: 1e-3)
    let losses = try [loop.epoch(), loop.epoch()].map { $0.reduce(0, +) / Float($0.count) }
    #expect(losses[1] < losses[0])
  }

  @Test
  func `LIB-1 a model that is loaded computes with the kernels, without another call`() throws {
    _ = try GPT2Model.load(folder: folder)
    // The table that is installed, whatever a test has put in its place.
    let name = Operations.$override.withValue(nil) { Operations.current.name }
    #expect(name == "kernels")
  }

  @Test
  func `LIB-4 values go from task to task`() async throws {
    let model = try GPT2Model.load(folder: folder).model
    let generator = try TokenGenerator(maxNewTokens: 4, processors: [NoRepeatNGram(length: 2)])
    let alone = try generator.run([[1, 2]], on: model)[0].ids
    // Models, tokenizers, searches, results and faults are `Sendable`: this compiles, and is right.
    let rows = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<3 { group.addTask { try generator.run([[1, 2]], on: model)[0].ids } }
      var rows: [[Int]] = []
      for try await row in group { rows.append(row) }
      return rows
    }
    #expect(rows == [alone, alone, alone])
  }
}
