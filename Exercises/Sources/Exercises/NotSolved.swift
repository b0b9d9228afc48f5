/// What a stub throws until you replace its body.
public struct NotSolved: Error, CustomStringConvertible {
  /// Where to begin.
  public let description: String

  init(_ hint: String) { description = "Not solved yet. \(hint)" }
}
