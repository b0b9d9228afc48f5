import FoxDecoding
import FoxNumbers

/// # The shape of a BERT
///
/// How wide, how deep, what it ends with, and how much is dropped in training. Defaults are those of
/// transformers' `BertConfig`.
///
/// What it does not do: it does not read `config.json`; that is the Workshop's. SPEC `BERT-1`, `BERT-2`.

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

/// The shape and the switches of a BERT.
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
  public var activation = Activation.gelu
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

  /// Refuses sizes that no model can have.
  ///
  /// - Throws: ``Fault``, with the key of `config.json`.
  package func check(path: String = "configuration") throws(Fault) {
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

  /// The part that a parameter belongs to, when a model may lack it.
  package static func head(of parameter: String) -> BERTPart? {
    if parameter.hasPrefix("classifier.") { return .classifier }
    return parameter.hasPrefix("bert.pooler.") ? .pooler : nil
  }
}

/// A part that not every BERT has.
package enum BERTPart: String, Sendable {
  /// The dense layer over the first token.
  case pooler
  /// The classification head.
  case classifier
}
