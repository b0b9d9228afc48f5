import Bytes
import Foundation
import Homework

/// Results of earlier runs, put together. SPEC `REP-5`.
public struct LoadedResults: Sendable {
  /// The answers of all files; of a question that several answer, the last.
  public private(set) var results: HomeworkResults
  /// Which file answers what.
  public private(set) var sources: [ReportPage.Source]

  /// Results that were computed just now.
  public init(computed results: HomeworkResults) {
    self.results = results
    sources = [
      .init(name: "computed", provenance: results.provenance, questions: results.answeredQuestions)
    ]
  }

  /// Reads what `fox homework --json` wrote.
  ///
  /// - Throws: `BytesError` for a file that cannot be read or is no JSON,
  ///   ``ReportError/notResults(path:reason:)``, ``ReportError/noResults`` without files.
  public init(paths: [String]) throws {
    guard let first = paths.first else { throw ReportError.noResults }
    let read = try Self.read(first)
    results = read
    let name = URL(fileURLWithPath: first).lastPathComponent
    sources = [.init(name: name, provenance: read.provenance, questions: read.answeredQuestions)]
    for path in paths.dropFirst() {
      add(try Self.read(path), name: URL(fileURLWithPath: path).lastPathComponent)
    }
  }

  /// Takes over what other results answer.
  public mutating func add(_ other: HomeworkResults, name: String) {
    let answered = other.answeredQuestions
    results.take(other)
    sources = sources.map { source in
      .init(
        name: source.name, provenance: source.provenance,
        questions: source.questions.filter { !answered.contains($0) })
    }
    sources.append(.init(name: name, provenance: other.provenance, questions: answered))
    sources.removeAll { $0.questions.isEmpty }
  }

  private static func read(_ path: String) throws -> HomeworkResults {
    // Strictly first: Foundation accepts names that appear twice.
    let document = try JSON.read(path: path)
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    do {
      return try decoder.decode(HomeworkResults.self, from: Data(document.text(.line).utf8))
    } catch let error as DecodingError {
      throw ReportError.notResults(path: path, reason: reason(error))
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    func place(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
        .joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
      return
        "\"\((place(context).isEmpty ? "" : place(context) + ".") + key.stringValue)\" is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      return "\"\(place(context))\" is of another kind than expected"
    @unknown default: return "it cannot be decoded"
    }
  }
}

extension HomeworkResults {
  /// The questions that have an answer: `q1.1` and so on.
  var answeredQuestions: [String] {
    [
      ("q1.1", beamSearch != nil), ("q1.2", certainty != nil), ("q1.3", beamSizes != nil),
      ("q1.4", wordBlock != nil), ("q1.5", beamBlock != nil), ("q2.1", fineTuning != nil),
      ("q3.1", classification != nil), ("q3.2", augmentation != nil),
    ].filter(\.1).map(\.0)
  }

  /// Takes over the answers that `other` has.
  mutating func take(_ other: HomeworkResults) {
    beamSearch = other.beamSearch ?? beamSearch
    certainty = other.certainty ?? certainty
    beamSizes = other.beamSizes ?? beamSizes
    wordBlock = other.wordBlock ?? wordBlock
    beamBlock = other.beamBlock ?? beamBlock
    fineTuning = other.fineTuning ?? fineTuning
    classification = other.classification ?? classification
    augmentation = other.augmentation ?? augmentation
  }

  /// The document that `--json` keeps: what ``LoadedResults`` reads.
  public func document() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
  }
}
