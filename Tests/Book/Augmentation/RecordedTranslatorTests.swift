import FoxAugmentation
import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@Suite("Translations that were made before", .counted)
struct RecordedTranslatorTests {
  private func path(_ codes: String...) -> [Language] { codes.map(language) }

  private func record(_ entries: ([String], String, String)...) -> RecordedTranslator {
    RecordedTranslator(
      entries.map { codes, text, translation in
        .init(path: codes.map(language), text: text, translation: translation)
      }, source: "r.json")
  }

  @Test
  func `AUG-9 by hand: hop by hop, the last translation counts`() throws {
    let record = record(
      (["eng", "spa"], "a", "x"), (["eng", "spa"], "a", "á"), (["spa", "eng"], "á", "ah"))
    // Other codes of the same languages.
    let passages = try record.translate(["a"], along: path("en", "es", "en"))
    #expect(passages == [Passage(hops: ["á", "ah"])])
    #expect(passages[0].text == "ah" && Array(passages[0].between) == ["á"])
    #expect(record.trips.isEmpty)
  }

  @Test
  func `AUG-9 by hand: whole ways, in their order`() throws {
    let record = record(
      (["en", "zh-cn", "en"], "a ", "b"), (["en", "cs", "de", "en"], "a ", "c"))
    #expect(record.trips.map(\.name) == ["zh-cn", "cs-de"])
    for (pivot, text) in zip(record.trips, ["b", "c"]) {
      let passages = try record.translate(["a "], along: pivot.path)
      #expect(passages == [Passage(hops: [text])] && passages[0].between.isEmpty)
    }
  }

  @Test
  func `AUG-9 FAULT-1 what is not there is named; bytes decide`() throws {
    let record = record((["eng", "spa"], "á", "x"))
    for text in ["b", "á ", "a\u{301}"] {
      #expect(
        throws: Fault(
          "r.json", at: "eng→spa", found: "no translation of \(text.debugDescription)",
          expected: "one that was recorded")
      ) { try record.translate([text], along: path("eng", "spa")) }
    }
  }

  @Test
  func `AUG-9 AUG-21 the homework's record is what the golden transcribes`() throws {
    let rows = try Golden.arguments("homework/back-translation.json", in: "translations")
    #expect(rows.count == 15 && RecordedTranslator.homework.trips.count == 14)
    for row in rows {
      let codes = row["path"]?.array?.compactMap(\.string) ?? []
      let path = codes.map(language)
      let passage = try RecordedTranslator.homework.translate(
        [row.required("text").string ?? ""], along: path)
      #expect(try passage[0].text == row.required("translation").string)
    }
  }
}
