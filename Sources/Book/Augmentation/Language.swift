/// # Languages by code
///
/// Google says `es`, Apertium says `spa`, and both mean Spanish. A language is therefore compared
/// by its code in ISO 639-3, and printed as it was written. What follows an underscore is a
/// variant, which another engine may not have:
///
///     es = spa       zh-cn = zho_CN       por_BR ≠ por
///
/// Source: ISO 639-3; homework Q3.1, `PIVOT_LANGUAGES`. Clause `AUG-1`. Does not know which codes
/// mean the same: the Workshop's room Engines has the table.
package struct Language: Sendable, Hashable, CustomStringConvertible {
  package let code: String  // as it was written: `es`, `zh-cn`
  package let iso: String  // in ISO 639-3, with the variant where there is one

  package init(code: String, iso: String) { (self.code, self.iso) = (code, iso) }

  /// The code.
  package var description: String { code }

  /// `eng→spa→eng`.
  package static func shown(_ path: [Language]) -> String {
    // By code, not by `iso`: who typed `es` should not look for `spa`.
    path.map(\.code).joined(separator: "→")
  }

  /// Equal when they are one language: a record made with `es` answers for `spa`.
  package static func == (a: Language, b: Language) -> Bool { a.key == b.key }

  /// By what `==` compares, or a dictionary would not find its own keys.
  package func hash(into hasher: inout Hasher) { hasher.combine(key) }

  private var key: String { iso.lowercased() }  // `pt_BR` and `pt_br` are one
}
