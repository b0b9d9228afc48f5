/// What can go wrong with a BERT and what it is given.
public enum BERTError: Error, Equatable, Sendable {
  /// There is nothing to work on.
  case empty(String)
}

extension BERTError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .empty(let what): "\(what) is empty"
    }
  }
}
