import FoxDecoding
import TestSupport
import Testing

@testable import FoxTokenizers

@Suite("BERT's tokenizer, by hand", .counted)
struct WordPieceTokenizerToyTests {
  static let lines = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##aff", "##able", "me", ",",
  ]

  @Test
  func `WP-8 [CLS] un ##aff ##able me [SEP]`() throws {
    let tokenizer = try WordPieceTokenizer(vocabulary: Self.lines.joined(separator: "\n"))
    let one = tokenizer.encode("Unaffable me")
    #expect(one.ids == [2, 5, 6, 7, 8, 3] && one.types == [0, 0, 0, 0, 0, 0])
    let two = tokenizer.encode("me", pair: "you, [MASK]")
    #expect(two.ids == [2, 8, 3, 1, 9, 4, 3] && two.types == [0, 0, 0, 1, 1, 1, 1])
    #expect(tokenizer.encode("", pair: "").ids == [2, 3, 3])
  }

  @Test(arguments: ["\n", "\r\n", "\r"].flatMap { end in [(end, ""), (end, end)] })
  func `WP-13 lines of a vocabulary`(end: String, last: String) throws {
    let tokenizer = try WordPieceTokenizer(
      vocabulary: Self.lines.joined(separator: end) + last)
    #expect(tokenizer.ids(of: "unaffable ,") == [5, 6, 7, 9])
  }

  @Test
  func `WP-13 of equal lines the last counts; an empty line has an id`() throws {
    let lines = (Self.lines + ["", "me"]).joined(separator: "\n")
    #expect(try WordPieceTokenizer(vocabulary: lines).ids(of: "me un") == [11, 5])
  }

  @Test
  func `WP-13 a vocabulary without [UNK]`() {
    let error = #expect(throws: Fault.self) {
      try WordPieceTokenizer(vocabulary: "[CLS]\n[SEP]\na")
    }
    #expect(error?.subject == "vocabulary" && error?.found == "no \"[UNK]\"")
  }
}

@Suite("BERT's tokenizer: texts of the reference", .counted)
struct WordPieceTokenizerTests {
  static func tokenizer(_ name: String) throws -> WordPieceTokenizer {
    try WordPieceTokenizer(
      vocabulary: VocabularyText.text(Places.golden("tokenizers/bert/\(name)/vocab.txt")),
      lowercases: name == "uncased")
  }

  @Test(arguments: ["uncased", "cased"])
  func `WP-2 WP-3 WP-4 WP-13 ids`(name: String) throws {
    let golden = try Golden.json("tokenizers/bert.json")
    let tokenizer = try Self.tokenizer(name)
    let texts = try golden.list("texts").compactMap(\.string)
    let ids = try golden.list("\(name).ids")
    #expect(texts.count == ids.count && texts.count > 300)
    for (text, ids) in zip(texts, ids) {
      expectSame(tokenizer.ids(of: text), try ids.integers(), "ids of \(text.debugDescription)")
    }
  }

  @Test
  func `WP-8 pairs of the reference`() throws {
    let tokenizer = try Self.tokenizer("uncased")
    var count = 0
    for json in try Golden.cases("tokenizers/bert-batches.json") {
      // Those whose options cut and fill nothing.
      guard json["options"]?.object?.members.isEmpty == true else { continue }
      let texts = try json.list("texts").compactMap(\.string)
      let pairs = json["pairs"]?.array?.map(\.string)
      for (index, row) in try json.list("encodings").enumerated() {
        let golden = try #require(row.array?.first?.array)
        let encoded = tokenizer.encode(texts[index], pair: pairs?[index])
        expectSame(encoded.ids, try golden[0].integers(), "ids")
        expectSame(encoded.types, try golden[3].integers(), "type ids")
        count += 1
      }
    }
    #expect(count > 0)
  }
}
