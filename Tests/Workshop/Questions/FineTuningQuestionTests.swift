import Foundation
import FoxDecoding
import FoxGLUE
import TestSupport
import Testing

@testable import FoxQuestions

@Suite("The homework's questions, part 2", .counted)
struct FineTuningQuestionTests {
  @Test
  func `HW-7 HW-1 q2.1 on the package's stories: losses, scores, intervals, examples`() throws {
    let model = try TinyHomework.model.get()
    var plan = FineTuningPlan()
    (plan.epochs, plan.learningRate, plan.blockSize) = (2, 1e-3, 16)
    var progress: [HomeworkModel.FineTuningProgress] = []
    let data = try ShortStories.data()
    let answer = try model.fineTuning(on: data, plan) { progress.append($0) }
    #expect(answer.trainingStories == 4 && answer.blocks > 4)
    #expect(answer.steps == 2 * ((answer.blocks + 7) / 8) && answer.losses.count == answer.steps)
    #expect(answer.losses.map(\.step) == Array(1...answer.steps))
    #expect(answer.before.pairs == 1 && answer.after.pairs == 1)
    #expect(answer.after.perplexity != answer.before.perplexity)
    #expect(answer.differences.map(\.metric).first == "perplexity")
    #expect(answer.differences.count == 6)
    let change = answer.after.perplexity - answer.before.perplexity
    #expect(abs(answer.differences[0].mean - change) < 1e-2 * abs(change) + 1e-3)
    #expect(answer.differences.allSatisfy { $0.lower <= $0.mean && $0.mean <= $0.upper })
    #expect(answer.examples.count == 1 && answer.examples[0].first == "The cat sat.")
    #expect(answer.conclusion.hasPrefix("Over 1 pair the perplexity goes from"))
    #expect(progress.last == .evaluated(1, of: 1, isAfter: true))
    #expect(progress.contains(.trained(answer.steps, of: answer.steps)))
    // The model that was given is as it was.
    let again = try model.fineTuning(on: data, plan)
    #expect(again == answer)
  }

  @Test
  func `HW-7 what the homework sets, and what cannot be done`() throws {
    let arguments = FineTuningPlan().arguments
    #expect(arguments.trainingBatchSize == 8 && arguments.epochs == 1)
    #expect(arguments.learningRate == 5e-5 && arguments.seed == 42)
    #expect(!FileManager.default.fileExists(atPath: arguments.outputFolder))
    let model = try TinyHomework.model.get()
    var none = shortPlan
    none.pairs = 0
    #expect(throws: Fault.self) { try model.fineTuning(on: ShortStories.data(), none) }
  }

  private var shortPlan: FineTuningPlan {
    var plan = FineTuningPlan()
    plan.blockSize = 16
    return plan
  }
}

/// A few stories in a folder laid out as `FOX_DATA`; the tiny model has 64 positions.
enum ShortStories {
  static let texts = [
    "The dog ran. It ran home. It was glad.", "A fox came. The fox was red and it ran away.",
    "The boy had a cat. The cat had a hat and the hat had a hole in it, so it fell off.",
    "It was a day. The day was long and the sun was hot over the hill and the house.",
    "The cat sat. It slept. Then it ran.",
  ]

  /// Written once; the folder lives as long as the run.
  private static let folder: String = {
    let folder = NSTemporaryDirectory() + "brownfox-stories-\(getpid())"
    try? FileManager.default.createDirectory(
      atPath: "\(folder)/mctest", withIntermediateDirectories: true)
    let lines = texts.map { "{\"story\": \"\($0)\"}\n" }.joined()
    try? Data(lines.utf8).write(to: URL(fileURLWithPath: "\(folder)/mctest/mctest-stories.jsonl"))
    atexit { try? FileManager.default.removeItem(atPath: ShortStories.path) }
    return folder
  }()

  static var path: String { folder }

  static func data() throws -> HomeworkData { HomeworkData(folder: folder) }
}
