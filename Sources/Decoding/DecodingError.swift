import GPT2

/// What can go wrong while decoding.
public enum DecodingError: Error, Equatable, Sendable {
  /// An option has a value outside its range.
  case option(name: String, value: String, expected: String)
  /// The model refused its input, or its numbers are not finite.
  case model(GPT2Error)
}

extension DecodingError: CustomStringConvertible {
  /// One sentence for the user.
  public var description: String {
    switch self {
    case .option(let name, let value, let expected):
      "\(name) is \(value); expected \(expected)"
    case .model(let error): error.description
    }
  }
}
