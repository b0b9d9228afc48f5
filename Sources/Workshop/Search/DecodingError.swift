import FoxModels

/// What can go wrong while decoding.
public enum DecodingError: Error, Equatable, Sendable {
  /// An option has a value outside its range.
  case option(name: String, value: String, expected: String)
  /// Processors have blocked every token of a row.
  case nothingLeft(row: Int, step: Int)
  /// So many of the best candidates end their text that fewer than all beams can go on.
  case tooFewCandidates(step: Int)
  /// The model refused its input, or its numbers are not finite.
  case model(Fault)
}

extension DecodingError: CustomStringConvertible {
  /// One sentence for the user.
  public var description: String {
    switch self {
    case .option(let name, let value, let expected):
      "\(name) is \(value); expected \(expected)"
    case .nothingLeft(let row, let step):
      "every token of row \(row) is blocked at step \(step); block less"
    case .tooFewCandidates(let step):
      "at step \(step) end tokens leave fewer candidates than beams; take fewer beams"
    case .model(let error): error.description
    }
  }
}
