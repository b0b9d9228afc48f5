/// A fault in a NumPy array.
public enum NumPyProblem: Equatable, Sendable {
  /// The file does not begin as arrays do, or ends in its header.
  case cut
  /// A version other than 1 to 3.
  case version(Int)
  /// The header is longer than is allowed.
  case headerTooLong(length: Int, limit: Int)
  /// The header is no dictionary of `descr`, `fortran_order` and `shape`, at this byte of it.
  case header(expected: String, position: Int)
  /// The numbers are of a kind that is not read: objects (pickles), structures, text.
  case kind(String)
  /// Sizes multiply to more than can be counted.
  case tooMany(shape: [Int])
  /// The array has another number of bytes than its header asks for.
  case size(shape: [Int], expected: Int, found: Int)
  /// An entry of the archive is no array.
  case notAnArray(entry: String)
}
