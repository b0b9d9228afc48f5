/// What can go wrong with a training run.
public enum TrainingError: Error, Equatable, Sendable {
  /// There is nothing to work on.
  case empty(String)
  /// An option of the run has a value that it cannot have.
  case badOption(name: String, found: String, expected: String)
}

extension TrainingError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .empty(let what): "\(what) is empty"
    case .badOption(let name, let found, let expected):
      "\(name) is \(found); expected \(expected)"
    }
  }
}
