import Foundation

/// A key that is compared by its bytes.
///
/// Swift's `String` holds `"\u{e0}"` and `"a\u{300}"` to be equal: both are à. A vocabulary has an
/// entry for each, and a `[String: Int]` would silently lose one of them (JSON-2).
public struct UTF8Key: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  /// Whether two strings have the same UTF-8 bytes.
  package static func equal(_ a: String, _ b: String) -> Bool {
    var (a, b) = (a, b)
    return a.withUTF8 { a in
      b.withUTF8 { b in
        guard a.count == b.count, let first = a.baseAddress, let second = b.baseAddress
        else { return a.count == b.count }
        return memcmp(first, second, a.count) == 0
      }
    }
  }

  /// Whether `a` comes before `b` by bytes, which is also the order of their Unicode scalars.
  package static func precedes(_ a: String, _ b: String) -> Bool {
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
