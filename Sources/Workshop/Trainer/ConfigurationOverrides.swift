import FoxDecoding
import FoxFiles
import FoxModels

/// # A fresh GPT-2 of any shape
///
/// `config_overrides`: a text such as `n_embd=10,resid_pdrop=0.2,scale_attn_weights=false` that
/// changes keys of a fresh `GPT2Config`, by the rules of its `update_from_string`.
///
/// A key has to be there already, and its default decides how the value is read. SPEC `ARGS-6`.
package enum ConfigurationOverrides {
  /// The keys of `GPT2Config` that can be overridden, with their defaults.
  static let defaults: JSON.Object = JSON.Object([
    ("vocab_size", 50257), ("n_positions", 1024), ("n_embd", 768), ("n_layer", 12),
    ("n_head", 12), ("activation_function", "gelu_new"), ("resid_pdrop", 0.1),
    ("embd_pdrop", 0.1), ("attn_pdrop", 0.1), ("layer_norm_epsilon", 1e-5),
    ("initializer_range", 0.02), ("summary_type", "cls_index"), ("summary_use_proj", true),
    ("summary_proj_to_labels", true), ("summary_first_dropout", 0.1),
    ("scale_attn_weights", true), ("use_cache", true), ("bos_token_id", 50256),
    ("eos_token_id", 50256), ("scale_attn_by_inverse_layer_idx", false),
    ("reorder_and_upcast_attn", false), ("tie_word_embeddings", true),
  ])
  /// Other names of four keys.
  private static let aliases = [
    "hidden_size": "n_embd", "max_position_embeddings": "n_positions",
    "num_attention_heads": "n_head", "num_hidden_layers": "n_layer",
  ]
  private static let key = "config_overrides"

  /// The configuration that a text makes of the default one.
  ///
  /// - Parameters:
  ///   - text: `nil` for the default configuration.
  ///   - path: The file it is from, for messages.
  /// - Throws: `Fault`, naming the part, also for a shape that cannot be.
  package static func configuration(_ text: String?, path: String) throws -> GPT2Configuration {
    let object = try text.map { (text) throws(Fault) in try apply(text, path: path) }
    var document = object ?? defaults
    document["model_type"] = "gpt2"
    return try GPT2Configuration(.object(document), path: "\(path): \(key)")
  }

  private static func apply(_ text: String, path: String) throws(Fault) -> JSON.Object {
    var object = defaults
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2 else {
        throw Fault(
          path, at: key, found: Fault.quoted(String(part)),
          expected: "key=value,key=value…")
      }
      let name = aliases[String(sides[0])] ?? String(sides[0])
      guard let old = object[name] else {
        throw Fault(
          path, at: key, found: Fault.quoted(String(sides[0])),
          expected: "keys of GPT2Config that have a default: "
            + defaults.members.map(\.key).joined(separator: ", "))
      }
      object[name] = try value(String(sides[1]), like: old, of: name, path: path)
    }
    return object
  }

  private static func value(
    _ text: String, like old: JSON, of name: String, path: String
  ) throws(Fault) -> JSON {
    func wrong(_ expected: String) -> Fault {
      Fault(path, at: "\(key): \(name)", found: Fault.quoted(text), expected: expected)
    }
    switch old {
    case .bool:
      switch text.lowercased() {
      case "true", "1", "y", "yes": return true
      case "false", "0", "n", "no": return false
      default: throw wrong("true or false")
      }
    case .integer:
      guard let value = Int(text) else { throw wrong("an integer") }
      return .integer(value)
    case .number:
      guard let value = Double(text), value.isFinite else { throw wrong("a number") }
      return .number(value)
    default: return .string(text)
    }
  }
}
