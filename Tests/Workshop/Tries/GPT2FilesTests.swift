import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("GPT-2: folders as tools write them", .counted)
struct GPT2FilesTests {
  private static let path = "tokenizers/gpt2-files.json"
  private static let slow = "tokenizers/gpt2-slow-files.json"

  static func names() throws -> [String] { try Golden.arguments(path) { $0["name"]?.string } }

  /// The files of a golden, over the tiny vocabulary.
  private static func contents(_ golden: JSON) throws -> [String: String] {
    let tiny = Places.golden("tokenizers/tiny")
    var contents: [String: String] = [:]
    for (name, json) in try #require(golden["files"]?.object).members {
      var document = json
      if name == "tokenizer.json" {
        let model = try #require(JSON.read(path: "\(tiny)/tokenizer.json")["model"])
        let merges = try model.list("merges").compactMap(\.string).map { merge in
          JSON.array(merge.split(separator: " ").map { .string(String($0)) })
        }
        document = TokenizerJSONTests.patched(document, ["model", "vocab"], model["vocab"])
        document = TokenizerJSONTests.patched(document, ["model", "merges"], .array(merges))
      }
      contents[name] = document.text()
    }
    if contents["tokenizer.json"] == nil {
      for name in ["vocab.json", "merges.txt"] {
        contents[name] = try VocabularyText.text("\(tiny)/\(name)")
      }
    }
    return contents
  }

  @Test(arguments: try names())
  func `BPE-18 folders of the reference`(name: String) throws {
    let document = try Golden.json(Self.path)
    let golden = try #require(try document.list("cases").first { $0["name"]?.string == name })
    let tokenizer = try Fixture.files(Self.contents(golden)) { try GPT2Tokenizer(folder: $0) }
    #expect(tokenizer.count == golden["count"]?.integer)
    #expect(tokenizer.options.padding?.id == golden["padding"]?.integer)
    let texts = try document.list("texts").map { [$0.string ?? ""] }
    let pairs = try document.list("pairs").map { ($0.array ?? []).compactMap(\.string) }
    let encodings = try golden.list("encodings")
    #expect(encodings.count == texts.count + pairs.count)
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    for (text, encoding) in zip(texts + pairs, encodings) {
      let actual = try encoder.encode(text[0], pair: text.count > 1 ? text[1] : nil)
      try GoldenBERTEncoding(encoding).check(actual, "\(name), \(text)")
      // Without what is put around it, a text is itself.
      if text.count == 1 { #expect(try tokenizer.decode(encoder.encodeIDs(text[0])) == text[0]) }
    }
  }

  @Test(arguments: try Golden.arguments(slow) { $0["name"]?.string })
  func `BPE-19 folders of the slow tokenizer`(name: String) throws {
    let document = try Golden.json(Self.slow)
    let golden = try #require(try document.list("cases").first { $0["name"]?.string == name })
    let tokenizer = try Fixture.files(Self.contents(golden)) { try GPT2Tokenizer(folder: $0) }
    #expect(tokenizer.count == golden["count"]?.integer)
    let (texts, ids) = (try document.list("texts"), try golden.list("ids"))
    #expect(texts.count == ids.count && texts.count == 12)
    for (text, ids) in zip(texts.compactMap(\.string), ids) {
      #expect(try tokenizer.encodeIDs(text) == ids.array?.compactMap(\.integer), "\(text)")
    }
  }

  @Test func `BPE-18 there are folders`() throws {
    #expect(try Self.names().count == 7)
  }

  @Test
  func `BPE-18 a padding token pads; what is in front is left out on demand`() throws {
    let files = [
      "vocab.json": #"{"a": 0, "<|endoftext|>": 1}"#, "merges.txt": "",
      "special_tokens_map.json": #"{"pad_token": "[PAD]"}"#,
    ]
    let tokenizer = try Fixture.files(files) { try GPT2Tokenizer(folder: $0) }
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    var options = EncodingOptions()
    (options.padding, options.maxLength) = (.maxLength, 3)
    let padded = try encoder.encode("aa", options: options)
    #expect(padded.ids == [0, 0, 2] && padded.attentionMask == [1, 1, 0])

    var small = TokenizerJSONTests.small
    let template: JSON = [
      "type": "TemplateProcessing",
      "single": [
        ["SpecialToken": ["id": "a", "type_id": 0]], ["Sequence": ["id": "A", "type_id": 0]],
      ],
      "pair": [["Sequence": ["id": "A", "type_id": 0]], ["Sequence": ["id": "B", "type_id": 1]]],
      "special_tokens": ["a": ["id": "a", "ids": [0], "tokens": ["a"]]],
    ]
    small = TokenizerJSONTests.patched(small, ["post_processor"], template)
    var second = GPT2Tokenizer.Encoder(try TokenizerJSONTests.read(small))
    options = EncodingOptions()
    #expect(try second.encode("abc", options: options).ids == [0, 4])
    options.addsSpecialTokens = false
    #expect(try second.encode("abc", options: options).ids == [4])
    #expect(try second.encodeIDs("abc") == [4])
  }

  static let faults: [(String, [String: String], String)] = [
    (
      "an added token out of turn", ["added_tokens.json": #"{"<x>": 9}"#],
      "added_tokens.json, the added token \"<x>\": found the id 9, expected 5, the next one"
    ),
    (
      "an added token in the decoder out of turn",
      ["tokenizer_config.json": #"{"added_tokens_decoder": {"9": {"content": "<x>"}}}"#],
      "tokenizer_config.json, the added token \"<x>\": found the id 9, expected 5, the next one"
    ),
    (
      "a decoder without ids",
      ["tokenizer_config.json": #"{"added_tokens_decoder": {"x": {"content": "<x>"}}}"#],
      "tokenizer_config.json, \"added_tokens_decoder\": found \"x\", expected ids"
    ),
    (
      "extra tokens that are a number", ["tokenizer_config.json": #"{"extra_special_tokens": 7}"#],
      "tokenizer_config.json, \"extra_special_tokens\": found an integer, expected a list of tokens"
    ),
  ]

  @Test(arguments: faults)
  func `BPE-18 faults are named with their file`(
    name: String, contents: [String: String], message: String
  ) throws {
    let files = ["vocab.json": VocabularyFilesTests.vocabulary, "merges.txt": ""]
    #expect(try VocabularyFilesTests.message(files.merging(contents) { $1 }) == message)
  }

  @Test
  func `BPE-18 names of extra tokens; a list of what is there already`() throws {
    func ids(_ contents: [String: String], _ text: String) throws -> [Int] {
      let files = ["vocab.json": #"{"a": 0, "<|endoftext|>": 1}"#, "merges.txt": ""]
      return try Fixture.files(files.merging(contents) { $1 }) {
        try GPT2Tokenizer(folder: $0).encodeIDs(text)
      }
    }
    let named = #"{"extra_special_tokens": {"image_token": "<i>"}}"#
    #expect(try ids(["tokenizer_config.json": named], "a<i>") == [0, 2])
    #expect(try ids(["added_tokens.json": #"{"<|endoftext|>": 1}"#], "<|endoftext|>a") == [1, 0])
  }
}
