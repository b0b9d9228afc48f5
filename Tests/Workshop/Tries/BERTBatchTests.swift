import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("BERT: special tokens, truncation, padding", .counted)
struct BERTBatchTests {
  /// The options of a golden, in transformers' words.
  static func options(_ json: JSON) -> EncodingOptions {
    var options = EncodingOptions()
    options.returnsOverflow = true
    options.addsSpecialTokens = json["add_special_tokens"]?.bool ?? true
    options.maxLength = json["max_length"]?.integer
    if json["truncation"]?.bool == true {
      options.truncation = .longestFirst
    } else {
      options.truncation = json["truncation"]?.string.flatMap { .init(rawValue: $0) }
    }
    options.stride = json["stride"]?.integer ?? 0
    if json["padding"]?.bool == true {
      options.padding = .longest
    } else {
      options.padding = json["padding"]?.string.flatMap { .init(rawValue: $0) } ?? .none
    }
    options.padToMultipleOf = json["pad_to_multiple_of"]?.integer
    options.paddingSide = json["padding_side"]?.string == "left" ? .left : .right
    options.truncationSide = json["truncation_side"]?.string == "left" ? .left : .right
    return options
  }

  private static func name(_ error: Fault) -> String? {
    switch error.subject {
    case "only_second": "noSecondText"
    case "truncation": "tooShort"
    case "stride": "stride"
    case "max_length" where error.expected.hasPrefix("a multiple"): "notMultiple"
    default: nil
    }
  }

  private static let path = "tokenizers/bert-batches.json"

  @Test(arguments: try Golden.arguments(path) { $0 }.indices)
  func `WP-8 WP-9 WP-10 WP-11 batches of the reference`(index: Int) throws {
    let golden = try Golden.cases(Self.path)[index]
    let tokenizer = try BERTFixture.uncased.get()
    let texts = try golden.list("texts").compactMap(\.string)
    let pairs = golden["pairs"]?.array?.compactMap(\.string)
    var options = Self.options(try golden.required("options"))
    let what = "\(try golden.required("options").text())"
    let found: [Encoding]
    do throws(Fault) {
      found = try tokenizer.encode(batch: texts, pairs: pairs, options: options)
    } catch {
      #expect(Self.name(error) == golden["error"]?.string, "\(what): \(error)")
      return
    }
    #expect(golden["error"] == nil, "\(what)")
    for (encoding, row) in zip(found, try golden.list("encodings")) {
      let goldens = try #require(row.array)
      #expect(encoding.overflowing.count == goldens.count - 1, "\(what)")
      for (actual, golden) in zip([encoding] + encoding.overflowing, goldens) {
        try GoldenBERTEncoding(golden).check(actual, what)
      }
    }
    // The same without what was cut off, and without tokens.
    options.returnsOverflow = false
    let kept = try tokenizer.encode(batch: texts, pairs: pairs, options: options)
    #expect(kept.map(\.ids) == found.map(\.ids) && kept.map(\.offsets) == found.map(\.offsets))
    #expect(kept.allSatisfy { $0.overflowing.isEmpty })
    options.returnsTokens = false
    let bare = try tokenizer.encode(batch: texts, pairs: pairs, options: options)
    #expect(bare.map(\.ids) == found.map(\.ids) && bare.map(\.typeIDs) == found.map(\.typeIDs))
    #expect(bare.map(\.attentionMask) == found.map(\.attentionMask))
    #expect(bare.allSatisfy { $0.tokens.isEmpty && $0.offsets.isEmpty })
    if texts.count == 1, options.padding != .longest {
      #expect(try tokenizer.encode(texts[0], pair: pairs?[0], options: options) == bare[0])
    }
  }

  @Test func `WP-11 there are batches`() throws {
    #expect(try Golden.cases(Self.path).count > 70)
  }

  private static func changed(_ change: (inout EncodingOptions) -> Void) -> EncodingOptions {
    var options = EncodingOptions()
    change(&options)
    return options
  }

