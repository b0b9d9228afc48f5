import Foundation
import FoxData
import FoxDecoding
import FoxFiles
import Synchronization
import TestSupport
import Testing

@testable import FoxEngines

@Suite("Augmentation", .counted)
struct AugmenterTests {
  private func engine(_ pivots: String...) throws -> CountingTranslator {
    CountingTranslator(
      try pivots.flatMap { [try direction("eng", $0), try direction($0, "eng")] })
  }

  private let examples = [
    LabelledText(guid: "train-1", text: "a", label: "1"),
    LabelledText(guid: "train-2", text: "b", label: "0"),
  ]

  @Test
  func `AUG-20 the original first, then each pivot; guids and labels`() throws {
    let augmenter = try Augmenter(translator: engine("spa", "cat"), pivots: ["spa", "cat"])
    let set = try augmenter.run(examples)
    #expect(
      set.examples.map(\.guid) == [
        "train-1", "train-1-aug-spa", "train-1-aug-cat", "train-2", "train-2-aug-spa",
        "train-2-aug-cat",
      ])
    #expect(set.examples.map(\.label) == ["1", "1", "1", "0", "0", "0"])
    #expect(set.examples[4].text == "eng(spa(b))")
    #expect(
      set.examples(pivots: ["cat"]).map(\.guid) == [
        "train-1", "train-1-aug-cat", "train-2", "train-2-aug-cat",
      ])
    #expect(set.examples(pivots: []) == examples)
    #expect(set.translator == "counting" && set.pivots.map(\.shownPath)[1] == "eng→cat→eng")
  }

  @Test
  func `AUG-20 all pivots that come back when none is named; progress`() throws {
    let augmenter = try Augmenter(translator: engine("spa", "cat", "epo"))
    #expect(augmenter.pivots.map(\.name) == ["cat", "epo", "spa"])
    let seen = Mutex<[Int]>([])
    _ = try augmenter.run(examples) { progress in
      #expect(progress.total == 12)
      seen.withLock { $0.append(progress.done) }
    }
    #expect(seen.withLock { $0.sorted() } == Array(1...12))
  }

  @Test
  func `AUG-20 several pivots at once give what one after the other gives`() throws {
    let texts = (0..<50).map { LabelledText(guid: "train-\($0)", text: "t\($0)", label: "\($0)") }
    let pivots = ["spa", "cat", "epo", "spa-cat", "cat-spa"]
    let codes = ["eng", "spa", "cat", "epo"]
    let all = try codes.flatMap { a in
      try codes.filter { $0 != a }.map { try direction(a, $0) }
    }
    let cache = try CachedEngine(CountingTranslator(all))
    let set = try Augmenter(translator: cache, pivots: pivots).run(texts)
    for (index, group) in set.groups.enumerated() {
      #expect(group.original.label == "\(index)")
      #expect(group.paraphrases[3].text == "eng(cat(spa(t\(index))))")
      #expect(group.paraphrases.allSatisfy { $0.text.contains("(t\(index))") })
    }
  }

  @Test
  func `AUG-20 what the Book does one after the other`() throws {
    let augmenter = try Augmenter(
      translator: engine("spa", "cat", "epo"), filters: ParaphraseFilters([.duplicate]))
    var set = try augmenter.run(examples)
    let plain = try backTranslate(
      examples, by: augmenter.pivots, with: augmenter.translator, dropping: dropRepetitions)
    #expect(set.examples == plain.examples && set.examples.count == 8)
    // Only the Workshop measures how close they are.
    for group in set.groups.indices {
      for index in set.groups[group].paraphrases.indices {
        set.groups[group].paraphrases[index].similarity = 0
      }
    }
    #expect(set == plain)
  }

  @Test
  func `AUG-20 errors`() throws {
    let engine = try engine("spa")
    #expect(throws: Fault.language("x")) {
      try Augmenter(translator: engine, source: "x")
    }
    #expect(throws: (any Error).self) { try Augmenter(translator: engine, pivots: ["fra"]) }
    #expect(
      throws: Fault("pivots", found: "\"spa\" twice", expected: "each name once")
    ) { try Augmenter(translator: engine, pivots: ["spa", "spa"]) }
    #expect(throws: Fault("the list of examples", found: "nothing", expected: "at least 1")) {
      try Augmenter(translator: engine, pivots: ["spa"]).run([])
    }
    let recorded = try RecordedEngine(path: Places.golden("homework/back-translation.json"))
    #expect(throws: (any Error).self) {
      try Augmenter(translator: recorded, source: "en").run(examples)
    }
  }

  @Test
  func `AUG-21 the homework's listing`() throws {
    let path = Places.golden("homework/back-translation.json")
    let augmenter = try Augmenter(translator: RecordedEngine(path: path), source: "en")
    let text = "its unerring respect for them "
    let set = try augmenter.run([LabelledText(guid: "train-1", text: text, label: "1")])
    let listing = try Golden.json("homework/back-translation.json").required("listing")
    let lines = set.listing(of: 0)
    expectSame(
      lines.map { $0.split(separator: " ").joined(separator: " ") },
      listing.array?.compactMap(\.string) ?? [], "lines")
    #expect(lines[0] == "train-1              its unerring respect for them ")
    #expect(lines[13] == "train-1-aug-zh-cn    its respect for them")
    #expect(set.examples.count == 15 && set.listing(of: 1).isEmpty)
  }
}
