import Foundation
import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxEngines

@Suite("Recorded translations", .counted)
struct RecordedEngineTests {
  private func recorded(_ text: String) throws -> RecordedEngine {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("r.json")
      try Data(text.utf8).write(to: path)
      return try RecordedEngine(path: path.path)
    }
  }

  private let lines = """
    {"path": ["eng", "spa"], "text": "a", "translation": "x"}
    {"path": ["eng", "spa"], "text": "a", "translation": "á"}
    {"path": ["spa", "eng"], "text": "á", "translation": "ah"}

    """

  @Test
  func `AUG-9 hop by hop, the last translation counts; codes of one language are one`() throws {
    let translator = try recorded(lines)
    #expect(try translator.translations(of: ["a"], direction("en", "es")) == ["á"])
    let english = try language("eng")
    #expect(translator.pivots(of: english).map(\.name) == ["spa"])
    let path = [english, try language("spa"), english]
    let passages = try translator.translate(["a"], along: path) { _ in }
    #expect(passages == [Passage(hops: ["á", "ah"])])
    #expect(passages[0].text == "ah" && Array(passages[0].between) == ["á"])
  }

  @Test
  func `AUG-9 it is called by the engines that made it`() throws {
    #expect(try recorded(lines).name == "recorded")
    let more = #"{"path": ["eng", "spa"], "text": "b", "translation": "y", "engine": "apertium 1"}"#
    #expect(try recorded(lines + more + "\n").name == "apertium, recorded")
  }

  @Test
  func `AUG-9 whole ways, in their order`() throws {
    let translator = try recorded(
      """
      {"translations": [
        {"path": ["en", "zh-cn", "en"], "text": "a ", "translation": "b"},
        {"path": ["en", "cs", "de", "en"], "text": "a ", "translation": "c"}]}
      """)
    let pivots = try translator.pivots(of: language("eng"))
    #expect(pivots.map(\.name) == ["zh-cn", "cs-de"])
    for (pivot, text) in zip(pivots, ["b", "c"]) {
      let passages = try translator.translate(["a "], along: pivot.path) { _ in }
      #expect(passages == [Passage(hops: [text])] && passages[0].between.isEmpty)
    }
  }

  @Test
  func `AUG-9 what is not there is named; bytes decide`() throws {
    let translator = try recorded(lines)
    for text in ["b", "a ", "a\u{301}"] {
      #expect(
        throws: Fault(
          translator.path, at: "eng→spa", found: "no translation of \(text.debugDescription)",
          expected: "one that was recorded")
      ) { try translator.translations(of: [text], direction("eng", "spa")) }
    }
    let way = try direction("eng", "fra")
    #expect(throws: (any Error).self) { try translator.translations(of: ["a"], way) }
  }

  @Test(arguments: [
    "{\"a\": 1}", "[]", "{\"translations\": [{}]}", "{", "{\"translations\": 1}",
    "{\"translations\": [{\"path\": [\"en\"], \"text\": \"a\", \"translation\": \"b\"}]}",
    "{\"translations\": [{\"path\": [\"en\", \"?\"], \"text\": \"a\", \"translation\": \"b\"}]}",
    "{\"translations\": [{\"path\": [\"en\", \"es\"], \"text\": \"a\"}]}",
    "{\"path\": [\"en\", \"es\"], \"text\": \"a\", \"translation\": \"b\"}\nx\n",
  ])
  func `AUG-9 what is no recording`(text: String) {
    #expect(throws: (any Error).self) { try recorded(text) }
  }

  @Test
  func `AUG-9 AUG-21 the demonstration`() throws {
    let translator = try RecordedEngine(path: Places.golden("homework/back-translation.json"))
    let texts = try translator.translations(
      of: ["I love natural language processing"], direction("en", "fa"))
    #expect(texts == ["من عاشق پردازش زبان طبیعی هستم"])
  }
}
