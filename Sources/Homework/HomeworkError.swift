import Bytes

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
  /// A text cannot be continued for as many tokens as the question asks for.
  case tooShort(model: String, positions: Int, needed: Int)
  /// The augmented data do not belong to the training data.
  case augmented(path: String, problem: String)
}

extension HomeworkError: CustomStringConvertible {
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
    case .tooShort(let model, let positions, let needed):
      "\(model) has \(positions) positions; the question needs \(needed)"
    case .augmented(let path, let problem):
      "\(path): \(problem); fox augment writes such a folder"
    }
  }
}
