import Foundation
import FoxFiles
import FoxFormats
import FoxModels
import FoxSearch
import FoxTries

/// A language model that answers the questions of parts 1 and 2.
///
/// SPEC `HW-1`.
public struct HomeworkModel: Sendable {
  /// Where it is from.
  public let folder: String
  /// The model.
  public let model: GPT2Model
  /// Its tokenizer.
  public let tokenizer: GPT2Tokenizer

  /// Reads a folder in Hugging Face layout.
  ///
  /// - Throws: What the rooms of checkpoints, models and tokenizers throw.
  public init(folder: String) throws {
    self.folder = folder
    model = try GPT2Model.load(folder: folder).model
    tokenizer = try GPT2Tokenizer(folder: folder)
  }

  /// What computed the results: the folder's name, the SHA-256 of the weights, the day.
  ///
  /// - Throws: What the weights throw when they are read again.
  /// - Complexity: O(bytes of the weights).
  public func provenance(data: HomeworkData, date: Date = Date()) throws -> Provenance {
    let path = try Checkpoint(folder: folder).path
    return Provenance(
      model: URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent,
      parameters: model.configuration.parameterCount ?? 0,
      sha256: SHA256.hash(of: try MappedFile(path: path)).hexadecimal,
      date: Day.text(date), data: data.name)
  }

  /// A search over a text.
  func search(
    _ prompt: String, beams: Int, steps: Int, processors: [any ScoreProcessor] = [],
    observing observer: ((SearchStep) -> Void)? = nil
  ) throws -> SearchResult {
    let search = try BeamSearch(beams: beams, steps: steps, processors: processors)
    return try search.run(tokenizer.encodeIDs(prompt), on: model, observing: observer)
  }
}

/// Days as they are written in results.
enum Day {
  /// As 2026-01-31, in universal time.
  static func text(_ date: Date) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? calendar.timeZone
    let parts = calendar.dateComponents([.year, .month, .day], from: date)
    return String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
  }
}
