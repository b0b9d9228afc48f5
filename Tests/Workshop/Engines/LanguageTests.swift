import TestSupport
import Testing

@testable import FoxEngines

@Suite("Codes of languages", .counted)
struct LanguageTests {
  private func language(_ code: String) throws -> Language {
    try #require(Language(code), "\(code)")
  }

  @Test
  func `AUG-1 ISO 639-3, whatever an engine calls it`() throws {
    let codes = [
      "en": "eng", "EN": "eng", "es": "spa", "eo": "epo", "gl": "glg", "ca": "cat", "fr": "fra",
      "pt": "por", "pt_BR": "por_BR", "por_PTpre1990": "por_PTpre1990", "zh-cn": "zho_cn",
      "oc_aran": "oci_aran", "hbs": "hbs", "fa": "fas", "ast": "ast",
    ]
    for (code, iso) in codes {
      let language = try language(code)
      #expect(language.iso == iso && language.code == code && "\(language)" == code)
    }
  }

  @Test
  func `AUG-1 two codes of one language are equal`() throws {
    for (a, b) in [("es", "spa"), ("zh-cn", "zho_CN"), ("pt_BR", "por_br"), ("ENG", "en")] {
      #expect(try language(a) == language(b) && language(a).hashValue == language(b).hashValue)
    }
    for (a, b) in [("es", "epo"), ("pt", "pt_BR"), ("cat", "cat_valencia")] {
      #expect(try language(a) != language(b))
    }
    #expect(try language("pt_BR").base == language("por") && language("spa").base == language("es"))
  }

  @Test(arguments: ["", "e", "engl", "e1", "es_", "es-", "_es", "es/fr", "es fr", "é€", "es_\u{0}"])
  func `AUG-1 what is not a code`(code: String) { #expect(Language(code) == nil) }
}
