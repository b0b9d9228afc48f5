import Bytes

/// The shape and the switches of a GPT-2, as its `config.json` gives them.
///
/// Keys and defaults are those of transformers' `GPT2Config`. What would change the result and is
/// not implemented is refused by name. SPEC `GPT2-1`, `GPT2-2`.
public struct GPT2Configuration: Sendable, Equatable {
  /// The size of the vocabulary, `V`.
  public var vocabularySize = 50257
  /// How many positions there are: the longest sequence.
  public var positions = 1024
  /// Channels, `C`.
  public var channels = 768
  /// Blocks.
  public var layers = 12
  /// Heads of attention in each block, `H`.
  public var heads = 12
  /// Channels of the feed-forward layer: `n_inner`, or `4 C`.
  public var innerChannels = 3072
  /// What is added to the variance in every LayerNorm.
  public var layerNormEpsilon: Float = 1e-5
  /// Whether attention scores are divided by √(C / H).
  public var scalesAttention = true
  /// Whether attention scores of layer `i` (from 0) are also divided by `i + 1`.
  public var scalesAttentionByLayer = false
  /// Whether the head uses the token embeddings.
  public var tiesEmbeddings = true
  /// The token that ends a text.
  public var endOfText: Int? = 50256
  /// The standard deviation of fresh weights.
  public var initializerRange = 0.02

  /// OpenAI's smallest GPT-2: 12 layers, 768 channels, 124 million parameters.
  public init() {}

  /// Reads a `config.json`.
  ///
  /// - Parameters:
  ///   - json: The document.
  ///   - path: The file, for messages.
  /// - Throws: ``GPT2Error`` naming the key, what was found and what is supported.
  public init(_ json: JSON, path: String) throws(GPT2Error) {
    let keys = ConfigurationKeys(json: json, path: path)
    try keys.requireArchitecture()
    vocabularySize = try keys.size("vocab_size", vocabularySize)
    positions = try keys.size("n_positions", positions)
    channels = try keys.size("n_embd", channels)
    layers = try keys.size("n_layer", layers, limit: 4096)
    heads = try keys.size("n_head", heads)
    innerChannels = try keys.size("n_inner", 4 * channels)
    layerNormEpsilon = Float(try keys.number("layer_norm_epsilon", 1e-5))
    initializerRange = try keys.number("initializer_range", initializerRange)
    scalesAttention = try keys.flag("scale_attn_weights", true)
    scalesAttentionByLayer = try keys.flag("scale_attn_by_inverse_layer_idx", false)
    tiesEmbeddings = try keys.flag("tie_word_embeddings", true)
    endOfText = try keys.token("eos_token_id", vocabularySize: vocabularySize)
    try keys.refuseUnsupported()
    if channels % heads != 0 {
      throw .configuration(
        path: path, key: "n_head", found: "\(heads)",
        expected: "a divisor of n_embd (\(channels))")
    }
  }

  /// The name and shape of every parameter, in the order of transformers' state dictionary.
  public var parameters: [(name: String, shape: [Int])] {
    let c = channels
    var list: [(String, [Int])] = [
      ("wte.weight", [vocabularySize, c]), ("wpe.weight", [positions, c]),
    ]
    for layer in 0..<layers {
      list += [
        ("ln_1.weight", [c]), ("ln_1.bias", [c]),
        ("attn.c_attn.weight", [c, 3 * c]), ("attn.c_attn.bias", [3 * c]),
        ("attn.c_proj.weight", [c, c]), ("attn.c_proj.bias", [c]),
        ("ln_2.weight", [c]), ("ln_2.bias", [c]),
        ("mlp.c_fc.weight", [c, innerChannels]), ("mlp.c_fc.bias", [innerChannels]),
        ("mlp.c_proj.weight", [innerChannels, c]), ("mlp.c_proj.bias", [c]),
      ].map { ("h.\(layer).\($0.0)", $0.1) }
    }
    list += [("ln_f.weight", [c]), ("ln_f.bias", [c])]
    if !tiesEmbeddings { list.append(("lm_head.weight", [vocabularySize, c])) }
    return list
  }

