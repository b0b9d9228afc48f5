import FoxAugmentation
import FoxDecoding
import TestSupport
import Testing

@testable import FoxEngines

@Suite("Ways out and back", .counted)
struct RoutesTests {
  private func routes(_ names: String) throws -> Routes {
    Routes(
      try names.split(separator: " ").map { name in
        let parts = name.split(separator: ">").map(String.init)
        return try direction(parts[0], parts[1])
      })
  }

  private func pivots(_ names: String) throws -> [String] {
    try routes(names).pivots(of: language("eng")).map(\.shownPath)
  }

  @Test
  func `AUG-3 only what comes back, by the shortest way, of equal ones the first`() throws {
    #expect(try pivots("eng>spa spa>eng eus>eng eng>deu") == ["eng→spa→eng"])
    let chains = "eng>spa spa>eng eng>cat cat>eng cat>fra spa>fra fra>spa fra>cat"
    #expect(
      try pivots(chains) == ["eng→cat→eng", "eng→cat→fra→cat→eng", "eng→spa→eng"])
    // Out one way, back another.
    #expect(try pivots("eng>cat cat>ita ita>spa spa>eng").count == 3)
    #expect(try pivots("") == [])
  }

  @Test
  func `AUG-3 variants only when they are asked for`() throws {
    let names =
      "eng>por por>eng eng>por_BR por_BR>eng por>eng_US eng_US>por eng>oci_aran oci_aran>eng"
    #expect(try pivots(names) == ["eng→oci_aran→eng", "eng→por→eng"])
    let all = try routes(names).pivots(of: language("eng"), variants: true).map(\.name)
    #expect(all == ["oci_aran", "por", "por_BR"])
  }

  @Test
  func `AUG-1 languages and directions in the order of their codes`() throws {
    #expect(try language("cat") < language("es"))
    #expect(try direction("en", "cat") < direction("eng", "es"))
  }

  @Test
  func `AUG-3 chains by name`() throws {
    let routes = try routes(
      "eng>spa spa>eng spa>fra fra>spa spa>cat cat>spa fra>cat cat>fra eng>cat cat>eng")
    func way(_ name: String) throws -> String {
      try routes.pivot(name, of: language("eng"), engine: "e").shownPath
    }
    #expect(try way("spa-fra") == "eng→spa→fra→cat→eng")
    #expect(try way("spa-fra-spa") == "eng→spa→fra→spa→eng")
    #expect(try way("fra") == "eng→cat→fra→cat→eng")
    #expect(try way("es") == "eng→spa→eng")
    #expect(try routes.pivot("es", of: language("en"), engine: "e").name == "es")
  }

  @Test
  func `AUG-3 a language with a dash, and the language itself`() throws {
    let routes = try routes("en>zh-cn zh-cn>en en>en")
    let english = try language("eng")
    #expect(try routes.pivot("zh-cn", of: english, engine: "e").path.count == 3)
    #expect(try routes.pivot("en", of: english, engine: "e").path == [english, english, english])
  }

  @Test
  func `AUG-3 what is no pivot is refused with the reason and the list`() throws {
    let routes = try routes("eng>spa spa>eng eus>eng eng>deu")
    let noLanguage = "neither a code of a language nor several with - between"
    let problems = [
      "eus": "nothing that leads from eng to eus", "deu": "nothing that leads back from deu",
      "eng": "a way that stays in eng", "spa-spa": "a way that stays in spa", "": noLanguage,
      "spa-": noLanguage, "spanish": noLanguage, "spa-fra": "nothing that leads from spa to fra",
    ]
    for (name, found) in problems {
      let error = Fault.pivot(engine: "e", name: name, found: found, pivots: ["spa"])
      #expect(throws: error, "\(name)") {
        try routes.pivot(name, of: language("eng"), engine: "e")
      }
    }
  }

  // Before, the first two by their codes were taken: Aragonese by way of Catalan, and Catalan.
  @Test
  func `HW-21 two pivots that are not variants of each other`() throws {
    let names =
      "eng>cat cat>eng cat>arg arg>cat eng>cat_valencia cat_valencia>eng eng>epo epo>eng epo>fra fra>epo"
    let all = try routes(names).pivots(of: language("eng"), variants: true)
    #expect(all.map(\.name) == ["arg", "cat", "cat_valencia", "epo", "fra"])
    #expect(all.unlike(2).map(\.name) == ["cat", "epo"])
    #expect(all.unlike(9).map(\.name) == ["cat", "epo"], "fra goes by epo, arg by cat")
    #expect(all.unlike(0).isEmpty && [Pivot]().unlike(2).isEmpty)
  }
}
