import Foundation
import FoxFiles

/// What can go wrong with the homework's questions.
///
/// The cases carry data; the words are in `description`, in one place, and are tested as a table.
public enum HomeworkError: Error, Equatable, Sendable {
  /// A file of results is none, or lacks something.
  case results(path: String, key: String, problem: String)
  /// A file of results has answers of another language model.
  case otherModel(path: String, then: String, now: String)
  /// An option has a value outside its range.
  case option(name: String, value: String, expected: String)
  /// There are too few texts to work on.
  case tooFew(what: String, found: Int, needed: Int)
}

extension HomeworkError: CustomStringConvertible, LocalizedError {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .results(let path, let key, let problem):
      "\(path): \(key.isEmpty ? "the document" : key) \(problem); is it a file that "
        + "fox homework --save has written?"
    case .otherModel(let path, let then, let now):
      "\(path) has answers of the language model \(shown(then)), these are of \(shown(now)); "
        + "save them to another file"
    case .option(let name, let value, let expected): "\(name) is \(value); expected \(expected)"
    case .tooFew(let what, let found, let needed):
      "there are \(found) \(what); expected at least \(needed)"
    }
  }

  /// The same sentence, which Foundation's `localizedDescription` asks for.
  public var errorDescription: String? { description }
}
