import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("BERT: folders", .counted)
struct BERTFilesTests {
  static func names() throws -> [String] {
    try Golden.arguments("tokenizers/bert-files.json") { $0["name"]?.string }
  }

  @Test(arguments: try names())
  func `WP-12 WP-13 WP-14 folders of the reference`(name: String) throws {
    let document = try Golden.json("tokenizers/bert-files.json")
    let golden = try #require(try document.list("cases").first { $0["name"]?.string == name })
    let files = try #require(golden["files"]?.object).members
    let contents = Dictionary(
      uniqueKeysWithValues: files.map { ($0.key, $0.value.string ?? $0.value.text()) })
    let tokenizer = try Fixture.files(contents) { try BERTTokenizer(folder: $0) }
    #expect(tokenizer.count == golden["count"]?.integer)
    #expect(tokenizer.modelMaxLength == golden["max"]?.integer)
    let special = try golden.list("special").map(\.integer)
    // The reference's own name for unknown words; the model's may be another.
    let names = tokenizer.names
    #expect(
      [names.separator, names.padding, names.classifier, names.mask].map { tokenizer.id(of: $0) }
        == Array(special[1...4]))
    let texts = try document.list("texts").map { [$0.string ?? ""] }
    let pairs = try document.list("pairs").map { ($0.array ?? []).compactMap(\.string) }
    var encoder = BERTTokenizer.Encoder(tokenizer)
    for (index, text) in (texts + pairs).enumerated() {
      let what = "\(name), \(text)"
      let encoding = try encoder.encode(text[0], pair: text.count > 1 ? text[1] : nil)
      let encodings = try golden.list("encodings")
      try GoldenBERTEncoding(encodings[index]).check(encoding, what)
      var options = EncodingOptions()
      options.returnsTokens = false
      let bare = try encoder.encode(
        text[0], pair: text.count > 1 ? text[1] : nil, options: options)
      expectSame(bare.ids, encoding.ids, "ids alone of \(what)")
      let decoded = try golden.list("decoded")[index].array ?? []
      for (skips, golden) in zip([false, true], decoded) {
        expectText(
          try tokenizer.decode(encoding.ids, skipSpecialTokens: skips), golden.string ?? "none",
          "decoded: \(what)")
      }
    }
  }

  @Test func `WP-12 there are folders`() throws {
    #expect(try Self.names().count == 38)
  }

  static let base = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n"

  /// The error with the name of the file for its path.
  private static func message(_ contents: [String: String]) throws -> String? {
    try Fixture.files(contents) { folder in
      do {
        _ = try BERTTokenizer(folder: folder)
        return nil
      } catch let error as Fault {
        return error.description.replacing("\(folder)/", with: "")
      }
    }
  }

  static let faults: [(String, [String: String], String)] = [
    (
      "empty", ["vocab.txt": ""],
      "vocab.txt, the vocabulary: found an empty file, expected a token on each line"
    ),
    (
      "byte-order mark", ["vocab.txt": "\u{FEFF}" + base],
      "vocab.txt, line 1: found a byte-order mark, expected a token"
    ),
    (
      "no [UNK]", ["vocab.txt": "[PAD]\n[CLS]\n[SEP]\n[MASK]\na\n", "tokenizer_config.json": "{}"],
      "vocab.txt: found no \"[UNK]\", expected a token for unknown words"
    ),
    (
      "an added token out of turn", ["added_tokens.json": #"{"foo": 9}"#],
      "added_tokens.json, the added token \"foo\": found the id 9, expected 7, the next one"
    ),
    (
      "an added token that is there", ["added_tokens.json": #"{"a": 5}"#],
      "added_tokens.json, the added token \"a\": found the id 5, expected 7, the next one"
    ),
    (
      "added tokens in a list", ["added_tokens.json": "[]"],
      "added_tokens.json, the document: found an array, expected an object of ids by token"
    ),
    (
      "an added token without an id", ["added_tokens.json": #"{"foo": "7"}"#],
      "added_tokens.json, the id of \"foo\": found a string, expected an integer"
    ),
    (
      "the id of a missing token is taken", ["vocab.txt": "a\na\n[UNK]\n[CLS]\n[SEP]\n[PAD]\n"],
      "vocab.txt: found the id 5 of both \"[PAD]\" and \"[MASK]\", expected another for each token"
    ),
    (
      "do_lower_case", ["tokenizer_config.json": #"{"do_lower_case": "yes"}"#],
      "tokenizer_config.json, the document, \"do_lower_case\": found a string, expected true or false"
    ),
    (
      "strip_accents", ["tokenizer_config.json": #"{"strip_accents": 1}"#],
      "tokenizer_config.json, the document, \"strip_accents\": found an integer, expected true, false or null"
    ),
    (
      "a special token", ["special_tokens_map.json": #"{"cls_token": 7}"#],
      "special_tokens_map.json, \"cls_token\": found an integer, expected a token or an object with its content"
    ),
    (
      "a special token without content", ["tokenizer_config.json": #"{"cls_token": {"id": 7}}"#],
      "tokenizer_config.json, \"cls_token\", \"content\": found nothing, expected a string"
    ),
    (
      "no JSON", ["tokenizer_config.json": "[7}"],
      "tokenizer_config.json, line 1, column 3 (byte 2): found '}', expected ',' or ']'"
    ),
  ]

  @Test(arguments: faults)
  func `WP-12 WP-13 faults are named with file and line`(
    name: String, contents: [String: String], message: String
  ) throws {
    let files = ["vocab.txt": Self.base].merging(contents) { $1 }
    #expect(try Self.message(files) == message)
  }

  @Test
  func `WP-12 a line that is not UTF-8; no file at all`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("vocab.txt").path
      try AtomicFile.write(Array(Self.base.utf8) + [0x61, 0xFF, 0x0A, 0x62], to: path)
      let error = #expect(throws: Fault.self) { try BERTTokenizer(folder: folder.path) }
      #expect(error?.description == "\(path), line 8: found other bytes, expected UTF-8")
    }
    let error = #expect(throws: Fault.self) { try BERTTokenizer(folder: "/nowhere") }
    #expect(error == .noTokenizer("/nowhere"))
  }

  @Test
  func `WP-13 a vocabulary whose last of equal lines counts`() throws {
    let tokenizer = try BERTFixture.tokenizer(["a", "b", "a"])
    #expect(tokenizer.encodeIDs("a b") == [7, 6])
    #expect(tokenizer.token(of: 5) == nil && tokenizer.count == 7 && tokenizer.endID == 8)
  }

  @Test
  func `WP-15 any tokenizer, by what the folder holds`() throws {
    let json = try JSON.read(path: Places.golden("tokenizers/tiny/tokenizer.json")).text()
    func kind(_ contents: [String: String]) throws -> String {
      try Fixture.files(contents) {
        try AnyTokenizer.load(folder: $0) is BERTTokenizer ? "bert" : "gpt2"
      }
    }
    #expect(try kind(["vocab.txt": Self.base]) == "bert")
    #expect(try kind(["vocab.txt": Self.base, "tokenizer.json": json]) == "gpt2")
    #expect(
      try kind(["vocab.txt": "", "vocab.json": #"{"a": 0}"#, "merges.txt": ""]) == "gpt2")
    let saved = try #require(
      try Golden.cases("tokenizers/bert-files.json").first {
        $0["name"]?.string == "tokenizer.json, as saved"
      })
    let bert = try saved.required("files").required("tokenizer.json")
    #expect(try kind(["tokenizer.json": bert.text(), "vocab.json": "{}"]) == "bert")
    #expect(throws: Fault.noTokenizer("/nowhere")) {
      try AnyTokenizer.load(folder: "/nowhere")
    }
  }

  @Test
  func `WP-15 any tokenizer does what its own does`() throws {
    for folder in ["tokenizers/bert/uncased", "tokenizers/tiny"] {
      let tokenizer = try AnyTokenizer.load(folder: Places.golden(folder))
      var encoder = tokenizer.makeEncoder()
      let encoding = try encoder.encode("the movie", pair: nil, options: EncodingOptions())
      let ids = try tokenizer.encodeIDs(utf8: Array("the movie".utf8), threads: 1)
      #expect(encoding.ids.count == ids.count + (folder.contains("bert") ? 2 : 0))
      #expect(
        try tokenizer.decode(ids, skipSpecialTokens: false, cleanUpSpaces: false) == "the movie")
      let token = try #require(tokenizer.token(of: ids[0]))
      #expect(tokenizer.id(of: token) == ids[0])
      #expect(tokenizer.endID == tokenizer.count)
    }
  }
}
