import FoxFiles
import FoxFormats
import FoxKernels

/// A GPT-2's `config.json`. Keys and defaults are those of transformers' `GPT2Config`; what would change
/// the result and is not implemented is refused by name. SPEC `GPT2-1`, `GPT2-2`.
extension GPT2Configuration {
  /// Reads a `config.json`.
  ///
  /// - Parameters:
  ///   - json: The document.
  ///   - path: The file, for messages.
  /// - Throws: ``Fault`` naming the key, what was found and what is supported.
  package init(_ json: JSON, path: String) throws(Fault) {
    self.init()
    let keys = ConfigurationKeys(json: json, path: path)
    let architecture = try keys.requireModel(type: "gpt2", prefix: "GPT2")
    if architecture?.hasSuffix("Classification") == true { throw keys.classifier() }
    vocabularySize = try keys.size("vocab_size", vocabularySize)
    positions = try keys.size("n_positions", "max_position_embeddings", positions)
    channels = try keys.size("n_embd", "hidden_size", channels)
    layers = try keys.size("n_layer", "num_hidden_layers", layers, limit: 4096)
    heads = try keys.size("n_head", "num_attention_heads", heads)
    innerChannels = try keys.size(
      "n_inner", 4 * channels, limit: 4 * ConfigurationKeys.largest)
    activation = try keys.activation("activation_function", .geluTanh)
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
    try keys.refuseUnsupportedGPT2()
    try check(path: path)
  }

  /// Refuses sizes that no model can have, by the key of `config.json`.
  package func check(path: String = "configuration") throws(Fault) {
    try Fault.check(
      [
        "vocab_size": vocabularySize, "n_positions": positions, "n_embd": channels,
        "n_layer": layers, "n_head": heads, "n_inner": innerChannels,
      ], ("n_head", heads), ("n_embd", channels), path)
  }

  /// The `config.json` that transformers reads back as this configuration.
  package var json: JSON {
    [
      "activation_function": .string(activation.name), "architectures": ["GPT2LMHeadModel"],
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

  /// A token, a list of several, or `null` for none.
  private static func json(_ tokens: [Int]) -> JSON {
    if tokens.isEmpty { return .null }
    return tokens.count == 1 ? .integer(tokens[0]) : .array(tokens.map { .integer($0) })
  }
}

extension ConfigurationKeys {
  /// A size that transformers knows by two names; when both are there, they agree.
  func size(
    _ key: String, _ alias: String, _ standard: Int, limit: Int = largest
  ) throws(Fault) -> Int {
    let size = try size(key, standard, limit: limit)
    let other = try self.size(alias, size, limit: limit)
    if let value = json[key], !value.isNull, other != size {
      throw wrong(alias, "the value of \(key), \(size)")
    }
    return other
  }

  /// A token id or a list of them, as far as the vocabulary has them. The default of GPT-2's own
  /// vocabulary holds only where that vocabulary is used.
  func tokens(_ key: String, vocabularySize: Int) throws(Fault) -> [Int] {
    guard let value = json[key], !value.isNull else {
      return vocabularySize > 50256 ? [50256] : []
    }
    let list = value.array ?? [value]
    let tokens = list.compactMap(\.integer)
    if tokens.count != list.count { throw wrong(key, "a token id or a list of them") }
    return tokens.filter { (0..<vocabularySize).contains($0) }
  }

  /// The fault of a GPT-2 with another head.
  func classifier() -> Fault {
    var fault = wrong("architectures", "[\"GPT2LMHeadModel\"]")
    fault.hint = "a classifier does not tell the next token; of classifiers only BERT's can be read"
    return fault
  }

  func refuseUnsupportedGPT2() throws(Fault) {
    if try flag("add_cross_attention", false) { throw wrong("add_cross_attention", "false") }
    try refusePrunedHeads()
  }
}
