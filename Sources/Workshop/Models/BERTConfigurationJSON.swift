import FoxFiles
import FoxFormats
import FoxKernels

/// A BERT's `config.json`. Keys and defaults are those of transformers' `BertConfig`; what would change
/// the result and is not implemented is refused by name. SPEC `BERT-1`, `BERT-2`.
extension BERTConfiguration {
  /// Reads a `config.json`.
  ///
  /// - Parameters:
  ///   - json: The document.
  ///   - path: The file, for messages.
  /// - Throws: ``Fault`` naming the key, what was found and what is supported.
  package init(_ json: JSON, path: String) throws(Fault) {
    self.init()
    let keys = ConfigurationKeys(json: json, path: path)
    architecture = try keys.architecture()
    vocabularySize = try keys.size("vocab_size", vocabularySize)
    positions = try keys.size("max_position_embeddings", positions)
    types = try keys.size("type_vocab_size", types)
    channels = try keys.size("hidden_size", channels)
    layers = try keys.size("num_hidden_layers", layers, limit: 4096)
    heads = try keys.size("num_attention_heads", heads)
    innerChannels = try keys.size("intermediate_size", innerChannels)
    activation = try keys.activation("hidden_act", .gelu)
    relativePositions = try keys.relativePositions()
    layerNormEpsilon = Float(try keys.number("layer_norm_eps", 1e-12))
    initializerRange = try keys.number("initializer_range", initializerRange)
    hiddenDropout = try keys.probability("hidden_dropout_prob", hiddenDropout)
    attentionDropout = try keys.probability("attention_probs_dropout_prob", attentionDropout)
    if let value = json["classifier_dropout"], !value.isNull {
      classifierDropout = try keys.probability("classifier_dropout", 0)
    }
    padToken = try keys.padToken(below: vocabularySize)
    labels = try keys.labels()
    problem = try keys.problem()
    try keys.refuseUnsupportedBERT()
    try check(path: path)
  }

  /// Refuses sizes that no model can have, by the key of `config.json`.
  package func check(path: String = "configuration") throws(Fault) {
    try Fault.check(
      [
        "vocab_size": vocabularySize, "max_position_embeddings": positions,
        "type_vocab_size": types, "hidden_size": channels, "num_hidden_layers": layers,
        "num_attention_heads": heads, "intermediate_size": innerChannels,
        "num_labels": labels.count,
      ], ("num_attention_heads", heads), ("hidden_size", channels), path)
    // `nn.Embedding` asserts the same of its `padding_idx`; a fresh model clears that row.
    if let padToken, !(0..<vocabularySize).contains(padToken) {
      throw Fault(
        path, at: "pad_token_id", found: "\(padToken)",
        expected: "an id from 0 to \(vocabularySize - 1), or null")
    }
  }

  /// The `config.json` that transformers reads back as this configuration.
  package var json: JSON {
    var object = JSON.Object([
      ("architectures", [.string(architecture.rawValue)]),
      ("attention_probs_dropout_prob", .number(attentionDropout)),
      ("classifier_dropout", classifierDropout.map { .number($0) } ?? .null),
      ("hidden_act", .string(activation.name)),
      ("hidden_dropout_prob", .number(hiddenDropout)), ("hidden_size", .integer(channels)),
      ("id2label", .object(.init(labels.enumerated().map { ("\($0)", .string($1)) }))),
      ("initializer_range", .number(initializerRange)),
      ("intermediate_size", .integer(innerChannels)),
      ("label2id", .object(.init(labels.enumerated().map { ($1, .integer($0)) }))),
      // Through its decimal text: Double(1e-12 as Float) would print with 16 digits.
      ("layer_norm_eps", .number(Double(layerNormEpsilon.description) ?? 1e-12)),
      ("max_position_embeddings", .integer(positions)), ("model_type", "bert"),
      ("num_attention_heads", .integer(heads)), ("num_hidden_layers", .integer(layers)),
      ("pad_token_id", padToken.map { .integer($0) } ?? .null),
      ("position_embedding_type", .string(relativePositions?.name ?? "absolute")),
      ("type_vocab_size", .integer(types)),
      ("vocab_size", .integer(vocabularySize)),
    ])
    if let problem { object["problem_type"] = .string(problem.rawValue) }
    return .object(object)
  }
}
