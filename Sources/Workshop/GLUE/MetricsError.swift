import FoxFiles
import FoxGPT2

/// What can go wrong with what a metric is given.
///
/// The cases carry data; the words are in `description`, in one place, and are tested as a table.
public enum MetricsError: Error, Equatable, Sendable {
  /// There is nothing to work on.
  case empty(String)
  /// There is another number of predictions than of references.
  case counts(predictions: Int, references: Int)
  /// A row of predictions has another length than its references.
  case rowLength(row: Int, predictions: Int, references: Int)
  /// An option has a value outside its range.
  case option(name: String, value: String, expected: String)
  /// A prediction or reference is not what the metric counts.
  case value(name: String, line: Int, found: String, expected: String)
  /// A metric of two classes is asked about others.
  case notBinary(metric: String, labels: [Int])
  /// No story has two sentences.
  case noPairs(name: String, stories: Int)
  /// A story, numbered from 0, cannot be scored: one of its sentences is empty.
  case emptySentence(story: Int, side: String)
  /// A story, numbered from 0, cannot be scored by the model.
  case story(Int, GPT2Error)
  /// A story, numbered from 0, cannot be continued by the model.
  case continuation(story: Int, GPT2Error)
  /// A reference has no tokens, so that nothing can be recalled.
  case emptyReference(line: Int)
  /// A table of the longest common subsequence would be too large.
  case tooLong(metric: String, reference: Int, prediction: Int)
}

extension MetricsError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .empty(let what): "\(what) is empty"
    case .counts(let predictions, let references):
      "there are \(predictions) predictions and \(references) references; expected one for each"
    case .rowLength(let row, let predictions, let references):
      "row \(row + 1) has \(predictions) predictions and \(references) labels"
    case .option(let name, let value, let expected): "\(name) is \(value); expected \(expected)"
    case .value(let name, let line, let found, let expected):
      "\(name), line \(line): is \(shown(found)); expected \(expected)"
    case .notBinary(let metric, let labels):
      "\(metric) needs the labels 0 and 1; found \(Self.list(labels))"
    case .noPairs(let name, let stories):
      "\(name): none of the \(stories) stories has two sentences (\". \" between them)"
    case .emptySentence(let story, let side):
      "story \(story + 1): the \(side) sentence has no tokens"
    case .story(let story, let error): "story \(story + 1): \(error)"
    case .continuation(let story, let error): "story \(story + 1): \(error)"
    case .emptyReference(let line):
      "line \(line): the reference has no tokens, so nothing can be recalled of it"
    case .tooLong(let metric, let reference, let prediction):
      "texts of \(reference) and \(prediction) tokens are too long for \(metric)"
    }
  }

  /// The same error about story `numbers[i]` where this one is about story `i`.
  func renumbered(_ numbers: [Int]) -> MetricsError {
    func number(_ story: Int) -> Int { numbers.indices.contains(story) ? numbers[story] : story }
    switch self {
    case .emptySentence(let story, let side):
      return .emptySentence(story: number(story), side: side)
    case .story(let story, let error): return .story(number(story), error)
    case .continuation(let story, let error):
      return .continuation(story: number(story), error)
    default: return self
    }
  }

  /// At most ten labels.
  private static func list(_ labels: [Int]) -> String {
    let more = labels.count > 10 ? " and \(labels.count - 10) more" : ""
    return labels.prefix(10).map(String.init).joined(separator: ", ") + more
  }
}
