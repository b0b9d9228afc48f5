/// Translates texts from one language to another.
public protocol Translator: Sendable {
  /// What it is called in tables.
  var name: String { get }
}
