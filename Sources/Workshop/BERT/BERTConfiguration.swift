import FoxFiles
import FoxFormats
import FoxKernels

/// What a BERT ends with.
public enum BERTArchitecture: String, Sendable {
  /// Hidden states and, usually, a pooler.
  case encoder = "BertModel"
  /// A linear map of what the pooler makes of the first token.
  case classifier = "BertForSequenceClassification"
}

/// What a classifier's outputs mean, and with it the loss. Names are transformers'.
public enum BERTProblem: String, CaseIterable, Sendable {
  /// Each output is a number: mean squared error.
  case regression
  /// One label of several: cross-entropy of the softmax.
  case singleLabel = "single_label_classification"
  /// Any of several labels: cross-entropy of each sigmoid.
  case multiLabel = "multi_label_classification"
}

/// The shape and the switches of a BERT, as its `config.json` gives them.
///
/// Keys and defaults are those of transformers' `BertConfig`. What would change the result and is not
/// implemented is refused by name. SPEC `BERT-1`, `BERT-2`.
public struct BERTConfiguration: Sendable, Equatable {
  /// The size of the vocabulary, `V`.
  public var vocabularySize = 30522
  /// How many positions there are: the longest sequence.
  public var positions = 512
  /// How many token types there are: one for each text of a pair.
  public var types = 2
  /// Channels, `C`.
  public var channels = 768
  /// Layers.
  public var layers = 12
  /// Heads of attention in each layer, `H`.
  public var heads = 12
  /// Channels of the feed-forward layer.
  public var innerChannels = 3072
  /// What follows the first half of the feed-forward layer.
  public var activation = BERTActivation.gelu
  /// What is added to the variance in every LayerNorm.
  public var layerNormEpsilon: Float = 1e-12
  /// The standard deviation of fresh weights.
  public var initializerRange = 0.02
  /// The probability that training drops a number of the embeddings or of what a layer adds.
  public var hiddenDropout = 0.1
  /// The probability that training drops a probability of attention.
  public var attentionDropout = 0.1
  /// The probability that training drops a number the classifier reads; `nil`: ``hiddenDropout``.
  public var classifierDropout: Double?
  /// The token that fills up short texts. Its vector is not learned.
  public var padToken: Int? = 0
  /// The names of the classifier's outputs.
  public var labels = ["LABEL_0", "LABEL_1"]
  /// What the outputs mean; `nil`: what the number of labels and their kind say.
  public var problem: BERTProblem?
  /// What the model ends with.
  public var architecture = BERTArchitecture.encoder

  /// Google's BERT-base, uncased: 12 layers, 768 channels, 109 million parameters.
  public init() {}

  /// Reads a `config.json`.
  ///
  /// - Parameters:
  ///   - json: The document.
  ///   - path: The file, for messages.
  /// - Throws: ``BERTError`` naming the key, what was found and what is supported.
  public init(_ json: JSON, path: String) throws(BERTError) {
    let keys = ConfigurationKeys<BERTError>(json: json, path: path)
    architecture = try keys.architecture()
    vocabularySize = try keys.size("vocab_size", vocabularySize)
    positions = try keys.size("max_position_embeddings", positions)
    types = try keys.size("type_vocab_size", types)
    channels = try keys.size("hidden_size", channels)
    layers = try keys.size("num_hidden_layers", layers, limit: 4096)
    heads = try keys.size("num_attention_heads", heads)
    innerChannels = try keys.size("intermediate_size", innerChannels)
    activation = try keys.activation()
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
    try keys.refuseUnsupported()
    try check(path: path)
  }

  /// Refuses sizes that no model can have.
  ///
  /// - Throws: ``BERTError/configuration(path:key:found:expected:)``.
  func check(path: String) throws(BERTError) {
    for (key, size) in [
      ("vocab_size", vocabularySize), ("max_position_embeddings", positions),
      ("type_vocab_size", types), ("hidden_size", channels), ("num_hidden_layers", layers),
      ("num_attention_heads", heads), ("intermediate_size", innerChannels),
      ("num_labels", labels.count),
    ] where size < 1 {
      throw .configuration(path: path, key: key, found: "\(size)", expected: "at least 1")
    }
    if channels % heads != 0 {
      throw .configuration(
        path: path, key: "num_attention_heads", found: "\(heads)",
        expected: "a divisor of hidden_size (\(channels))")
    }
    if let padToken, !(0..<vocabularySize).contains(padToken) {
      throw .configuration(
        path: path, key: "pad_token_id", found: "\(padToken)",
        expected: "an id from 0 to \(vocabularySize - 1), or null")
    }
  }

  /// The name and shape of every parameter, in the order of the state dictionary of
  /// `BertForSequenceClassification`; an encoder has no classifier.
  public var parameters: [(name: String, shape: [Int])] {
    let (c, inner) = (channels, innerChannels)
    var list: [(String, [Int])] = [
      ("embeddings.word_embeddings.weight", [vocabularySize, c]),
      ("embeddings.position_embeddings.weight", [positions, c]),
      ("embeddings.token_type_embeddings.weight", [types, c]),
      ("embeddings.LayerNorm.weight", [c]), ("embeddings.LayerNorm.bias", [c]),
    ]
    for layer in 0..<layers {
      list += [
        ("attention.self.query.weight", [c, c]), ("attention.self.query.bias", [c]),
        ("attention.self.key.weight", [c, c]), ("attention.self.key.bias", [c]),
        ("attention.self.value.weight", [c, c]), ("attention.self.value.bias", [c]),
        ("attention.output.dense.weight", [c, c]), ("attention.output.dense.bias", [c]),
        ("attention.output.LayerNorm.weight", [c]), ("attention.output.LayerNorm.bias", [c]),
        ("intermediate.dense.weight", [inner, c]), ("intermediate.dense.bias", [inner]),
        ("output.dense.weight", [c, inner]), ("output.dense.bias", [c]),
        ("output.LayerNorm.weight", [c]), ("output.LayerNorm.bias", [c]),
      ].map { ("encoder.layer.\(layer).\($0.0)", $0.1) }
    }
    list += [("pooler.dense.weight", [c, c]), ("pooler.dense.bias", [c])]
    list = list.map { ("bert.\($0.0)", $0.1) }
    if architecture == .classifier {
      list += [("classifier.weight", [labels.count, c]), ("classifier.bias", [labels.count])]
    }
    return list
  }

  /// How many numbers the parameters have; `nil` when they cannot be counted.
  public var parameterCount: Int? { Tensor.count(ofAll: parameters.map(\.shape)) }

  /// What attention scores are multiplied by: `1 / √(C / H)`.
  var attentionScale: Float { 1 / Float(channels / heads).squareRoot() }

  /// The `config.json` that transformers reads back as this configuration.
  public var json: JSON {
    var object = JSON.Object([
      ("architectures", [.string(architecture.rawValue)]),
      ("attention_probs_dropout_prob", .number(attentionDropout)),
      ("classifier_dropout", classifierDropout.map { .number($0) } ?? .null),
      ("hidden_act", .string(activation.rawValue)),
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
      ("position_embedding_type", "absolute"), ("type_vocab_size", .integer(types)),
      ("vocab_size", .integer(vocabularySize)),
    ])
    if let problem { object["problem_type"] = .string(problem.rawValue) }
    return .object(object)
  }
}