  /// The `config.json` that transformers reads back as this configuration.
  public var json: JSON {
    [
      "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"],
      "attn_pdrop": 0.1, "bos_token_id": endOfText.map { .integer($0) } ?? nil, "embd_pdrop": 0.1,
      "eos_token_id": endOfText.map { .integer($0) } ?? nil,
      "initializer_range": .number(initializerRange),
      // Through its decimal text: Double(1e-5 as Float) would print as 9.999999747378752e-06.
      "layer_norm_epsilon": .number(Double(layerNormEpsilon.description) ?? 1e-5),
      "model_type": "gpt2", "n_embd": .integer(channels), "n_head": .integer(heads),
      "n_inner": innerChannels == 4 * channels ? nil : .integer(innerChannels),
      "n_layer": .integer(layers), "n_positions": .integer(positions), "resid_pdrop": 0.1,
      "scale_attn_by_inverse_layer_idx": .bool(scalesAttentionByLayer),
      "scale_attn_weights": .bool(scalesAttention), "tie_word_embeddings": .bool(tiesEmbeddings),
      "vocab_size": .integer(vocabularySize),
    ]
  }
}

/// Reads and checks the members of a `config.json`.
private struct ConfigurationKeys {
  let json: JSON
  let path: String

  func requireArchitecture() throws(GPT2Error) {
    guard json.object != nil else {
      throw .configuration(path: path, key: "(document)", found: json.kind, expected: "an object")
    }
    let names = json["architectures"]?.array?.compactMap(\.string) ?? []
    let found = json["model_type"]?.string ?? names.first ?? "none"
    let isGPT2 = json["model_type"]?.string == "gpt2" || names.contains { $0.hasPrefix("GPT2") }
    if !isGPT2 { throw .architecture(path: path, found: found) }
  }

  /// A size from 1 to a limit that no honest file reaches; `null` means the default.
  func size(_ key: String, _ standard: Int, limit: Int = 1 << 31) throws(GPT2Error) -> Int {
    guard let value = json[key], !value.isNull else { return standard }
    guard let size = value.integer, (1...limit).contains(size) else {
      throw wrong(key, "an integer from 1 to \(limit)")
    }
    return size
  }

  func number(_ key: String, _ standard: Double) throws(GPT2Error) -> Double {
    guard let value = json[key], !value.isNull else { return standard }
    guard let number = value.double, number >= 0 else { throw wrong(key, "a number of at least 0") }
    return number
  }

  func flag(_ key: String, _ standard: Bool) throws(GPT2Error) -> Bool {
    guard let value = json[key], !value.isNull else { return standard }
    guard let flag = value.bool else { throw wrong(key, "true or false") }
    return flag
  }

  /// A token id. The default of GPT-2's own vocabulary holds only where that vocabulary is used.
  func token(_ key: String, vocabularySize: Int) throws(GPT2Error) -> Int? {
    guard let value = json[key], !value.isNull else {
      return vocabularySize > 50256 ? 50256 : nil
    }
    guard let token = value.integer else { throw wrong(key, "a token id") }
    return (0..<vocabularySize).contains(token) ? token : nil
  }

  func refuseUnsupported() throws(GPT2Error) {
    let activation = json["activation_function"]?.string ?? "gelu_new"
    if !["gelu_new", "gelu_pytorch_tanh"].contains(activation) {
      throw wrong("activation_function", "\"gelu_new\" or \"gelu_pytorch_tanh\" (the tanh GELU)")
    }
    if try flag("add_cross_attention", false) { throw wrong("add_cross_attention", "false") }
  }

  private func wrong(_ key: String, _ expected: String) -> GPT2Error {
    .configuration(
      path: path, key: key, found: json[key]?.text() ?? "nothing", expected: expected)
  }
}
