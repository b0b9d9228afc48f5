import TestSupport
import Testing

@testable import FoxReport

@Suite("Templates", .counted)
struct TemplateTests {
  private func render(
    _ source: String, _ values: [String: Template.Value]
  ) throws -> String {
    try Template(name: "t", source).render(values).html
  }

  @Test
  func `REP-3 text is escaped, markup is not`() throws {
    #expect(
      try render("<p>{{a}}|{{b}}</p>", ["a": .text("<&>"), "b": .markup("<i>x</i>")])
        == "<p>&lt;&amp;&gt;|<i>x</i></p>")
  }

  @Test
  func `REP-3 lists repeat, flags show and hide, names are found around`() throws {
    let source =
      "{{#rows}}{{n}}{{sep}}{{/rows}}{{^rows}}none{{/rows}}{{#on}}!{{/on}}{{^on}}?{{/on}}"
    let rows: [[String: Template.Value]] = [["n": .text("1")], ["n": .text("2")]]
    #expect(
      try render(source, ["rows": .list(rows), "sep": .text(";"), "on": .flag(true)]) == "1;2;!")
    #expect(
      try render(source, ["rows": .list([]), "sep": .text(";"), "on": .flag(false)]) == "none?")
  }

  @Test(arguments: [
    ("{{a", "{{ without }}"), ("{{#a}}x", "{{#a}} is not closed"),
    ("x{{/a}}", "{{/a}} closes nothing"), ("{{#a}}{{/b}}{{/a}}", "{{/b}} closes nothing"),
    ("{{b}}", "{{b}} has no value"), ("{{a}}", "{{a}} is a section"),
    ("{{#t}}{{/t}}", "{{#t}} is no section"),
  ])
  func `REP-3 what is wrong is named`(source: String, problem: String) {
    #expect(throws: ReportError.template(name: "t", problem: problem)) {
      try render(source, ["a": .flag(true), "t": .text("")])
    }
  }
}
