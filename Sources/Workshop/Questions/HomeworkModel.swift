import Foundation
import FoxFiles
import FoxFormats
import FoxModels
import FoxSearch
import FoxTries

/// A language model that answers the questions of parts 1 and 2.
///
/// SPEC `HW-1`.
package struct HomeworkModel: Sendable {
  package let folder: String
  package let model: GPT2Model
  package let tokenizer: GPT2Tokenizer

  /// Reads a folder in Hugging Face layout.
  ///
  /// - Throws: What the rooms of checkpoints, models and tokenizers throw.
  package init(folder: String) throws {
    self.folder = folder
    model = try GPT2Model.load(folder: folder).model
    tokenizer = try GPT2Tokenizer(folder: folder)
  }

  /// What computed the results: the folder's name, the SHA-256 of the weights, the day.
  ///
  /// - Throws: What the weights throw when they are read again.
  package func provenance(data: HomeworkData, date: Date = Date()) throws -> Provenance {
    try Provenance(
      folder: folder, parameters: model.configuration.parameterCount, data: data.name, date: date)
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

extension Provenance {
  /// - Throws: What the weights throw when they are read again.
  /// - Complexity: O(bytes of the weights).
  init(folder: String, parameters: Int?, data: String, date: Date) throws {
    let weights = try MappedFile(path: Checkpoint(folder: folder).path)
    self.init(
      model: Self.name(of: folder), parameters: parameters ?? 0,
      sha256: SHA256.hash(of: weights).hexadecimal,
      date: date.formatted(.iso8601.year().month().day()), data: data)
  }

  /// The name of a model's folder.
  static func name(of folder: String) -> String {
    URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
  }
}
