import FoxDecoding
import FoxNumbers

/// # The shapes of models
///
/// How wide, how deep, and how much is dropped in training. Defaults are those of transformers'
/// `GPT2Config` and `BertConfig`; keys of `config.json` stand beside them.
///
/// A block of either has `12 C² + 13 C` parameters: `4 C²` in attention, `8 C²` in the feed-forward
/// layer, and the rest in biases and norms.
///
/// Source: Radford et al. 2019; Devlin et al. 2019, arXiv 1810.04805; `configuration_gpt2.py` and
/// `configuration_bert.py` of transformers 4.17.0. SPEC `GPT2-1`, `GPT2-2`, `BERT-1`, `BERT-2`.
///
/// What it does not do: it does not read `config.json`; that is the Workshop's.

/// The shape of a GPT-2.
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

  /// OpenAI's smallest GPT-2: 12 layers, 768 channels, 124 million parameters.
  public init() {}

  /// Refuses sizes that no model can have.
  ///
  /// - Throws: ``Fault``, with the key of `config.json`.
  package func check(path: String = "configuration") throws(Fault) {
    try Fault.check(
      [
        "vocab_size": vocabularySize, "n_positions": positions, "n_embd": channels,
        "n_layer": layers, "n_head": heads, "n_inner": innerChannels,
      ], heads: "n_head", channels: "n_embd", path)
  }

  /// The name and shape of every parameter, in the order of transformers' state dictionary.
  public var parameters: [(name: String, shape: [Int])] {
    // The order decides where each lies in the flat buffer of `Parameters`.
    let (c, inner) = (channels, innerChannels)
    var list = [("wte.weight", [vocabularySize, c]), ("wpe.weight", [positions, c])]
    for layer in 0..<layers {
      // Conv1D: [in, out]. Queries, keys and values are one product of three times the width.
      for (name, shape) in [
        ("ln_1", [c]), ("attn.c_attn", [c, 3 * c]), ("attn.c_proj", [c, c]), ("ln_2", [c]),
        ("mlp.c_fc", [c, inner]), ("mlp.c_proj", [inner, c]),
      ] {
        list += withBias("h.\(layer).\(name)", shape, shape.suffix(1))
      }
    }
    list += withBias("ln_f", [c], [c])
    // A tied head is no parameter of its own: it is wte, read the other way.
    if !tiesEmbeddings { list.append(("lm_head.weight", [vocabularySize, c])) }
    return list
  }

  /// What attention scores of a layer are multiplied by.
  func attentionScale(layer: Int) -> Float {
    // A sum of C/H products of numbers of variance 1 has variance C/H; this brings it back to 1.
    let byWidth = scalesAttention ? 1 / Float(channels / heads).squareRoot() : 1
    // The reference counts layers from 0 and divides by `layer_idx + 1`.
    return scalesAttentionByLayer ? byWidth / Float(layer + 1) : byWidth
  }

  /// The name in the state dictionary of `GPT2LMHeadModel` of a parameter of ``parameters``.
  package static func stateName(_ name: String) -> String {
    // The head is a sibling of the body `transformer`, not a part of it.
    name == "lm_head.weight" ? name : "transformer.\(name)"
  }
}

/// What a BERT ends with.
public enum BERTArchitecture: String, Sendable {
  /// Hidden states and, usually, a pooler.
  case encoder = "BertModel"
  /// A linear map of what the pooler makes of the first token.
  case classifier = "BertForSequenceClassification"
}

/// What a classifier's outputs mean, and with it the loss. Names are transformers'; the chapter has the
/// loss of one label of several.
public enum BERTProblem: String, CaseIterable, Sendable {
  /// Each output is a number: mean squared error.
  case regression
  /// One label of several: cross-entropy of the softmax.
  case singleLabel = "single_label_classification"
  /// Any of several labels: cross-entropy of each sigmoid.
  case multiLabel = "multi_label_classification"
}

/// How a BERT knows the order of tokens. Names are transformers'.
package enum BERTPositions: String, CaseIterable, Sendable {
  /// A vector for each position is added to the token's.
  case absolute
  /// Attention scores depend on distances: ``RelativePositions``.
  case relativeKey = "relative_key"
  case relativeKeyQuery = "relative_key_query"
}

