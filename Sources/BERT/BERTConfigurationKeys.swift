import Bytes

/// Reads and checks the members of a `config.json`.
struct BERTConfigurationKeys {
  let json: JSON
  let path: String

  /// No honest size is greater, and products with small numbers still count.
  private static let largest = 1 << 28
  /// No honest classifier has more labels.
  private static let mostLabels = 100_000

  /// What the model ends with; heads that are not for classifying count as none.
  func architecture() throws(BERTError) -> BERTArchitecture {
    guard json.object != nil else {
      throw .configuration(path: path, key: "(document)", found: json.kind, expected: "an object")
    }
    let architecture = json["architectures"]?.array?.first?.string
    switch json["model_type"] {
    case .string("bert"): break
    case .some(let type) where !type.isNull:
      throw .architecture(path: path, found: type.string ?? type.text())
    default:
      if architecture?.hasPrefix("Bert") != true {
        throw .architecture(path: path, found: architecture ?? "none")
      }
    }
    return architecture.flatMap(BERTArchitecture.init(rawValue:)) ?? .encoder
  }

  /// A size from 1 to a limit that no honest file reaches; `null` means the default.
  func size(_ key: String, _ standard: Int, limit: Int = largest) throws(BERTError) -> Int {
    guard let value = json[key], !value.isNull else { return standard }
    guard let size = value.integer, (1...limit).contains(size) else {
      throw wrong(key, "an integer from 1 to \(limit)")
    }
    return size
  }

  func number(_ key: String, _ standard: Double) throws(BERTError) -> Double {
    guard let value = json[key], !value.isNull else { return standard }
    guard let number = value.double, number >= 0, Float(number).isFinite else {
      throw wrong(key, "a number of at least 0 that float32 holds")
    }
    return number
  }

  func probability(_ key: String, _ standard: Double) throws(BERTError) -> Double {
    guard let value = json[key], !value.isNull else { return standard }
    guard let number = value.double, (0...1).contains(number) else {
      throw wrong(key, "a probability from 0 to 1")
    }
    return number
  }

  func flag(_ key: String, _ standard: Bool) throws(BERTError) -> Bool {
    guard let value = json[key], !value.isNull else { return standard }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  func activation() throws(BERTError) -> BERTActivation {
    switch json["hidden_act"] {
    case nil, .null, "gelu": return .gelu
    case "gelu_new", "gelu_pytorch_tanh": return .geluTanh
    case "relu": return .relu
    default:
      throw wrong("hidden_act", "\"gelu\", \"gelu_new\", \"gelu_pytorch_tanh\" or \"relu\"")
    }
  }

  /// Absent it is 0; `null` means that there is none.
  func padToken(below vocabulary: Int) throws(BERTError) -> Int? {
    guard let value = json["pad_token_id"] else { return 0 }
    if value.isNull { return nil }
    guard let token = value.integer, (0..<vocabulary).contains(token) else {
      throw wrong("pad_token_id", "an id from 0 to \(vocabulary - 1), or null")
    }
    return token
  }

  /// The names in `id2label`, else `LABEL_0` and so on for `num_labels`, else two of them.
  func labels() throws(BERTError) -> [String] {
    guard let value = json["id2label"], !value.isNull else {
      let count = try size("num_labels", 2, limit: Self.mostLabels)
      return (0..<count).map { "LABEL_\($0)" }
    }
    let expected = "an object of names for the labels 0, 1 and so on"
    guard let members = value.object?.members, (1...Self.mostLabels).contains(members.count) else {
      throw wrong("id2label", expected)
    }
    var names = [String?](repeating: nil, count: members.count)
    for (key, value) in members {
      guard let index = Int(key), names.indices.contains(index), names[index] == nil,
        let name = value.string ?? value.integer.map(String.init)
      else { throw wrong("id2label", expected) }
      names[index] = name
    }
    return names.compactMap { $0 }
  }

  func problem() throws(BERTError) -> BERTProblem? {
    guard let value = json["problem_type"], !value.isNull else { return nil }
    guard let problem = value.string.flatMap(BERTProblem.init(rawValue:)) else {
      let names = BERTProblem.allCases.map { "\"\($0.rawValue)\"" }
      throw wrong("problem_type", names.joined(separator: ", "))
    }
    return problem
  }

  func refuseUnsupported() throws(BERTError) {
    for key in ["is_decoder", "add_cross_attention"] where try flag(key, false) {
      throw wrong(key, "false")
    }
    if let value = json["position_embedding_type"], !value.isNull, value != "absolute" {
      throw wrong("position_embedding_type", "\"absolute\"")
    }
    // It changes the order in which dropout draws.
    if let value = json["chunk_size_feed_forward"], !value.isNull, value != 0 {
      throw wrong("chunk_size_feed_forward", "0")
    }
    if let value = json["pruned_heads"], !value.isNull, value.object?.members.isEmpty != true {
      throw wrong("pruned_heads", "none")
    }
  }

  private func wrong(_ key: String, _ expected: String) -> BERTError {
    .configuration(path: path, key: key, found: found(json[key]), expected: expected)
  }

  /// A value in the words of a message, cut when it is long.
  private func found(_ value: JSON?) -> String {
    guard let value else { return "nothing" }
    let text = value.text()
    return text.utf8.count > 80 ? value.kind : text
  }
}
