import Foundation

/// A dictionary key that is compared and hashed by the bytes of its UTF-8, never by canonical
/// equivalence (`JSON-2`).
///
/// Swift's `String` holds `"\u{e0}"` and `"a\u{300}"` to be equal. A vocabulary has one entry for
/// each, and a `[String: Int]` would silently lose one of them.
public struct UTF8Key: Hashable, Sendable {
  /// The text of the key.
  public let text: String

  /// A key for `text`.
  public init(_ text: String) { self.text = text }

  /// Whether two strings have the same UTF-8 bytes.
  public static func equal(_ a: String, _ b: String) -> Bool {
    var (a, b) = (a, b)
    return a.withUTF8 { a in
      b.withUTF8 { b in
        guard a.count == b.count, let first = a.baseAddress, let second = b.baseAddress
        else { return a.count == b.count }
        return memcmp(first, second, a.count) == 0
      }
    }
  }

  /// Whether `a` comes before `b` in the order of their bytes, which is also the order of their
  /// Unicode scalars.
  public static func precedes(_ a: String, _ b: String) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  /// Whether two keys have the same bytes.
  public static func == (a: UTF8Key, b: UTF8Key) -> Bool { equal(a.text, b.text) }

  /// Feeds the bytes to `hasher`.
  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
