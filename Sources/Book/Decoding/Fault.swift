import Foundation

/// # What goes wrong
///
/// Everything that a reader of this package can be told about bad input has one shape: what it is
/// about, where in it, what was found, what was expected, and what to do. The words are made here
/// and nowhere else; tests compare the fields.
///
///     model/config.json, n_head: found 5, expected a divisor of n_embd (64)
///
/// Source: a rule of this package; clause `FAULT-1`. Strings, not types: what is found may be a
/// count, a key or a byte. Not for mistakes of the programmer, which are assertions.
public struct Fault: Error, Equatable, Sendable {
  /// What it is about: a file, an option, a tensor.
  public var subject: String
  /// Where in it: a line, a byte, a key; `nil` for all of it.
  public var place: String?
  /// What is there.
  public var found: String
  /// What should be there.
  public var expected: String
  /// What to do about it, when that is known.
  public var hint: String?

  /// A fault of the given parts.
  public init(
    _ subject: String, at place: String? = nil, found: String, expected: String,
    hint: String? = nil
  ) {
    // Nothing is formatted here: the sentence is only wanted when somebody prints it.
    (self.subject, self.place) = (subject, place)
    (self.found, self.expected, self.hint) = (found, expected, hint)
  }
}

extension Fault: CustomStringConvertible, LocalizedError {
  /// One sentence.
  public var description: String {
    let whole = place.map { "\(subject), \($0)" } ?? subject  // "file, line 3", or "file"
    // The hint comes last, and only where what is expected does not say enough.
    return "\(whole): found \(found), expected \(expected)" + (hint.map { "; \($0)" } ?? "")
  }

  /// The same sentence. Foundation's `localizedDescription` asks for this, and would say "The
  /// operation couldn't be completed" without it.
  public var errorDescription: String? { description }
}
