import FoxAugmentation
import FoxData
import FoxDecoding
import FoxFiles
import TestSupport
import Testing

/// Writes down the way of a text: `en(fi(a))`.
struct Nesting: Translator {
  let name = "nesting"

  func translate(_ texts: [String], along path: [Language]) -> [Passage] {
    texts.map { text in
      let hops = path.indices.dropFirst().map { end in
        path[1...end].reduce(text) { "\($1)(\($0))" }
      }
      return Passage(hops: hops)
    }
  }
}

/// One of the homework's languages, or one of the given code in ISO 639-3.
func language(_ code: String) -> Language {
  RecordedTranslator.homeworkTrips.map(\.pivot).first { $0.code == code }
    ?? Language(code: code, iso: code)
}

/// Out by some languages and back to English.
func pivot(_ codes: String...) -> Pivot {
  let stops = codes.map(language)
  return Pivot(
    name: codes.joined(separator: "-"), path: [language("en")] + stops + [language("en")])
}

@Suite("There and back again", .counted)
struct BackTranslationTests {
  private let examples = [
    LabelledText(guid: "train-1", text: "a", label: "1"),
    LabelledText(guid: "train-2", text: "b", label: "0"),
  ]

  @Test
  func `AUG-20 by hand: two texts, two pivots`() throws {
    let set = try backTranslate(
      examples, by: [pivot("fi"), pivot("es", "fr")], with: Nesting())
    #expect(
      set.examples.map(\.guid) == [
        "train-1", "train-1-aug-fi", "train-1-aug-es-fr", "train-2", "train-2-aug-fi",
        "train-2-aug-es-fr",
      ])
    #expect(set.examples.map(\.label) == ["1", "1", "1", "0", "0", "0"])
    #expect(
      set.examples.map(\.text)[..<3] == ["a", "en(fi(a))", "en(fr(es(a)))"])
    #expect(Array(set.groups[0].paraphrases[1].passage.between) == ["es(a)", "fr(es(a))"])
    #expect(set.pivots[1].shownPath == "en→es→fr→en" && set.translator == "nesting")
    #expect(throws: Fault.self) { try backTranslate([], by: [], with: Nesting()) }
  }

  /// Gives the last text no passage.
  private struct Forgetful: Translator {
    let name = "forgetful"
    func translate(_ texts: [String], along path: [Language]) -> [Passage] {
      texts.dropLast().map { Passage(hops: [$0]) }
    }
  }

  @Test
  func `AUG-2 a translator that forgets a text is refused`() throws {
    let fault = Fault(
      "forgetful", at: "pivot fi", found: "1 translations", expected: "2, one for each text")
    #expect(throws: fault) {
      try backTranslate(examples, by: [pivot("fi")], with: Forgetful())
    }
  }

  @Test
  func `AUG-20 AUG-21 the homework's strategy: 20 sentences become 300`() throws {
    let texts = LabelledText.numbered((0..<20).map { (text: "t\($0)", label: "\($0 % 2)") })
    let set = try backTranslate(texts, by: RecordedTranslator.homework.trips, with: Nesting())
    #expect(set.examples.count == 300 && Set(set.examples.map(\.guid)).count == 300)
  }

  @Test
  func `AUG-9 AUG-21 the homework's listing`() throws {
    let record = RecordedTranslator.homework
    let sentence = LabelledText(guid: "train-1", text: "its unerring respect for them ", label: "1")
    let set = try backTranslate([sentence], by: record.trips, with: record)
    let printed = try Golden.arguments("homework/back-translation.json", in: "listing")
    let lines = set.listing(of: 0)
    expectSame(
      lines.map { $0.split(separator: " ").joined(separator: " ") },
      printed.compactMap(\.string), "lines")
    #expect(lines[0] == "train-1              its unerring respect for them ")
    #expect(lines[13] == "train-1-aug-zh-cn    its respect for them")
    #expect(set.examples.count == 15 && set.listing(of: 1).isEmpty)
  }
}

@Suite("What says nothing new", .counted)
struct RepetitionTests {
  private func reasons(_ original: String, _ texts: [String]) -> [DropReason?] {
    let set = AugmentedSet.assembled(
      [LabelledText(guid: "train-1", text: original, label: "1")],
      texts.indices.map { Pivot(name: "\($0)", path: []) }, texts.map { [Passage(hops: [$0])] },
      translator: "", dropping: dropRepetitions)
    return set.groups[0].paraphrases.map(\.dropped)
  }

  @Test
  func `AUG-22 by hand: case and white space do not count`() {
    #expect(
      reasons(
        "A good film .",
        ["the film is good", " \u{A0}", "a GOOD  film.", "The film is good "]
      ) == [nil, .empty, .unchanged, .duplicate])
    // Accents do, however they are written.
    #expect(reasons("cafe", ["caf\u{e9}", "cafe\u{301}", "Caf\u{e9}"]) == [nil, nil, .duplicate])
  }

  @Test
  func `AUG-21 AUG-22 of the homework's 14 paraphrases nine are new`() {
    let trips = RecordedTranslator.homeworkTrips
    let found = reasons("its unerring respect for them ", trips.map(\.text))
    #expect(found.count { $0 == nil } == 9)
    let dropped = zip(trips, found).filter { $0.1 != nil }.map(\.0.pivot.code)
    #expect(dropped == ["en", "es", "fr", "it", "pt"] && found[0] == .unchanged)
  }
}
