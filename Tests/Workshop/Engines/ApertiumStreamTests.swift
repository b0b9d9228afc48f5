import TestSupport
import Testing

@testable import FoxEngines

@Suite("Apertium's stream", .counted)
struct ApertiumStreamTests {
  /// Sentences with everything that means something to the engine.
  static let hostile = [
    #"a ^b/c<n>$ [d] {e} \f @g"#, "tab\there", "line\nbreak\r\nand\u{2028}more", "  ends  ",
    "nul\u{0}nul", #"he said "no" and 'yes'"#, "^", "$", "[#0]", "[#1]", ".[]", "][", "\\", "\\\\",
    "<STREAMCMD:FLUSH>", "*#~+&%", "é\u{301}\u{200D}👩‍👩‍👧", "", " ", "\u{FEFF}x",
  ]

  @Test
  func `AUG-6 a record comes back as the text on one line`() {
    for (number, text) in Self.hostile.enumerated() {
      let record = ApertiumStream.record(text, number: number)
      #expect(record.last == 0 && !record.dropLast().contains(0), "\(text)")
      let back = ApertiumStream.text(record.dropLast(), number: number)
      #expect(back == ApertiumStream.line(text), "\(text)")
    }
  }

  @Test
  func `AUG-6 one line: blanks and control characters become one space`() {
    #expect(ApertiumStream.line(" a\t\n b\u{0}c\u{85}d \u{A0}") == "a b c d")
    #expect(ApertiumStream.line("\u{1}\u{2}") == "")
  }

  @Test
  func `AUG-6 bytes of a record`() {
    let record = ApertiumStream.record("x [y]/^z$", number: 3)
    #expect(String(decoding: record, as: UTF8.self) == "[#3]x \\[y\\]\\/\\^z\\$.[]\u{0}")
    let tildes = ApertiumStream.record("~/a 5~6 b ~ c", number: 3)
    #expect(String(decoding: tildes, as: UTF8.self) == "[#3][~]\\/a 5[~]6 b[ ~ ]c.[]\u{0}")
  }

  @Test
  func `AUG-6 another number is refused, blanks may move`() {
    func text(_ record: String) -> String? {
      ApertiumStream.text(Array(record.utf8), number: 3)
    }
    #expect(text("[#3]a b.[]") == "a b" && text("a [#3] b [x].[]") == "a b")
    #expect(text("[#3]") == "" && text("[#3]a\\") == "a\\" && text("[#3]a[b") == "a")
    for record in ["a", "", "[#2]a", "\\[#3\\]a", "[#33]a", "[# 3]a"] {
      #expect(text(record) == nil, "\(record)")
    }
  }
}
