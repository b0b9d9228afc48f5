/// A fault in a pickle, found at some byte of it.
public enum PickleProblem: Equatable, Sendable {
  /// The pickle ends too early.
  case cut
  /// An operation that no state dictionary needs.
  case operation(UInt8)
  /// A protocol other than 2.
  case version(UInt8)
  /// A name of Python code that is not among the few that stand for tensors.
  case global(String)
  /// An operation on something that it is not meant for.
  case misuse(operation: String, of: String)
  /// The stack holds fewer values than an operation takes, or more than one at the end.
  case stack
  /// Nothing was stored under that number.
  case memo(Int)
  /// Text that is not UTF-8.
  case text
  /// More than is allowed of something.
  case tooMuch(String, limit: Int)
  /// The pickle goes on behind its end.
  case trailing
}
