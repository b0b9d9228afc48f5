/// What can go wrong with a data set.
public enum DatasetError: Error, Equatable, Sendable {
  /// There is nothing to work on.
  case empty(String)
}

extension DatasetError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .empty(let what): "\(what) is empty"
    }
  }
}
