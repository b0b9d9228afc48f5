import FoxFiles
import FoxSearch
import TestSupport
import Testing

/// Processors of the reference, applied to a table of scores.
struct ProcessorCase: CustomTestStringConvertible, Sendable {
  let golden: JSON
  var testDescription: String { golden["name"]?.string ?? "?" }

  func processors() throws -> [any ScoreProcessor] {
    try (golden.required("processors").array ?? []).map { try Self.processor($0) }
  }

  private static func processor(_ golden: JSON) throws -> any ScoreProcessor {
    func number(_ key: String) throws -> Float { Float(try golden.required(key).double ?? .nan) }
    func integer(_ key: String) throws -> Int { try golden.required(key).integer ?? -1 }
    func endTokens() throws -> [Int] { try golden.required("eos_token_id").integers() }
    switch golden["name"]?.string {
    case "RepetitionPenalty": return try RepetitionPenalty(number("penalty"))
    case "NoRepeatNGram": return try NoRepeatNGram(length: integer("ngram_size"))
    case "NoBadWords":
      let words = try golden.required("bad_words_ids").array?.map { try $0.integers() } ?? []
      return try BadWords(words, endTokens: endTokens())
    case "MinLength":
      return try MinLength(integer("min_length"), of: .allTokens, endTokens: endTokens())
    case "MinNewTokens":
      return try MinLength(integer("min_new_tokens"), of: .newTokens, endTokens: endTokens())
    case "Temperature": return try Temperature(number("temperature"))
    case "TopK":
      return try TopKFilter(integer("top_k"), keepingAtLeast: integer("min_tokens_to_keep"))
    case "TopP":
      return try TopPFilter(
        golden.required("top_p").double ?? .nan, keepingAtLeast: integer("min_tokens_to_keep"))
    default: throw GoldenError.shape("processors.json", "a known processor")
    }
  }

  /// How many tokens were added: what the ids have beyond the prompt that is skipped.
  func step() throws -> Int {
    let ids = try golden.required("ids").array?.first?.integers() ?? []
    let skipped = golden["processors"]?.array?.compactMap { $0["prompt_length_to_skip"]?.integer }
    return ids.count - (skipped?.first ?? 0)
  }
}

@Suite("Processors against the reference", .counted)
struct ProcessorTests {
  static func cases() throws -> [ProcessorCase] {
    try Golden.arguments("decoding/processors.json") { ProcessorCase(golden: $0) }
  }

  @Test(arguments: try cases())
  func `PROC-3 PROC-6 PROC-7 PROC-8 PROC-9 PROC-10 PROC-11 PROC-4 scores afterwards`(
    run: ProcessorCase
  ) throws {
    let ids = try run.golden.required("ids").array?.map { try $0.integers() } ?? []
    let rows = try run.golden.required("scores").array?.map { try $0.floats() } ?? []
    let expected = try run.golden.required("output").array?.flatMap { try $0.floats() } ?? []
    var scores = rows
    let step = try run.step()
    for processor in try run.processors() {
      _ = processor.process(&scores, of: ids, step: step)
    }
    // Divisions and products of single numbers: equal to the last bit.
    expectSame(scores.flatMap { $0 }, expected, run.testDescription)
  }

  @Test
  func `PROC-12 the order in which the reference puts them together`() throws {
    let golden = try Golden.json("decoding/processors.json").required("order")
    let supported = try golden.required("supported")
    let names = ["processors", "warpers"].flatMap {
      supported[$0]?.array?.compactMap(\.string) ?? []
    }
    // `ProcessorOptions` has this order; its own test says so.
    #expect(
      names.filter { $0 != "MinLengthLogitsProcessor" } == [
        "RepetitionPenaltyLogitsProcessor", "NoRepeatNGramLogitsProcessor",
        "NoBadWordsLogitsProcessor", "MinNewTokensLengthLogitsProcessor",
        "TemperatureLogitsWarper", "TopKLogitsWarper", "TopPLogitsWarper",
      ])
  }

  @Test
  func `PROC-4 all cases are there`() throws {
    #expect(try Self.cases().count >= 50)
  }
}
