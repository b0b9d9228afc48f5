import Foundation
import FoxData
import FoxTables
import TestSupport
import Testing

/// Poems, one a paragraph, as stories.
func poems(in text: String) -> [String] {
  text.split(separator: "\n\n").map { String($0).replacing("\n", with: " ") }
}

@Suite("The guide to Data", .counted)
struct DataGuide {
  @Test
  func `BOOK-10 texts of one's own`() throws {
    let stories = poems(in: "The fox\nran.\n\nIt sat down. It slept. It woke.")

    // For a language model: ids, joined and cut.
    let blocks = try LanguageModelBlocks.cut(stories, blockSize: 4) { texts in
      texts.map { $0.utf8.map(Int.init) }
    }
    #expect(blocks.tokens == stories.reduce(0) { $0 + $1.utf8.count })

    // For its evaluation: the first sentence, and the second, which it is to predict.
    let pairs = SentencePairs.of(stories: stories)
    #expect(pairs.pairs.count == 1 && pairs.skipped == 1)
    #expect(pairs.pairs.first?.second == "It slept.")

    // For a classifier: sentences with labels, which have a guid.
    let labelled = LabelledText.numbered([("a joy to watch", "1"), ("a chore", "0")])
    #expect(labelled[1].guid == "train-2")
  }

  @Test
  func `BOOK-10 a file of rows`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("films.tsv").path
      try Data("sentence\tlabel\na joy to watch\t1\n".utf8).write(to: URL(fileURLWithPath: path))
      let table = try Table.read(path: path)
      let sentences = try table.texts(column: "sentence")
      #expect(sentences == ["a joy to watch"])
    }
  }
}
