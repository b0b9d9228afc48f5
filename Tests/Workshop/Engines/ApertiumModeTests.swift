import Foundation
import TestSupport
import Testing

@testable import FoxEngines

@Suite("Apertium's descriptions of directions", .counted)
struct ApertiumModeTests {
  @Test
  func `AUG-5 programs, each told to pass on at NUL`() throws {
    let mode = try ApertiumMode(
      """
      lt-proc -w '/a b/x.bin' | cg-proc "y.rlx" |apertium-tagger -g $2 'p.prob'| lt-proc $1 'g.bin' \
      | lt-proc -g 'h.bin'

      """, path: "m")
    // The tagger alone has no -z: it is started again for each text.
    let tagger = try #require(mode.stages.dropFirst(2).first)
    #expect(tagger.first == "bash" && tagger.suffix(3) == ["apertium-tagger", "-g", "p.prob"])
    #expect(
      mode.stages == [
        ["lt-proc", "-z", "-w", "/a b/x.bin"], ["cg-proc", "-z", "y.rlx"], tagger,
        ["lt-proc", "-z", "-n", "g.bin"], ["lt-proc", "-z", "-n", "h.bin"],
      ])
  }

  @Test(arguments: ["", " | a", "a |", "a 'b", "a || b"])
  func `AUG-5 what is no description`(text: String) {
    #expect(throws: (any Error).self) { try ApertiumMode(text, path: "m") }
  }

  @Test
  func `AUG-4 directions by ISO names; experiments and odd names are left out`() throws {
    try Places.withTemporaryFolder { folder in
      for name in [
        "en-gl", "gl-en", "eng-spa", "spa-eng", "en-eo-bytecode", "Cyrl-Latn", "spa-por_BR", "x",
        "por-spa", "es-fr", "spa-fra", "fra-spa",
      ] {
        try Data("cat".utf8).write(to: folder.appendingPathComponent("\(name).mode"))
      }
      let found = ApertiumMode.directions(in: folder.path)
      #expect(
        found.keys.sorted().map(\.description) == [
          "eng→glg", "eng→spa", "fra→spa", "glg→eng", "por→spa", "por_BR→spa", "spa→eng",
          "spa→fra", "spa→por_BR",
        ])
      // What a variant does not say, its language does.
      let variant = try direction("por_BR", "spa")
      #expect(found[variant] == "\(folder.path)/por-spa.mode")
      #expect(found[try direction("spa", "fra")] == "\(folder.path)/spa-fra.mode")
      #expect(ApertiumMode.directions(in: "/nowhere").isEmpty)
    }
  }

  @Test
  func `AUG-10 the fingerprint changes with the data`() throws {
    try Places.withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("a.bin")
      try Data([1]).write(to: data)
      let mode = try ApertiumMode("lt-proc '\(data.path)'", path: "m")
      let before = mode.fingerprint
      #expect(before == mode.fingerprint && before.utf8.count == 12)
      try Data([1, 2]).write(to: data)
      #expect(mode.fingerprint != before)
      #expect(try ApertiumMode("lt-proc -b '\(data.path)'", path: "m").fingerprint != before)
    }
  }
}
