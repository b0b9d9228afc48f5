/// # Keys that are bytes
///
/// Swift's `String` takes `"\u{e0}"` and `"a\u{300}"` for equal: both are à. A vocabulary has an
/// entry for each, and a `[String: Int]` would silently lose one of them. So names from files are
/// compared by their UTF-8 bytes everywhere, and dictionaries of them have this key.
///
///     Set([UTF8Key("\u{e0}"), UTF8Key("a\u{300}")]).count  // 2; of Strings it is 1
///
/// Source: Unicode Standard Annex 15, by which Swift compares. Clause JSON-2. Does not normalize.
package struct UTF8Key: Hashable, Sendable {
  package let text: String

  package init(_ text: String) { self.text = text }

  /// Whether two strings have the same UTF-8 bytes.
  package static func equal(_ a: String, _ b: String) -> Bool {
    var (a, b) = (a, b)  // `withUTF8` makes a string bridged from Foundation a native one
    return a.withUTF8 { a in  // no copy: lookups in a vocabulary end here
      b.withUTF8 { UnsafeRawBufferPointer(a).holdsSame(as: UnsafeRawBufferPointer($0)) }
    }
  }

  /// Whether `a` comes before `b` by bytes, which is also the order of their Unicode scalars.
  package static func precedes(_ a: String, _ b: String) -> Bool {
    // UTF-8 was made so that this holds; UTF-16, by which Java and JavaScript sort, lacks it.
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }

  /// Whether two keys have the same bytes.
  package static func == (a: UTF8Key, b: UTF8Key) -> Bool { equal(a.text, b.text) }

  /// Feeds the bytes to `hasher`.
  package func hash(into hasher: inout Hasher) {
    // As one piece of memory, not byte by byte: hashing is most of the time of a lookup.
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