  @Test(arguments: [
    (changed { $0.maxLength = 1 }, "max_length: found 1, expected room for 2 special tokens"),
    (
      changed { $0.maxLength = -1 }, "max_length: found -1, expected room for 2 special tokens"
    ),
    (
      changed {
        $0.maxLength = 4
        $0.stride = 2
      },
      "stride: found 2, expected 0 to 1, of parts of 2 tokens"
    ),
    (
      changed {
        $0.maxLength = 4
        $0.stride = -1
      },
      "stride: found -1, expected 0 to 1, of parts of 2 tokens"
    ),
    (
      changed {
        $0.maxLength = 4
        $0.truncation = .onlySecond
      }, "only_second: found no second text, expected one to cut"
    ),
    (
      changed { $0.truncation = .longestFirst },
      "max_length: found none, nor a model_max_length in tokenizer_config.json, expected a length"
    ),
    (
      changed { $0.padding = .maxLength },
      "max_length: found none, nor a model_max_length in tokenizer_config.json, expected a length"
    ),
    (
      changed {
        $0.padding = .maxLength
        $0.maxLength = .max
      }, "padding: found 9223372036854775807 tokens, expected at most 16777216"
    ),
    (
      changed {
        $0.padding = .longest
        $0.padToMultipleOf = .max
      }, "padding: found 9223372036854775807 tokens, expected at most 16777216"
    ),
    (
      changed {
        $0.padding = .longest
        $0.padToMultipleOf = 0
      }, "pad_to_multiple_of: found 0, expected at least 1"
    ),
    (
      changed {
        $0.padding = .longest
        $0.truncation = .longestFirst
        $0.maxLength = 9
        $0.padToMultipleOf = 8
      }, "max_length: found 9, expected a multiple of 8, to pad to"
    ),
  ])
  func `WP-9 WP-10 FAIL-2 what cannot be done, in words`(
    options: EncodingOptions, words: String
  ) throws {
    let tokenizer = try BERTFixture.tokenizer(["a", "b", "c", "d"])
    let error = #expect(throws: Fault.self) {
      try tokenizer.encode("a b c d", options: options)
    }
    #expect(error?.description == words)
  }

  @Test
  func `WP-10 WP-11 pairs that do not match; a tokenizer without a padding token`() throws {
    let tokenizer = try BERTFixture.uncased.get()
    let error = #expect(throws: Fault.self) {
      try tokenizer.encode(batch: ["a", "b"], pairs: ["c"])
    }
    #expect(error?.description == "the second texts: found 1, expected 2")
    #expect(try tokenizer.encode(batch: []).isEmpty)
    var encoder = GPT2Tokenizer.Encoder(try Fixture.tiny.get())
    let padded = Self.changed { $0.padding = .longest }
    let none = #expect(throws: Fault.self) { try encoder.encode("a", options: padded) }
    #expect(none?.found == "no token to pad with")
  }

  @Test
  func `WP-9 GPT-2's encodings are cut too`() throws {
    var encoder = GPT2Tokenizer.Encoder(try Fixture.tiny.get())
    let first = try encoder.encode("Once upon a time")
    let second = try encoder.encode("there was")
    let whole = try encoder.encode("Once upon a time", pair: "there was")
    let cut = try encoder.encode(
      "Once upon a time", pair: "there was",
      options: Self.changed {
        $0.maxLength = whole.ids.count - 2
        $0.truncation = .onlyFirst
      })
    #expect(whole.ids == first.ids + second.ids)
    #expect(cut.ids == first.ids.dropLast(2) + second.ids)
    #expect(cut.typeIDs == first.ids.dropLast(2).map { _ in 0 } + second.ids.map { _ in 1 })
    #expect(whole.attentionMask == whole.ids.map { _ in 1 })
    #expect(whole.specialTokensMask == whole.ids.map { _ in 0 })
  }
}
