/// # Languages by code
///
/// Google says `es`, Apertium says `spa`, and both mean Spanish. A language is therefore compared
/// by its code in ISO 639-3, and printed as it was written. What follows an underscore is a
/// variant, which another engine may not have:
///
///     es = spa       zh-cn = zho_CN       por_BR ≠ por
///
/// Source: ISO 639-3; homework Q3.1, `PIVOT_LANGUAGES`. Clause `AUG-1`. Does not know which codes
/// mean the same: the homework's 14 are spelled out in both ways, and the Workshop's room Engines
/// has the table of all.
public struct Language: Sendable, Hashable, CustomStringConvertible {
  /// The code as it was written: `es`, `zh-cn`.
  package let code: String
  /// The code in ISO 639-3, with the variant after an underscore where there is one.
  package let iso: String

  package init(code: String, iso: String) { (self.code, self.iso) = (code, iso) }

  /// The language of the homework's sentences.
  package static let english = Language(code: "en", iso: "eng")

  /// The code.
  public var description: String { code }

  /// `eng→spa→eng`, as it was written: a fault shows what the user typed.
  package static func shown(_ path: [Language]) -> String {
    path.map(\.code).joined(separator: "→")
  }

  /// Equal when they are one language, however it is written: a record made with `es` answers for
  /// `spa`.
  public static func == (a: Language, b: Language) -> Bool { a.key == b.key }

  /// By what `==` compares, or a dictionary would not find its own keys.
  public func hash(into hasher: inout Hasher) { hasher.combine(key) }

  // `pt_BR` and `pt_br` are one.
  private var key: String { iso.lowercased() }
}
