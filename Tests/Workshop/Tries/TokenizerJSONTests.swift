import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("tokenizer.json", .counted)
struct TokenizerJSONTests {
  /// The smallest document that is accepted.
  static let small: JSON = [
    "version": "1.0", "truncation": nil, "padding": nil, "added_tokens": [], "normalizer": nil,
    "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true],
    "post_processor": ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": false],
    "decoder": ["type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true],
    "model": [
      "type": "BPE", "dropout": nil, "unk_token": nil, "continuing_subword_prefix": "",
      "end_of_word_suffix": "", "fuse_unk": false,
      "vocab": ["a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4], "merges": ["a b", "ab c"],
    ],
  ]

  static func patched(_ document: JSON, _ path: [String], _ value: JSON?) -> JSON {
    guard let key = path.first, case .object(var object) = document else { return document }
    object[key] = path.count == 1 ? value : patched(object[key] ?? [:], Array(path[1...]), value)
    return .object(object)
  }

  static func read(_ document: JSON) throws -> GPT2Tokenizer {
    try Fixture.files(["tokenizer.json": document.text()]) { try GPT2Tokenizer(folder: $0) }
  }

  static func added(_ content: String, _ id: Int, _ flags: String...) -> JSON {
    func flag(_ name: String) -> JSON { .bool(flags.contains(name)) }
    return [
      "id": .integer(id), "content": .string(content), "single_word": flag("single_word"),
      "lstrip": flag("lstrip"), "rstrip": flag("rstrip"), "normalized": flag("normalized"),
      "special": flag("special"),
    ]
  }

  static func variants() throws -> [String] {
    try Golden.arguments("tokenizers/variants.json") { $0["name"]?.string }
  }

  @Test(arguments: try variants())
  func `BPE-6 BPE-14 options and added tokens`(name: String) throws {
    let cases = try Golden.cases("tokenizers/variants.json")
    let golden = try #require(cases.first { $0["name"]?.string == name })
    var document = try JSON.read(path: Places.golden("tokenizers/tiny/tokenizer.json"))
    for (key, value) in try #require(golden["patch"]?.object).members {
      document = Self.patched(document, [key], value)
    }
    let tokenizer = try Self.read(document)
    var encoder = GPT2Tokenizer.Encoder(tokenizer)
    for json in try golden.list("cases") + golden.list("pairs") {
      try GoldenEncoding(json).check(&encoder, name)
    }
    for json in try golden.list("decode") {
      let ids = try json.required("ids").integers()
      expectText(try tokenizer.decode(ids), try json.text("text"), "\(ids)")
      expectText(
        try tokenizer.decode(ids, skipSpecialTokens: true), try json.text("skip"), "\(ids)")
    }
  }

  @Test func `BPE-14 there are variants`() throws {
    #expect(try Self.variants().count == 10)
  }

  static let accepted: [(String, [String], JSON?)] = [
    ("as it is", ["version"], "1.0"),
    ("without a version", ["version"], Optional.none),
    ("without a model type, as GPT-2's own file", ["model", "type"], Optional.none),
    ("merges as pairs", ["model", "merges"], [["a", "b"], ["ab", "c"]]),
    ("merges with a header", ["model", "merges"], ["#version: 0.2", "a b", "ab c"]),
    ("null affixes", ["model", "continuing_subword_prefix"], .null),
    ("newer options that are off", ["model", "ignore_merges"], false),
    ("without added tokens", ["added_tokens"], Optional.none),
    ("without a post-processor", ["post_processor"], Optional.none),
  ]

  @Test(arguments: accepted)
  func `BPE-14 what is accepted`(name: String, path: [String], value: JSON?) throws {
    #expect(try Self.read(Self.patched(Self.small, path, value)).encodeIDs("abcab") == [4, 3])
  }

  static let refused: [(String, [String], JSON?, String)] = [
    ("version", ["version"], "2.0", ": found the version \"2.0\""),
    ("normalizer", ["normalizer"], ["type": "NFC"], ": found the normalizer \"NFC\""),
    (
      "pre-tokenizer", ["pre_tokenizer"], ["type": "Sequence", "pretokenizers": []],
      ": found the pre_tokenizer \"Sequence\""
    ),
    (
      "no pre-tokenizer", ["pre_tokenizer"], .null,
      ": found a tokenizer without pre_tokenizer"
    ),
    (
      "post-processor", ["post_processor"], ["type": "RobertaProcessing"],
      ": found the post_processor \"RobertaProcessing\""
    ),
    (
      "a template without tokens", ["post_processor"], ["type": "TemplateProcessing"],
      ", post_processor, \"special_tokens\": found nothing, expected an object"
    ),
    ("no decoder", ["decoder"], .null, ": found a tokenizer without decoder"),
    ("decoder", ["decoder"], ["type": "WordPiece"], ": found the decoder \"WordPiece\""),
    ("model", ["model", "type"], "Unigram", ": found the model \"Unigram\""),
    (
      "model without type or merges", ["model"], ["vocab": ["a": 0]],
      ": found the model without a type"
    ),
    ("no model", ["model"], .null, ", the document, \"model\": found nothing, expected an object"),
    ("dropout", ["model", "dropout"], 0.1, ": found model.dropout"),
    (
      "prefix", ["model", "continuing_subword_prefix"], "##",
      ": found model.continuing_subword_prefix \"##\""
    ),
    (
      "suffix", ["model", "end_of_word_suffix"], "</w>",
      ": found model.end_of_word_suffix \"</w>\""
    ),
    ("fuse_unk", ["model", "fuse_unk"], true, ": found model.fuse_unk"),
    ("byte_fallback", ["model", "byte_fallback"], true, ": found model.byte_fallback"),
    ("ignore_merges", ["model", "ignore_merges"], true, ": found model.ignore_merges"),
    (
      "unknown token", ["model", "unk_token"], "a",
      ": found model.unk_token \"a\" where bytes have no token"
    ),
    ("unknown member", ["surprise"], 1, ": found \"surprise\" in the document"),
    (
      "unknown member of the model", ["model", "surprise"], 1,
      ": found \"surprise\" in model"
    ),
    (
      "unknown member of a part", ["decoder", "surprise"], 1,
      ": found \"surprise\" in decoder"
    ),
    (
      "no add_prefix_space", ["pre_tokenizer", "add_prefix_space"], Optional.none,
      ", pre_tokenizer, \"add_prefix_space\": found nothing, expected true or false"
    ),
    (
      "wrong add_prefix_space", ["pre_tokenizer", "add_prefix_space"], "no",
      ", pre_tokenizer, \"add_prefix_space\": found a string, expected true or false"
    ),
    (
      "vocabulary", ["model", "vocab"], [],
      ", model.vocab: found an array, expected an object of ids by token"
    ),
    (
      "merges", ["model", "merges"], Optional.none,
      ", model, \"merges\": found nothing, expected an array"
    ),
    (
      "a merge", ["model", "merges"], ["a b", "a"],
      ", model.merges[1]: found \"a\", expected two tokens with one space between them"
    ),
    (
      "a merge of three", ["model", "merges"], [["a", "b", "c"]],
      ", model.merges[0]: found another array, expected \"a b\" or [\"a\", \"b\"]"
    ),
    (
      "a merge of a number", ["model", "merges"], [7],
      ", model.merges[0]: found an integer, expected \"a b\" or [\"a\", \"b\"]"
    ),
    (
      "a merge without its token", ["model", "merges"], ["a b", ["a", "c"]],
      ", model.merges[1]: found the token \"ac\", expected one of the vocabulary"
    ),
    (
      "a merge twice", ["model", "merges"], ["a b", ["a", "b"]],
      ", model.merges[1]: found the merge \"a b\" of model.merges[0] again"
    ),
    (
      "added token's id", ["added_tokens"], [added("<x>", 9)],
      ", the added token \"<x>\": found the id 9, expected 5"
    ),
    (
      "added token of the vocabulary", ["added_tokens"], [added("ab", 5)],
      ", the added token \"ab\": found the id 5, expected 3"
    ),
    (
      "added token twice", ["added_tokens"], [added("<x>", 5), added("<x>", 5, "lstrip")],
      ", added_tokens: found \"<x>\" twice"
    ),
    (
      "added token without a flag", ["added_tokens"], [["id": 5, "content": "<x>"]],
      ", added_tokens[0], \"special\": found nothing, expected true or false"
    ),
    (
      "added tokens", ["added_tokens"], ["<x>"],
      ", added_tokens[0]: found a string, expected an object"
    ),
  ]

  @Test(arguments: refused)
  func `BPE-14 what is refused, by name`(name: String, path: [String], value: JSON?, words: String)
    throws
  {
    let document = Self.patched(Self.small, path, value)
    let message = try VocabularyFilesTests.message(["tokenizer.json": document.text()])
    #expect(message?.hasPrefix("tokenizer.json" + words) == true, "\(message as Any)")
  }

  @Test
  func `BPE-14 an unknown token is harmless when every byte has one`() throws {
    let document = try JSON.read(path: Places.golden("tokenizers/tiny/tokenizer.json"))
    let tokenizer = try Self.read(Self.patched(document, ["model", "unk_token"], "<|endoftext|>"))
    let text = "Once upon a time é"
    #expect(try tokenizer.encodeIDs(text) == Fixture.tiny.get().encodeIDs(text))
  }

  @Test
  func `BPE-6 an empty added token is passed over`() throws {
    let list: JSON = [Self.added("", 5), Self.added("<x>", 5, "special")]
    let tokenizer = try Self.read(Self.patched(Self.small, ["added_tokens"], list))
    #expect(tokenizer.addedTokens == [AddedToken("<x>", id: 5, special: true, normalized: false)])
    #expect(try tokenizer.encodeIDs("a<x>b") == [0, 5, 1])
    #expect(tokenizer.count == 6)
  }
}
