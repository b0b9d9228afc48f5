import FoxNumbers

/// # The shapes of models
///
/// How wide, how deep, and how much is dropped in training. Defaults are those of transformers'
/// `GPT2Config` and `BertConfig`; keys of `config.json` stand beside them.
///
/// A block of either has `12 C² + 13 C` parameters: `4 C²` in attention, `8 C²` in the feed-forward
/// layer, and the rest in biases and norms.
///
/// Source: `GPT2Config` and `BertConfig` of transformers 4.17.0. SPEC `GPT2-1`, `BERT-1`.
///
/// What it does not do: it reads no `config.json` and does not check whether heads divide the
/// channels. The Workshop does, where a configuration comes from outside.

/// The shape of a GPT-2. Without changes it is OpenAI's smallest, of 124 million parameters.
public struct GPT2Configuration: Sendable, Equatable {
  /// The size of the vocabulary, `V`: 256 bytes, 50,000 merges and the end of text.
  public var vocabularySize = 50257  // vocab_size
  /// How many positions there are: the longest sequence.
  public var positions = 1024  // n_positions: rows of wpe
  /// Channels, `C`.
  public var channels = 768  // n_embd
  /// Blocks.
  public var layers = 12  // n_layer
  /// Heads of attention in each block, `H`.
  public var heads = 12  // n_head: 64 channels each
  /// The tokens that end a text, the usual one first.
  public var endTokens = [50256]  // eos_token_id: <|endoftext|>
  package var startToken: Int? = 50256  // bos_token_id: the same token; GPT-2 never needs it
  package var innerChannels = 3072  // n_inner: channels of the feed-forward network, or 4 C
  package var activation = Activation.geluTanh  // activation_function
  package var layerNormEpsilon: Float = 1e-5  // keeps a row of equal numbers from a division by 0
  package var scalesAttention = true  // scale_attn_weights: scores are divided by √(C / H)
  // scale_attn_by_inverse_layer_idx: scores of layer i, from 0, are also divided by i + 1
  package var scalesAttentionByLayer = false
  package var tiesEmbeddings = true  // tie_word_embeddings (Press and Wolf 2016, arXiv 1608.05859)
  package var initializerRange = 0.02  // the standard deviation of fresh weights
  // The probabilities that training drops a number of the sum of embeddings (embd_pdrop), of the
  // probabilities of attention (attn_pdrop), and of what a branch adds (resid_pdrop).
  package var embeddingDropout = 0.1
  package var attentionDropout = 0.1
  package var residualDropout = 0.1

  package init() {}

  func attentionScale(layer: Int) -> Float {
    // A sum of C/H products of numbers of variance 1 has variance C/H; this brings it back to 1.
    let byWidth = scalesAttention ? 1 / Float(channels / heads).squareRoot() : 1
    // The reference counts layers from 0 and divides by `layer_idx + 1`.
    return scalesAttentionByLayer ? byWidth / Float(layer + 1) : byWidth
  }

  /// The name in the state dictionary of `GPT2LMHeadModel` of one of the model's weights.
  package static func stateName(_ name: String) -> String {
    // The head is a sibling of the body `transformer`, not a part of it.
    name == "lm_head.weight" ? name : "transformer.\(name)"
  }
}

/// What a BERT ends with. The raw values are class names of transformers.
package enum BERTArchitecture: String, Sendable {
  case encoder = "BertModel"  // hidden states and, usually, a pooler
  case classifier = "BertForSequenceClassification"  // a map of what the pooler makes of a text
}

/// What a classifier's outputs mean, and with it the loss. The chapter has that of a single label.
package enum BERTProblem: String, CaseIterable, Sendable {
  case regression  // each output is a number: mean squared error
  case singleLabel = "single_label_classification"  // one of several: cross-entropy of the softmax
  case multiLabel = "multi_label_classification"  // any of several: cross-entropy of each sigmoid
}

/// The shape of a BERT. Without changes it is Google's BERT-base, of 109 million parameters.
public struct BERTConfiguration: Sendable, Equatable {
  package var vocabularySize = 30522  // vocab_size: the pieces of bert-base-uncased
  /// How many positions there are: the longest sequence.
  public var positions = 512  // max_position_embeddings
  /// Channels, `C`.
  public var channels = 768  // hidden_size
  package var layers = 12  // num_hidden_layers
  package var heads = 12  // num_attention_heads: 64 channels each
  /// The names of the classifier's outputs.
  public var labels = ["LABEL_0", "LABEL_1"]  // id2label; two unless the file says otherwise
  package var architecture = BERTArchitecture.encoder  // architectures[0]
  package var problem: BERTProblem?  // problem_type; nil: what the number and kind of labels say
  package var types = 2  // type_vocab_size: one for each text of a pair
  package var innerChannels = 3072  // intermediate_size: 4 C
  package var activation = Activation.gelu  // hidden_act
  package var relativePositions: RelativePositions?  // position_embedding_type; nil: absolute
  package var layerNormEpsilon: Float = 1e-12  // layer_norm_eps; GPT-2 has 1e-5
  package var initializerRange = 0.02  // the standard deviation of fresh weights
  // The probabilities that training drops a number of the embeddings or of what a layer adds
  // (hidden_dropout_prob), of the probabilities of attention (attention_probs_dropout_prob), and of
  // what the classifier reads (classifier_dropout; nil: as hidden).
  package var hiddenDropout = 0.1
  package var attentionDropout = 0.1
  package var classifierDropout: Double?
  package var padToken: Int? = 0  // pad_token_id: [PAD], whose vector is not learned

  package init() {}
}

/// Positions that attention tells apart by their distance, given a table of vectors for distances.
/// The Workshop has the forms.
package struct RelativePositions: Sendable, Equatable {
  package let name: String  // in `config.json`
  package let bias: @Sendable (_ distances: Weight) -> any ScoreBias

  package init(name: String, bias: @escaping @Sendable (_ distances: Weight) -> any ScoreBias) {
    (self.name, self.bias) = (name, bias)
  }

  package static func == (a: RelativePositions, b: RelativePositions) -> Bool { a.name == b.name }
}
