import TestSupport
import Testing

@testable import FoxPages

@Suite("Markup", .counted)
struct MarkupTests {
  @Test
  func `REP-2 what is interpolated is text`() {
    let hostile = "<script>\"a\" & 'b'</script>"
    let markup: Markup = "<p title=\"\(hostile)\">\(hostile)</p>"
    let safe = "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"
    #expect(markup.html == "<p title=\"\(safe)\">\(safe)</p>")
    #expect(
      ("<ul>\([markup, markup])</ul>" as Markup).html == "<ul>\(markup.html)\(markup.html)</ul>")
    #expect(("\(7)\(Markup?.none)" as Markup).html == "7")
  }

  @Test
  func `REP-2 control characters show as pictures, ends of lines stay`() {
    #expect(Markup(text: "a\u{0}b\u{1B}[31m\n\tc\u{7F}\u{85}").html == "a␀b␛[31m\n\tc␡\u{FFFD}")
    #expect(Markup(text: "a\u{202E}b\u{2067}").html == "a\u{FFFD}b\u{FFFD}")
    #expect(Markup(text: "🦊 שלום e\u{301}").html == "🦊 שלום e\u{301}")
  }

  @Test
  func `REP-2 JSON in a script closes nothing`() {
    let markup = Markup(json: #"{"a": "</script><!--\#u{2028}\#u{2029}&"}"#)
    #expect(
      markup.html == #"{"a": "\u003C/script\u003E\u003C!--\u2028\u2029\u0026"}"#)
  }
}
