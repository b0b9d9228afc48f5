import Foundation
import FoxQuestions

/// Results of earlier runs, put together. SPEC `REP-5`.
public struct LoadedResults: Sendable {
  /// The answers of all files; of a question that several answer, the last.
  public private(set) var results: HomeworkResults
  /// Which file answers what.
  public private(set) var sources: [ReportPage.Source]

  /// Results of one origin.
  ///
  /// - Parameter name: A file, or that they were computed just now.
  public init(_ results: HomeworkResults, name: String) {
    self.results = results
    sources = [.init(results, name: name)]
  }

  /// Reads what `fox homework --save` and `--json` wrote.
  ///
  /// - Throws: `Fault` for a file that cannot be read or is no JSON, `HomeworkError` for one that
  ///   holds something else, ``ReportError/noResults`` without files.
  public init(paths: [String]) throws {
    guard let first = paths.first else { throw ReportError.noResults }
    self.init(try HomeworkResults.read(path: first), name: Self.name(first))
    for path in paths.dropFirst() {
      add(try HomeworkResults.read(path: path), name: Self.name(path))
    }
  }

  /// Takes over what other results answer.
  public mutating func add(_ other: HomeworkResults, name: String) {
    results.merge(other)
    let source = ReportPage.Source(other, name: name)
    sources = sources.map { earlier in
      .init(
        name: earlier.name, provenance: earlier.provenance, classifier: earlier.classifier,
        questions: earlier.questions.filter { !source.questions.contains($0) })
    }
    sources.append(source)
    sources.removeAll { $0.questions.isEmpty }
  }

  private static func name(_ path: String) -> String {
    URL(fileURLWithPath: path).lastPathComponent
  }
}
