import FoxDecoding
import FoxNumbers

/// # The shape of a BERT
///
/// How wide, how deep, what it ends with, and how much is dropped in training. Defaults are those of
/// transformers' `BertConfig`.
///
/// A layer has `12 C² + 13 C` parameters, as a block of GPT-2 has: `4 C²` in attention, `8 C²` in the
/// feed-forward layer, and the rest in biases and norms.
///
/// Source: Devlin et al. 2019, arXiv 1810.04805; `configuration_bert.py` of transformers 4.17.0. SPEC
/// `BERT-1`, `BERT-2`.
///
/// What it does not do: it does not read `config.json`; that is the Workshop's.

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
  public var vocabularySize = 30522  // vocab_size: the pieces of bert-base-uncased
  /// How many positions there are: the longest sequence.
  public var positions = 512  // max_position_embeddings
  /// How many token types there are: one for each text of a pair.
  public var types = 2  // type_vocab_size
  /// Channels, `C`.
  public var channels = 768  // hidden_size
  /// Layers.
  public var layers = 12  // num_hidden_layers
  /// Heads of attention in each layer, `H`.
  public var heads = 12  // num_attention_heads: 64 channels each
  /// Channels of the feed-forward layer.
  public var innerChannels = 3072  // intermediate_size: 4 C
  /// What follows the first half of the feed-forward layer.
  public var activation = Activation.gelu  // hidden_act
  /// What is added to the variance in every LayerNorm.
  public var layerNormEpsilon: Float = 1e-12  // layer_norm_eps; GPT-2 has 1e-5
  /// The standard deviation of fresh weights.
  public var initializerRange = 0.02  // initializer_range
  /// The probability that training drops a number of the embeddings or of what a layer adds.
  public var hiddenDropout = 0.1  // hidden_dropout_prob
  /// The probability that training drops a probability of attention.
  public var attentionDropout = 0.1  // attention_probs_dropout_prob
  /// The probability that training drops a number the classifier reads; `nil`: ``hiddenDropout``.
  public var classifierDropout: Double?  // classifier_dropout
  /// The token that fills up short texts. Its vector is not learned.
  public var padToken: Int? = 0  // pad_token_id: [PAD]
  /// The names of the classifier's outputs.
  public var labels = ["LABEL_0", "LABEL_1"]  // id2label; two unless the file says otherwise
  /// What the outputs mean; `nil`: what the number of labels and their kind say.
  public var problem: BERTProblem?  // problem_type
  /// What the model ends with.
  public var architecture = BERTArchitecture.encoder  // architectures[0]

  /// Google's BERT-base, uncased: 12 layers, 768 channels, 109 million parameters.
  public init() {}

  /// Refuses sizes that no model can have.
  ///
  /// - Throws: ``Fault``, with the key of `config.json`.
  package func check(path: String = "configuration") throws(Fault) {
    try Fault.check(
      [
        "vocab_size": vocabularySize, "max_position_embeddings": positions,
        "type_vocab_size": types, "hidden_size": channels, "num_hidden_layers": layers,
        "num_attention_heads": heads, "intermediate_size": innerChannels,
        "num_labels": labels.count,
      ], heads: "num_attention_heads", channels: "hidden_size", path)
    // `nn.Embedding` asserts the same of its `padding_idx`; a fresh model clears that row.
    if let padToken, !(0..<vocabularySize).contains(padToken) {
      throw Fault(
        path, at: "pad_token_id", found: "\(padToken)",
        expected: "an id from 0 to \(vocabularySize - 1), or null")
    }
  }

  /// The name and shape of every parameter, in the order of the state dictionary of
  /// `BertForSequenceClassification`; an encoder has no classifier.
  public var parameters: [(name: String, shape: [Int])] {
    // The order decides where each lies in the flat buffer of `Parameters`.
    let (c, inner) = (channels, innerChannels)
    var list: [(String, [Int])] = [
      ("embeddings.word_embeddings.weight", [vocabularySize, c]),
      ("embeddings.position_embeddings.weight", [positions, c]),
      ("embeddings.token_type_embeddings.weight", [types, c]),
      ("embeddings.LayerNorm.weight", [c]), ("embeddings.LayerNorm.bias", [c]),
    ]
    for layer in 0..<layers {
      list += [
        // `nn.Linear`: [out, in]. Queries, keys and values are maps of their own, unlike GPT-2's.
        ("attention.self.query.weight", [c, c]), ("attention.self.query.bias", [c]),
        ("attention.self.key.weight", [c, c]), ("attention.self.key.bias", [c]),
        ("attention.self.value.weight", [c, c]), ("attention.self.value.bias", [c]),
        ("attention.output.dense.weight", [c, c]), ("attention.output.dense.bias", [c]),
        ("attention.output.LayerNorm.weight", [c]), ("attention.output.LayerNorm.bias", [c]),
        // The reference calls the first map `intermediate`, the second `output`.
        ("intermediate.dense.weight", [inner, c]), ("intermediate.dense.bias", [inner]),
        ("output.dense.weight", [c, inner]), ("output.dense.bias", [c]),
        ("output.LayerNorm.weight", [c]), ("output.LayerNorm.bias", [c]),
      ].map { ("encoder.layer.\(layer).\($0.0)", $0.1) }
    }
    list += [("pooler.dense.weight", [c, c]), ("pooler.dense.bias", [c])]
    list = list.map { ("bert.\($0.0)", $0.1) }  // the classifier is a sibling of the body `bert`
    if architecture == .classifier {
      list += [("classifier.weight", [labels.count, c]), ("classifier.bias", [labels.count])]
    }
    return list
  }

  /// The part that a parameter belongs to, when a model may lack it.
  package static func head(of parameter: String) -> BERTPart? {
    // Everything else is the body, without which there is no model.
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
