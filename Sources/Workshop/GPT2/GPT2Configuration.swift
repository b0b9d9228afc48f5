import FoxFiles
import FoxFormats
import FoxKernels

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
  /// The tokens that end a text, the usual one first.
  public var endTokens = [50256]
  /// The token that begins a text; GPT-2 never needs it.
  public var startToken: Int? = 50256
  /// The standard deviation of fresh weights.
  public var initializerRange = 0.02
  /// The probability that training drops a number of the sum of embeddings.
  public var embeddingDropout = 0.1
  /// The probability that training drops a probability of attention.
  public var attentionDropout = 0.1
  /// The probability that training drops a number that a branch adds to the residual stream.
  public var residualDropout = 0.1

  /// OpenAI's smallest GPT-2: 12 layers, 768 channels, 124 million parameters.
  public init() {}

  /// Reads a `config.json`.
  ///
  /// - Parameters:
  ///   - json: The document.
  ///   - path: The file, for messages.
  /// - Throws: ``GPT2Error`` naming the key, what was found and what is supported.
  public init(_ json: JSON, path: String) throws(GPT2Error) {
    let keys = ConfigurationKeys<GPT2Error>(json: json, path: path)
    try keys.requireModel(type: "gpt2", prefix: "GPT2")
    vocabularySize = try keys.size("vocab_size", vocabularySize)
    positions = try keys.size("n_positions", "max_position_embeddings", positions)
    channels = try keys.size("n_embd", "hidden_size", channels)
    layers = try keys.size("n_layer", "num_hidden_layers", layers, limit: 4096)
    heads = try keys.size("n_head", "num_attention_heads", heads)
    innerChannels = try keys.size(
      "n_inner", 4 * channels, limit: 4 * ConfigurationKeys<GPT2Error>.largest)
    layerNormEpsilon = Float(try keys.number("layer_norm_epsilon", 1e-5))
    initializerRange = try keys.number("initializer_range", initializerRange)
    embeddingDropout = try keys.probability("embd_pdrop", embeddingDropout)
    attentionDropout = try keys.probability("attn_pdrop", attentionDropout)
    residualDropout = try keys.probability("resid_pdrop", residualDropout)
    scalesAttention = try keys.flag("scale_attn_weights", true)
    scalesAttentionByLayer = try keys.flag("scale_attn_by_inverse_layer_idx", false)
    tiesEmbeddings = try keys.flag("tie_word_embeddings", true)
    endTokens = try keys.tokens("eos_token_id", vocabularySize: vocabularySize)
    startToken = try keys.tokens("bos_token_id", vocabularySize: vocabularySize).first
    try keys.refuseUnsupported()
    try check(path: path)
  }

  /// Refuses sizes that no model can have.
  ///
  /// - Throws: ``GPT2Error/configuration(path:key:found:expected:)``.
  func check(path: String) throws(GPT2Error) {
    for (key, size) in [
      ("vocab_size", vocabularySize), ("n_positions", positions), ("n_embd", channels),
      ("n_layer", layers), ("n_head", heads), ("n_inner", innerChannels),
    ] where size < 1 {
      throw .configuration(path: path, key: key, found: "\(size)", expected: "at least 1")
    }
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

  /// How many numbers the parameters have; `nil` when they cannot be counted.
  public var parameterCount: Int? { Tensor.count(ofAll: parameters.map(\.shape)) }

  /// The `config.json` that transformers reads back as this configuration.
  public var json: JSON {
    [
      "activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"],
      "attn_pdrop": .number(attentionDropout),
      "bos_token_id": Self.json(startToken.map { [$0] } ?? []),
      "embd_pdrop": .number(embeddingDropout),
      "eos_token_id": Self.json(endTokens),
      "initializer_range": .number(initializerRange),
      // Through its decimal text: Double(1e-5 as Float) would print as 9.999999747378752e-06.
      "layer_norm_epsilon": .number(Double(layerNormEpsilon.description) ?? 1e-5),
      "model_type": "gpt2", "n_embd": .integer(channels), "n_head": .integer(heads),
      "n_inner": innerChannels == 4 * channels ? nil : .integer(innerChannels),
      "n_layer": .integer(layers), "n_positions": .integer(positions),
      "resid_pdrop": .number(residualDropout),
      "scale_attn_by_inverse_layer_idx": .bool(scalesAttentionByLayer),
      "scale_attn_weights": .bool(scalesAttention), "tie_word_embeddings": .bool(tiesEmbeddings),
      "vocab_size": .integer(vocabularySize),
    ]
  }
}

extension GPT2Configuration {
  /// A token, a list of several, or `null` for none.
  private static func json(_ tokens: [Int]) -> JSON {
    if tokens.isEmpty { return .null }
    return tokens.count == 1 ? .integer(tokens[0]) : .array(tokens.map { .integer($0) })
  }
}

extension ConfigurationKeys where Failure == GPT2Error {
  /// A size that transformers knows by two names; when both are there, they agree.
  func size(
    _ key: String, _ alias: String, _ standard: Int, limit: Int = largest
  ) throws(GPT2Error) -> Int {
    let size = try size(key, standard, limit: limit)
    let other = try self.size(alias, size, limit: limit)
    if let value = json[key], !value.isNull, other != size {
      throw wrong(alias, "the value of \(key), \(size)")
    }
    return other
  }

  /// A token id or a list of them, as far as the vocabulary has them. The default of GPT-2's own
  /// vocabulary holds only where that vocabulary is used.
  func tokens(_ key: String, vocabularySize: Int) throws(GPT2Error) -> [Int] {
    guard let value = json[key], !value.isNull else {
      return vocabularySize > 50256 ? [50256] : []
    }
    let list = value.array ?? [value]
    let tokens = list.compactMap(\.integer)
    if tokens.count != list.count { throw wrong(key, "a token id or a list of them") }
    return tokens.filter { (0..<vocabularySize).contains($0) }
  }

  func refuseUnsupported() throws(GPT2Error) {
    let activation = json["activation_function"] ?? "gelu_new"
    if !activation.isNull, !["gelu_new", "gelu_pytorch_tanh"].contains(activation) {
      throw wrong("activation_function", "\"gelu_new\" or \"gelu_pytorch_tanh\" (the tanh GELU)")
    }
    if try flag("add_cross_attention", false) { throw wrong("add_cross_attention", "false") }
  }
}
