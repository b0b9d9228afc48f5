import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxHomework
@testable import FoxQuestions

@Suite("Files of results", .counted)
struct ResultsFileTests {
  private func results(_ sha256: String = "a", model: String = "tale") -> HomeworkResults {
    HomeworkResults(
      provenance: Provenance(
        model: model, parameters: 1, sha256: sha256, date: "2026-01-31", data: "few"))
  }

  private var runs: SeedRuns {
    SeedRuns(
      name: "n", trainingSentences: 20, epochs: 3, learningRate: 2e-5, steps: 3, seeds: [1],
      accuracies: [0.5], mean: 0.5, deviation: 0, confusion: [[1, 2], [3, 4]])
  }

  private var augmentation: Q3_2 {
    Q3_2(
      translator: "t", pivots: [], example: [],
      comparisons: [
        .init(
          name: "n", without: runs, with: runs, gain: 0.1, lower: -.infinity, upper: .infinity)
      ], choice: nil, conclusion: "c \u{1F98A} \"q\"")
  }

  @Test
  func `HW-10 HW-1 written and read again, infinities too`() throws {
    try Places.withTemporaryFolder { folder in
      let model = try TinyHomework.model.get()
      var all = results()
      all.beamSearch = try model.beamSearch("The cat", beams: 2, steps: 3)
      all.augmentation = augmentation
      let path = folder.appendingPathComponent("r.json").path
      try all.write(to: path)
      #expect(try HomeworkResults.read(path: path) == all)
      let document = try JSON.read(path: path)
      #expect(document["augmentation"]?["comparisons"]?.array?[0]["lower"] == "-Infinity")
      #expect(document["certainty"] == nil)
      #expect(all.answered.map(\.rawValue) == ["q1.1", "q3.2"])
    }
  }

  @Test
  func `HW-10 saving adds; answers of another language model are refused`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("r.json").path
      let model = try TinyHomework.model.get()
      var first = results()
      first.wordBlock = try model.wordBlock("The cat", steps: 3)
      #expect(try first.save(to: path) == first)
      var second = results("b", model: "minilm")
      second.augmentation = augmentation
      let both = try second.save(to: path)
      #expect(both.answered.map(\.rawValue) == ["q1.4", "q3.2"])
      #expect(both.provenance.model == "tale", "classifiers name themselves")
      var third = results("c", model: "other")
      third.wordBlock = first.wordBlock
      let refusal = #expect(throws: Fault.self) { try third.save(to: path) }
      #expect(refusal?.found == "answers of the language model \"tale\"")
      #expect(try HomeworkResults.read(path: path) == both)
    }
  }

  // Before, each of two read the file, added its answer and wrote: one of the answers was lost.
  @Test
  func `HW-10 FILE-13 two that save at once lose no answer`() throws {
    try Places.withTemporaryFolder { folder in
      let model = try TinyHomework.model.get()
      var parts = [results(), results(), results()]
      parts[0].wordBlock = try model.wordBlock("The cat", steps: 3)
      parts[1].beamSearch = try model.beamSearch("The cat", beams: 2, steps: 3)
      parts[2].augmentation = augmentation
      let answers = parts
      for round in 0..<20 {
        let path = folder.appendingPathComponent("\(round).json").path
        DispatchQueue.concurrentPerform(iterations: 6) { index in
          _ = try? answers[index % 3].save(to: path)
        }
        let saved = try HomeworkResults.read(path: path)
        #expect(saved.answered.map(\.rawValue) == ["q1.1", "q1.4", "q3.2"])
      }
    }
  }

  @Test
  func `HW-16 names of questions`() {
    #expect(HomeworkQuestion.named("q1.1") == [.beamSearch])
    #expect(HomeworkQuestion.named("1.1") == [.beamSearch])
    #expect(HomeworkQuestion.named("Q3.2") == [.augmentation])
    #expect(HomeworkQuestion.named("Part2") == [.fineTuning])
    #expect(HomeworkQuestion.named("part1")?.count == 5)
    #expect(HomeworkQuestion.named("ALL") == HomeworkQuestion.allCases)
    for name in ["", "q", "1", "part", "part4", "q9.9", "qq1.1", "parts1"] {
      #expect(HomeworkQuestion.named(name) == nil, "\(name)")
    }
  }

  /// A document that is no file of results.
  struct Wrong: CustomTestStringConvertible, Sendable {
    let text: String
    let words: String
    var testDescription: String { text }
  }

  private static let origin =
    "\"provenance\": {\"model\": \"m\", \"parameters\": 1, \"sha256\": \"s\", \"date\": \"d\", "
    + "\"data\": \"x\"}"

  static let cases = [
    Wrong(text: "{}", words: "r.json, provenance: found nothing"),
    Wrong(text: "[]", words: "r.json: found another type, expected an object"),
    Wrong(
      text: "{\"provenance\": 3}",
      words: "r.json, provenance: found another type, expected an object"),
    Wrong(
      text: "{\"provenance\": {\"model\": 3}}",
      words: "provenance.model: found another type, expected a string"),
    Wrong(
      text: "{\(origin), \"beamSizes\": {\"prompt\": \"p\", \"steps\": 1, \"sizes\": [{}]}}",
      words: "beamSizes.sizes[0].beams: found nothing"),
    Wrong(
      text: "{\(origin), \"certainty\": {\"prompt\": null}}",
      words: "certainty.prompt: found "),
    Wrong(text: "{\"a\": 1, \"a\": 2}", words: "found \"a\" a second time"),
    Wrong(text: "not", words: "r.json, line 1"),
  ]

  @Test(arguments: cases)
  func `HW-10 FAIL-1 what is none names file and key`(wrong: Wrong) throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("r.json").path
      try AtomicFile.write(Array(wrong.text.utf8), to: path)
      let error = #expect(throws: (any Error).self) { try HomeworkResults.read(path: path) }
      let text = (error as? any CustomStringConvertible)?.description ?? ""
      #expect(text.contains(wrong.words), "\(text)")
      #expect(error is Fault)
    }
  }

  @Test
  func `HW-10 provenance: name, weights, day`() throws {
    let folder = Places.golden("gpt2/models/plain")
    try Places.withTemporaryFolder { target in
      for part in [folder, Places.golden("tokenizers/tiny")] {
        for name in try FileManager.default.contentsOfDirectory(atPath: part) {
          try FileManager.default.copyItem(
            atPath: "\(part)/\(name)", toPath: "\(target.path)/\(name)")
        }
      }
      let model = try HomeworkModel(folder: "\(target.path)/")
      let day = Date(timeIntervalSince1970: 1_769_817_600)
      let provenance = try model.provenance(data: HomeworkData(folder: nil), date: day)
      #expect(provenance.model == target.lastPathComponent && provenance.date == "2026-01-31")
      #expect(provenance.sha256.count == 64)
      #expect(provenance.parameters == model.model.configuration.parameterCount)
    }
  }
}
