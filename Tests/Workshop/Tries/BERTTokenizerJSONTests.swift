import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("BERT: tokenizer.json", .counted)
struct BERTTokenizerJSONTests {
  /// The document that transformers saves.
  private static func saved() throws -> JSON {
    let golden = try Golden.cases("tokenizers/bert-files.json").first {
      $0["name"]?.string == "tokenizer.json, as saved"
    }
    return try #require(golden).required("files").required("tokenizer.json")
  }

  private static func read(_ path: [String], _ value: JSON?) throws -> BERTTokenizer {
    let document = TokenizerJSONTests.patched(try saved(), path, value)
    return try Fixture.files(["tokenizer.json": document.text()]) {
      try BERTTokenizer(jsonPath: "\($0)/tokenizer.json")
    }
  }

  static let accepted: [(String, [String], JSON?)] = [
    ("as it is", ["version"], "1.0"),
    ("without a version", ["version"], Optional.none),
    ("without a model type", ["model", "type"], Optional.none),
    ("without a longest word", ["model", "max_input_chars_per_word"], Optional.none),
    ("without a prefix", ["model", "continuing_subword_prefix"], Optional.none),
    ("without added tokens", ["added_tokens"], Optional.none),
    ("an absurd longest word", ["model", "max_input_chars_per_word"], .integer(.max)),
  ]

  @Test(arguments: accepted)
  func `WP-14 what is accepted`(name: String, path: [String], value: JSON?) throws {
    #expect(try Self.read(path, value).encode("ab [MASK]").ids == [2, 5, 9, 4, 3])
  }

  private static let sequence: JSON = ["Sequence": ["id": "B", "type_id": 0]]

  static let refused: [(String, [String], JSON?, String)] = [
    ("version", ["version"], "2.0", "the version \"2.0\" is not supported"),
    ("unknown member", ["surprise"], 1, "\"surprise\" in the document is not supported"),
    (
      "normalizer", ["normalizer"], ["type": "NFC"], "the normalizer \"NFC\" is not supported"
    ),
    ("no normalizer", ["normalizer"], .null, "a tokenizer without normalizer is not supported"),
    (
      "a flag of the normalizer", ["normalizer", "lowercase"], .null,
      "normalizer, \"lowercase\", should be true or false, found nothing"
    ),
    (
      "pre-tokenizer", ["pre_tokenizer"], ["type": "Whitespace"],
      "the pre_tokenizer \"Whitespace\" is not supported"
    ),
    (
      "post-processor", ["post_processor"], ["type": "RobertaProcessing"],
      "the post_processor \"RobertaProcessing\" is not supported"
    ),
    ("decoder", ["decoder"], ["type": "BPEDecoder"], "the decoder \"BPEDecoder\" is not supported"),
    ("model", ["model", "type"], "Unigram", "the model \"Unigram\" is not supported"),
    ("no model", ["model"], .null, "the document, \"model\", should be an object, found nothing"),
    (
      "vocabulary", ["model", "vocab"], [],
      "model.vocab should be an object of ids by token, found an array"
    ),
    (
      "unknown token", ["model", "unk_token"], "<unk>",
      "the vocabulary has no \"<unk>\", the token for unknown words"
    ),
    (
      "unknown member of the model", ["model", "dropout"], 1,
      "\"dropout\" in model is not supported"
    ),
    (
      "longest word", ["model", "max_input_chars_per_word"], "100",
      "model, \"max_input_chars_per_word\", should be an integer, found a string"
    ),
    (
      "a second text alone", ["post_processor", "single"], [sequence],
      "a second text in post_processor.single is not supported"
    ),
    (
      "a third text", ["post_processor", "pair"], [["Sequence": ["id": "C", "type_id": 0]]],
      "the sequence \"C\" is not supported"
    ),
    (
      "a special token that is not there", ["post_processor", "pair"],
      [["SpecialToken": ["id": "[X]", "type_id": 0]]],
      "post_processor.special_tokens, \"[X]\", should be an object, found nothing"
    ),
    (
      "a special token without ids", ["post_processor", "special_tokens", "[CLS]"],
      ["id": "[CLS]", "ids": [], "tokens": []],
      "post_processor.special_tokens.[CLS] should be as many ids as tokens, found other lists"
    ),
    (
      "a piece of nothing", ["post_processor", "single"], [[:]],
      "post_processor.single[0], \"SpecialToken\", should be an object, found nothing"
    ),
    (
      "BertProcessing", ["post_processor"], ["type": "BertProcessing", "sep": ["a"], "cls": []],
      "post_processor.cls should be a token and its id, found another array"
    ),
    (
      "added tokens", ["added_tokens"], ["<x>"],
      "added_tokens[0] should be an object, found a string"
    ),
  ]

  @Test(arguments: refused)
  func `WP-14 what is refused, by name`(name: String, path: [String], value: JSON?, words: String)
    throws
  {
    let error = #expect(throws: TokenizerError.self) { try Self.read(path, value) }
    #expect(error?.description.hasSuffix("/tokenizer.json: " + words) == true, "\(error as Any)")
  }
}
