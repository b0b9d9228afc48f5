import Foundation
import FoxDecoding
import FoxQuestions

/// Results of earlier runs, put together. SPEC `REP-5`.
package struct LoadedResults: Sendable {
  /// The answers of all files; of a question that several answer, the last.
  package private(set) var results: HomeworkResults
  /// Which file answers what.
  package private(set) var sources: [ReportPage.Source]

  /// Results of one origin.
  ///
  /// - Parameter name: A file, or that they were computed just now.
  package init(_ results: HomeworkResults, name: String) {
    self.results = results
    sources = [.init(results, name: name)]
  }

  /// Reads what `fox homework --save` and `--json` wrote.
  ///
  /// - Throws: `Fault` for a file that cannot be read, is no JSON or holds something else, and without
  ///   files.
  package init(paths: [String]) throws {
    guard let first = paths.first else {
      throw Fault("the report", found: "no results", expected: "at least one file of them")
    }
    self.init(try HomeworkResults.read(path: first), name: Self.name(first))
    for path in paths.dropFirst() {
      add(try HomeworkResults.read(path: path), name: Self.name(path))
    }
  }

  /// Takes over what other results answer.
  package mutating func add(_ other: HomeworkResults, name: String) {
    results.merge(other)
    let source = ReportPage.Source(other, name: name)
    for index in sources.indices {
      sources[index].questions.removeAll { source.questions.contains($0) }
    }
    sources.append(source)
    sources.removeAll { $0.questions.isEmpty }
  }

  private static func name(_ path: String) -> String {
    URL(fileURLWithPath: path).lastPathComponent
  }
}
