import Foundation
import FoxTables

/// The texts that the questions are asked about: real ones where a folder has them, else a few that
/// come with the package.
///
/// SPEC `HW-2`.
package struct HomeworkData: Sendable {
  /// The folder that `FOX_DATA` names, if any.
  package let folder: String?
  /// Which texts these are, in words.
  package let name: String
  private let stories: Source
  private let evaluated: Source?

  /// A file of stories, or none.
  private struct Source {
    let path: String?
    let field: String?
  }

  /// The texts of a folder laid out as `FOX_DATA`: CoQA's two files, else MCTest's stories, else those
  /// of the package.
  package init(folder: String?) {
    self.folder = folder
    func file(_ path: String) -> String? {
      guard let full = folder.map({ "\($0)/\(path)" }) else { return nil }
      return FileManager.default.fileExists(atPath: full) ? full : nil
    }
    if let train = file("coqa/coqa-train-v1.0.json") ?? file("coqa-train.json"),
      let dev = file("coqa/coqa-dev-v1.0.json") ?? file("coqa-dev.json")
    {
      name = "CoQA"
      (stories, evaluated) = (
        Source(path: train, field: "data"), Source(path: dev, field: "data")
      )
    } else if let path = file("mctest/mctest-stories.jsonl") {
      name = "MCTest, the children's stories of CoQA"
      (stories, evaluated) = (Source(path: path, field: nil), nil)
    } else {
      name = "the few texts of the package"
      (stories, evaluated) = (Source(path: nil, field: nil), nil)
    }
  }

  /// Stories to train on, and other ones to evaluate on.
  ///
  /// Where there is one file only, every fifth story is kept from training.
  ///
  /// - Throws: `Fault`.
  package func splitStories() throws -> (training: [String], evaluation: [String]) {
    let all = try Self.read(stories)
    if let evaluated { return (all, try Self.read(evaluated)) }
    let numbered = Array(all.enumerated())
    return (
      numbered.filter { $0.offset % 5 != 4 }.map(\.element),
      numbered.filter { $0.offset % 5 == 4 }.map(\.element)
    )
  }

  /// Prompts: the first five words of stories, no two alike.
  ///
  /// - Throws: `Fault`.
  package func prompts(_ count: Int) throws -> [String] {
    var seen: Set<String> = []
    var prompts: [String] = []
    for story in try Self.read(stories) where prompts.count < count {
      let words = story.split(whereSeparator: \.isWhitespace).prefix(5)
      let prompt = words.joined(separator: " ")
      if words.count == 5, seen.insert(prompt).inserted { prompts.append(prompt) }
    }
    return prompts
  }

  private static func read(_ source: Source) throws -> [String] {
    guard let path = source.path else { return PackageTexts.stories }
    let table = try Table.read(path: path, options: TableOptions(field: source.field))
    return try table.texts(column: table.textColumn(given: nil).name)
  }

  /// Labelled sentences: tinySST of the folder, else the package's.
  ///
  /// - Throws: `Fault`.
  package func labelledSentences() throws -> LabelledData {
    let path = folder.map { "\($0)/sst2/tinySST" } ?? ""
    guard FileManager.default.fileExists(atPath: "\(path)/train.tsv") else {
      return LabelledData(
        name: "the few sentences of the package",
        training: try PackageTexts.table(PackageTexts.training, name: "the package's sentences"),
        evaluation: try PackageTexts.table(
          PackageTexts.evaluation, name: "the package's other sentences"))
    }
    return LabelledData(
      name: "tinySST", training: try Table.read(path: "\(path)/train.tsv"),
      evaluation: try Table.read(path: "\(path)/dev.tsv"))
  }
}

/// Sentences with labels, to train on and to evaluate on.
package struct LabelledData: Sendable {
  package let name: String
  package let training: Table
  package let evaluation: Table

  /// Two tables with the columns `sentence` and `label`.
  package init(name: String, training: Table, evaluation: Table) {
    (self.name, self.training, self.evaluation) = (name, training, evaluation)
  }
}
