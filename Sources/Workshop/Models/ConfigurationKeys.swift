import FoxFiles
import FoxKernels

/// Reads and checks the members of a model's `config.json`, whatever the model.
struct ConfigurationKeys {
  let json: JSON
  let path: String

  /// The members of a document; `path` is for messages.
  init(json: JSON, path: String) {
    self.json = json
    self.path = path
  }

  /// No honest size is greater, and products with small numbers still count.
  static var largest: Int { 1 << 28 }

  /// Requires a model of a type, or of architectures with its prefix where the type is not said.
  ///
  /// - Returns: The first architecture.
  @discardableResult
  func requireModel(type: String, prefix: String) throws(Fault) -> String? {
    guard json.object != nil else {
      throw .configuration(path: path, key: "(document)", found: json.kind, expected: "an object")
    }
    let architecture = json["architectures"]?.array?.first?.string
    switch json["model_type"] {
    case .string(type): break
    case .some(let other) where !other.isNull:
      var fault = Fault.configuration(
        path: path, key: "model_type", found: found(other), expected: "\"\(type)\"")
      fault.hint = Self.whatToDo(with: other.string ?? "", wanted: type)
      throw fault
    default:
      if architecture?.hasPrefix(prefix) != true {
        throw .configuration(
          path: path, key: "model_type", found: "nothing", expected: "\"\(type)\"")
      }
    }
    return architecture
  }

  /// Where a model of another kind belongs. SPEC `GPT2-2`, `BERT-2`.
  private static func whatToDo(with type: String, wanted: String) -> String {
    switch (type, wanted) {
    case ("bert", "gpt2"):
      "a BERT does not continue texts; fox embed, fox logits and fox predict classifier take it"
    case ("gpt2", "bert"):
      "a GPT-2 neither embeds nor classifies; fox beam, fox generate and fox logits take it"
    default: "only models of the types gpt2 and bert can be read"
    }
  }

  /// A size from 1 to a limit that no honest file reaches; `null` means the default.
  func size(
    _ key: String, _ standard: Int, limit: Int = largest
  ) throws(Fault) -> Int {
    guard let value = json[key], !value.isNull else { return standard }
    guard let size = value.integer, (1...limit).contains(size) else {
      throw wrong(key, "an integer from 1 to \(limit)")
    }
    return size
  }

  /// A number of at least 0.
  func number(_ key: String, _ standard: Double) throws(Fault) -> Double {
    guard let value = json[key], !value.isNull else { return standard }
    guard let number = value.double, number >= 0, Float(number).isFinite else {
      throw wrong(key, "a number of at least 0 that float32 holds")
    }
    return number
  }

  /// A number from 0 to 1.
  func probability(_ key: String, _ standard: Double) throws(Fault) -> Double {
    guard let value = json[key], !value.isNull else { return standard }
    guard let number = value.double, (0...1).contains(number) else {
      throw wrong(key, "a probability from 0 to 1")
    }
    return number
  }

  /// True or false.
  func flag(_ key: String, _ standard: Bool) throws(Fault) -> Bool {
    guard let value = json[key], !value.isNull else { return standard }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  /// Refuses a model that attention heads were cut out of: its layers have different shapes.
  func refusePrunedHeads() throws(Fault) {
    if let value = json["pruned_heads"], !value.isNull, value.object?.members.isEmpty != true {
      throw wrong("pruned_heads", "none")
    }
  }

  /// The names of each activation: the same function may have several. SPEC `LAYER-15`.
  private static let activations: KeyValuePairs<String, Activation> = [
    "gelu": .gelu, "gelu_new": .geluTanh, "relu": .relu, "silu": .silu, "tanh": .tanh,
    "quick_gelu": .quickGELU, "swish": .silu, "gelu_python": .gelu,
    // They differ from gelu_new in the last bit.
    "gelu_fast": .geluTanh, "gelu_pytorch_tanh": .geluTanh,
  ]

  /// The activation that a key names; `null` means the default.
  func activation(_ key: String, _ standard: Activation) throws(Fault) -> Activation {
    guard let value = json[key], !value.isNull else { return standard }
    guard let named = Self.activations.first(where: { .string($0.key) == value }) else {
      throw wrong(key, "one of \(Self.activations.map(\.key).joined(separator: ", "))")
    }
    return named.value
  }

  /// The error of a key.
  func wrong(_ key: String, _ expected: String) -> Fault {
    .configuration(path: path, key: key, found: found(json[key]), expected: expected)
  }

  /// A value in the words of a message, cut when it is long.
  private func found(_ value: JSON?) -> String {
    guard let value else { return "nothing" }
    let text = value.text()
    return text.utf8.count > 80 ? value.kind : text
  }
}

extension Fault {
  /// Refuses sizes that no model can have.
  static func check(
    _ sizes: KeyValuePairs<String, Int>, _ heads: (key: String, count: Int),
    _ channels: (key: String, count: Int), _ path: String
  ) throws(Fault) {
    for (key, size) in sizes where size < 1 {
      // With 0 heads C/H divides by 0; negative sizes come from damaged files.
      throw Fault(path, at: key, found: "\(size)", expected: "at least 1")
    }
    // Every head gets the same share, C/H; a remainder would belong to none.
    if channels.count % heads.count != 0 {
      throw Fault(
        path, at: heads.key, found: "\(heads.count)",
        expected: "a divisor of \(channels.key) (\(channels.count))")
    }
  }
}
