import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxQuestions

@Suite("The texts of the questions", .counted)
struct HomeworkDataTests {
  @Test
  func `HW-2 the package's own: enough for every question`() throws {
    let data = HomeworkData(folder: nil)
    #expect(data.name == "the few texts of the package")
    let stories = try data.splitStories()
    #expect(stories.training.count == 10 && stories.evaluation.count == 2)
    #expect(Set(stories.training).isDisjoint(with: stories.evaluation))
    let prompts = try data.prompts(100)
    #expect(prompts.count == 12 && Set(prompts).count == 12)
    #expect(prompts.allSatisfy { $0.split(separator: " ").count == 5 })
    #expect(try data.prompts(3) == Array(prompts.prefix(3)))
    let sentences = try data.labelledSentences()
    for (table, count) in [(sentences.training, 20), (sentences.evaluation, 24)] {
      let labels = try table.column("label").compactMap(\.integer)
      #expect(labels.count == count && labels.reduce(0, +) == count / 2)
    }
    let texts = try sentences.training.texts(column: "sentence")
    #expect(Set(texts).isDisjoint(with: try sentences.evaluation.texts(column: "sentence")))
  }

  @Test
  func `HW-2 a folder: CoQA before MCTest, tinySST`() throws {
    try Places.withTemporaryFolder { folder in
      func write(_ text: String, _ path: String) throws {
        let full = folder.appendingPathComponent(path)
        try Folder.create(full.deletingLastPathComponent().path)
        try AtomicFile.write(Array(text.utf8), to: full.path)
      }
      #expect(HomeworkData(folder: folder.path).name.hasPrefix("the few"))
      let lines = (0..<10).map { "{\"story\": \"One two three four five \($0). End.\"}\n" }
      try write(lines.joined(), "mctest/mctest-stories.jsonl")
      let stories = HomeworkData(folder: folder.path)
      #expect(stories.name.hasPrefix("MCTest"))
      let split = try stories.splitStories()
      #expect(split.training.count == 8 && split.evaluation.count == 2)
      #expect(split.evaluation[0].contains("4."))
      #expect(try stories.prompts(9) == ["One two three four five"])
      try write("{\"data\": [{\"story\": \"A. B.\"}]}", "coqa/coqa-train-v1.0.json")
      try write("{\"data\": [{\"story\": \"C. D.\"}]}", "coqa/coqa-dev-v1.0.json")
      let coqa = HomeworkData(folder: folder.path)
      #expect(coqa.name == "CoQA")
      let parts = try coqa.splitStories()
      #expect(parts.training == ["A. B."] && parts.evaluation == ["C. D."])
      try write("sentence\tlabel\ngood\t1\nbad\t0\n", "sst2/tinySST/train.tsv")
      try write("sentence\tlabel\nfine\t1\n", "sst2/tinySST/dev.tsv")
      let sentences = try coqa.labelledSentences()
      #expect(sentences.name == "tinySST")
      #expect(sentences.training.count == 2 && sentences.evaluation.count == 1)
    }
  }
}