/// The shape and the switches of a BERT.
public struct BERTConfiguration: Sendable, Equatable {
  /// The size of the vocabulary, `V`: the pieces of bert-base-uncased.
  public var vocabularySize = 30522  // vocab_size
  /// How many positions there are: the longest sequence.
  public var positions = 512  // max_position_embeddings
  /// Channels, `C`.
  public var channels = 768  // hidden_size
  /// Layers.
  public var layers = 12  // num_hidden_layers
  /// Heads of attention in each layer, `H`.
  public var heads = 12  // num_attention_heads: 64 channels each
  /// The names of the classifier's outputs.
  public var labels = ["LABEL_0", "LABEL_1"]  // id2label; two unless the file says otherwise
  /// What the model ends with.
  public var architecture = BERTArchitecture.encoder  // architectures[0]
  package var types = 2  // type_vocab_size: one for each text of a pair
  package var positionKind = BERTPositions.absolute  // position_embedding_type
  package var innerChannels = 3072  // intermediate_size: 4 C
  package var activation = Activation.gelu  // hidden_act
  package var layerNormEpsilon: Float = 1e-12  // layer_norm_eps; GPT-2 has 1e-5
  package var initializerRange = 0.02  // the standard deviation of fresh weights
  // The probabilities that training drops a number of the embeddings or of what a layer adds
  // (hidden_dropout_prob), of the probabilities of attention (attention_probs_dropout_prob), and of
  // what the classifier reads (classifier_dropout; `nil`: as hidden).
  package var hiddenDropout = 0.1
  package var attentionDropout = 0.1
  package var classifierDropout: Double?
  package var padToken: Int? = 0  // pad_token_id: [PAD], whose vector is not learned
  /// What the outputs mean; `nil`: what the number of labels and their kind say.
  public var problem: BERTProblem?  // problem_type

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
    let (c, inner) = (channels, innerChannels)
    var list = [
      ("embeddings.word_embeddings.weight", [vocabularySize, c]),
      ("embeddings.position_embeddings.weight", [positions, c]),
      ("embeddings.token_type_embeddings.weight", [types, c]),
    ]
    list += withBias("embeddings.LayerNorm", [c], [c])
    for layer in 0..<layers {
      // `nn.Linear`: [out, in]. Queries, keys and values are maps of their own, unlike GPT-2's. The
      // reference calls the first map of the feed-forward layer `intermediate`, the second `output`.
      for (name, shape) in [
        ("attention.self.query", [c, c]), ("attention.self.key", [c, c]),
        ("attention.self.value", [c, c]), ("attention.output.dense", [c, c]),
        ("attention.output.LayerNorm", [c]), ("intermediate.dense", [inner, c]),
        ("output.dense", [c, inner]), ("output.LayerNorm", [c]),
      ] {
        list += withBias("encoder.layer.\(layer).\(name)", shape, shape.prefix(1))
        if name == "attention.self.value", positionKind != .absolute {
          let table = "encoder.layer.\(layer).attention.self.distance_embedding.weight"
          list.append((table, [2 * positions - 1, c / heads]))
        }
      }
    }
    list += withBias("pooler.dense", [c, c], [c])  // a part of the body, though not of every file
    list = list.map { ("bert.\($0.0)", $0.1) }  // the classifier is a sibling of the body `bert`
    if architecture == .classifier {
      list += withBias("classifier", [labels.count, c], [labels.count])
    }
    return list
  }
}

private func withBias(
  _ name: String, _ weight: [Int], _ bias: ArraySlice<Int>
) -> [(String, [Int])] {
  [("\(name).weight", weight), ("\(name).bias", Array(bias))]
}

extension Fault {
  /// Refuses sizes that no model can have.
  ///
  /// - Parameter sizes: By their keys in `config.json`.
  static func check(
    _ sizes: KeyValuePairs<String, Int>, heads: String, channels: String, _ path: String
  ) throws(Fault) {
    for (key, size) in sizes where size < 1 {
      // With 0 heads C/H divides by 0; negative sizes come from damaged files.
      throw Fault(path, at: key, found: "\(size)", expected: "at least 1")
    }
    // Every head gets the same share, C/H; a remainder would belong to none.
    func size(_ key: String) -> Int { sizes.first { $0.key == key }?.value ?? 1 }
    if size(channels) % size(heads) != 0 {
      throw Fault(
        path, at: heads, found: "\(size(heads))",
        expected: "a divisor of \(channels) (\(size(channels)))")
    }
  }
}
