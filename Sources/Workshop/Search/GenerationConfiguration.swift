import Foundation
import FoxDecoding
import FoxFiles

/// # `generation_config.json`
///
/// Since 2023 a model's folder says in a file of its own how its texts are to be made: several end tokens,
/// whether to sample, with which temperature. What `fox generate` is not told otherwise it takes from
/// there, and says so.
///
/// Source: `GenerationConfig` of transformers 4.57; `generate` of 4.40.2, whose defaults these are.
///
/// What it does not do: methods that are not here (contrastive search, groups of beams, typical sampling)
/// are named as not followed, not imitated.
package struct GenerationConfiguration: Equatable, Sendable {
  /// The tokens that end a text; `nil` when the file does not say.
  package var endTokens: [Int]?
  package var samples = false
  /// What the logits are divided by.
  package var temperature: Float?
  /// Only the k likeliest tokens are drawn: 50 when the file samples and does not say.
  package var topK: Int?
  /// Only the fewest tokens that have this probability are drawn.
  package var topP: Double?
  package var beams: Int?
  /// The exponent of the length that scores of beams are divided by.
  package var lengthPenalty: Double?
  /// When a search stops looking for better texts.
  package var earlyStopping: EarlyStopping?
  /// How many texts a search returns.
  package var returned: Int?
  /// How much less likely tokens become that were used.
  package var repetitionPenalty: Float?
  /// The length of n-grams that may not come twice.
  package var noRepeatNGram: Int?
  /// How many tokens are added before a text may end.
  package var minNewTokens: Int?
  /// Keys that would change a text and are not followed, with their values.
  package private(set) var ignored: [String] = []

  /// A configuration that says nothing.
  package init() {}

  /// Reads the file of a model's folder; one that is not there says nothing.
  ///
  /// - Throws: ``Fault`` for a file that is not such a configuration.
  package init(folder: String) throws(Fault) {
    let path = "\(folder)/generation_config.json"
    let exists = FileManager.default.fileExists(atPath: path)
    try self.init(exists ? try JSON.read(path: path) : .object(.init(unique: [])), path: path)
  }

  /// Reads a document.
  ///
  /// - Throws: ``Fault`` naming key and value.
  package init(_ json: JSON, path: String) throws(Fault) {
    guard let object = json.object else {
      throw Fault(path, found: json.kind, expected: "an object")
    }
    for (key, value) in object.members where !value.isNull {
      try take(key, value, path)
    }
    // The reference samples from 50 tokens unless it is told otherwise; 0 is "all".
    if samples, topK == nil { topK = 50 }
    if topK == 0 { topK = nil }
    if noRepeatNGram == 0 { noRepeatNGram = nil }
    if minNewTokens == 0 { minNewTokens = nil }
  }

  private mutating func take(_ key: String, _ value: JSON, _ path: String) throws(Fault) {
    func wrong(_ expected: String) -> Fault {
      Fault(path, at: key, found: value.text(), expected: expected)
    }
    func count(_ least: Int) throws(Fault) -> Int {
      guard let count = value.integer, count >= least else {
        throw wrong("an integer from \(least)")
      }
      return count
    }
    func number(_ range: ClosedRange<Double>) throws(Fault) -> Double {
      guard let number = value.double, range.contains(number) else {
        throw wrong("a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return number
    }
    switch key {
    case "eos_token_id":
      let tokens = (value.array ?? [value]).map(\.integer)
      endTokens = tokens.compactMap { $0 }
      if endTokens?.count != tokens.count { throw wrong("a token id or a list of them") }
    case "do_sample":
      guard let flag = value.bool else { throw wrong("true or false") }
      samples = flag
    case "temperature": temperature = Float(try number(0...Double(Float.greatestFiniteMagnitude)))
    case "top_k": topK = try count(0)
    case "top_p": topP = try number(0...1)
    case "num_beams": beams = try count(1)
    case "length_penalty": lengthPenalty = try number(-1e6...1e6)
    case "early_stopping":
      switch value {
      case .bool(let isFull): earlyStopping = isFull ? .whenFull : .heuristic
      case .string("never"): earlyStopping = .never
      default: throw wrong("true, false or \"never\"")
      }
    case "num_return_sequences": returned = try count(1)
    case "repetition_penalty":
      repetitionPenalty = Float(try number(0...Double(Float.greatestFiniteMagnitude)))
    case "no_repeat_ngram_size": noRepeatNGram = try count(0)
    case "min_new_tokens": minNewTokens = try count(0)
    default: if !Self.changesNothing(key, value) { ignored.append("\(key) \(value.text())") }
    }
  }

  /// Keys that say where a file comes from, that belong to other models, or that have the value of their
  /// default.
  private static func changesNothing(_ key: String, _ value: JSON) -> Bool {
    let silent: Set = [
      "_from_model_config", "transformers_version", "bos_token_id", "pad_token_id", "max_length",
      "max_new_tokens", "min_length", "use_cache", "output_attentions", "output_hidden_states",
      "output_scores", "output_logits", "return_dict_in_generate", "decoder_start_token_id",
      "renormalize_logits", "remove_invalid_values", "trust_remote_code",
      "cache_implementation", "disable_compile", "return_legacy_cache",
    ]
    if silent.contains(key) { return true }
    switch value {
    case .bool(false), .array([]), .integer(0), .number(0), .integer(1), .number(1): return true
    default: return false
    }
  }
}
