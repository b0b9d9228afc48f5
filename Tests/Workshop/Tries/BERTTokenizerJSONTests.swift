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
    ("version", ["version"], "2.0", ": found the version \"2.0\""),
    ("unknown member", ["surprise"], 1, ": found \"surprise\" in the document"),
    (
      "normalizer", ["normalizer"], ["type": "NFC"], ": found the normalizer \"NFC\""
    ),
    ("no normalizer", ["normalizer"], .null, ": found a tokenizer without normalizer"),
    (
      "a flag of the normalizer", ["normalizer", "lowercase"], .null,
      ", normalizer, \"lowercase\": found nothing, expected true or false"
    ),
    (
      "pre-tokenizer", ["pre_tokenizer"], ["type": "Whitespace"],
      ": found the pre_tokenizer \"Whitespace\""
    ),
    (
      "post-processor", ["post_processor"], ["type": "RobertaProcessing"],
      ": found the post_processor \"RobertaProcessing\""
    ),
    ("decoder", ["decoder"], ["type": "BPEDecoder"], ": found the decoder \"BPEDecoder\""),
    ("model", ["model", "type"], "Unigram", ": found the model \"Unigram\""),
    ("no model", ["model"], .null, ", the document, \"model\": found nothing, expected an object"),
    (
      "vocabulary", ["model", "vocab"], [],
      ", model.vocab: found an array, expected an object of ids by token"
    ),
    (
      "unknown token", ["model", "unk_token"], "<unk>",
      ": found no \"<unk>\", expected a token for unknown words"
    ),
    (
      "unknown member of the model", ["model", "dropout"], 1,
      ": found \"dropout\" in model"
    ),
    (
      "longest word", ["model", "max_input_chars_per_word"], "100",
      ", model, \"max_input_chars_per_word\": found a string, expected an integer"
    ),
    (
      "a second text alone", ["post_processor", "single"], [sequence],
      ": found a second text in post_processor.single"
    ),
    (
      "a third text", ["post_processor", "pair"], [["Sequence": ["id": "C", "type_id": 0]]],
      ": found the sequence \"C\""
    ),
    (
      "a special token that is not there", ["post_processor", "pair"],
      [["SpecialToken": ["id": "[X]", "type_id": 0]]],
      ", post_processor.special_tokens, \"[X]\": found nothing, expected an object"
    ),
    (
      "a special token without ids", ["post_processor", "special_tokens", "[CLS]"],
      ["id": "[CLS]", "ids": [], "tokens": []],
      ", post_processor.special_tokens.[CLS]: found other lists, expected as many ids as tokens"
    ),
    (
      "a piece of nothing", ["post_processor", "single"], [[:]],
      ", post_processor.single[0], \"SpecialToken\": found nothing, expected an object"
    ),
    (
      "BertProcessing", ["post_processor"], ["type": "BertProcessing", "sep": ["a"], "cls": []],
      ", post_processor.cls: found another array, expected a token and its id"
    ),
    (
      "added tokens", ["added_tokens"], ["<x>"],
      ", added_tokens[0]: found a string, expected an object"
    ),
  ]

  @Test(arguments: refused)
  func `WP-14 what is refused, by name`(name: String, path: [String], value: JSON?, words: String)
    throws
  {
    let error = #expect(throws: Fault.self) { try Self.read(path, value) }
    #expect(error?.description.contains("/tokenizer.json" + words) == true, "\(error as Any)")
  }
}
