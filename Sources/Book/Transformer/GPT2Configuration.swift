import FoxDecoding
import FoxNumbers

/// # The shape of a GPT-2
///
/// How wide, how deep, and how much is dropped in training. Defaults are those of transformers'
/// `GPT2Config`: OpenAI's smallest model.
///
/// A block has `12 C² + 13 C` parameters: `4 C²` in attention, `8 C²` in the feed-forward layer, and
/// the rest in biases and norms.
///
/// Source: Radford et al. 2019; `configuration_gpt2.py` of transformers 4.17.0. SPEC `GPT2-1`,
/// `GPT2-2`.
///
/// What it does not do: it does not read `config.json`; that is the Workshop's.
public struct GPT2Configuration: Sendable, Equatable {
  /// The size of the vocabulary, `V`.
  public var vocabularySize = 50257  // vocab_size: 256 bytes, 50,000 merges and the end of text
  /// How many positions there are: the longest sequence.
  public var positions = 1024  // n_positions: rows of wpe
  /// Channels, `C`.
  public var channels = 768  // n_embd
  /// Blocks.
  public var layers = 12  // n_layer
  /// Heads of attention in each block, `H`.
  public var heads = 12  // n_head: 64 channels each
  /// Channels of the feed-forward layer: `n_inner`, or `4 C`.
  public var innerChannels = 3072  // n_inner
  /// What is added to the variance in every LayerNorm.
  public var layerNormEpsilon: Float = 1e-5  // keeps a row of equal numbers from a division by 0
  /// Whether attention scores are divided by √(C / H).
  public var scalesAttention = true  // scale_attn_weights
  /// Whether attention scores of layer `i` (from 0) are also divided by `i + 1`.
  public var scalesAttentionByLayer = false  // scale_attn_by_inverse_layer_idx
  /// Whether the head uses the token embeddings.
  public var tiesEmbeddings = true  // tie_word_embeddings (Press and Wolf 2016, arXiv 1608.05859)
  /// The tokens that end a text, the usual one first.
  public var endTokens = [50256]  // eos_token_id: <|endoftext|>
  /// The token that begins a text; GPT-2 never needs it.
  public var startToken: Int? = 50256  // bos_token_id: the same token
  /// The standard deviation of fresh weights.
  public var initializerRange = 0.02  // initializer_range
  /// The probability that training drops a number of the sum of embeddings.
  public var embeddingDropout = 0.1  // embd_pdrop
  /// The probability that training drops a probability of attention.
  public var attentionDropout = 0.1  // attn_pdrop
  /// The probability that training drops a number that a branch adds to the residual stream.
  public var residualDropout = 0.1  // resid_pdrop

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
    let c = channels
    var list: [(String, [Int])] = [
      ("wte.weight", [vocabularySize, c]), ("wpe.weight", [positions, c]),
    ]
    for layer in 0..<layers {
      list += [
        ("ln_1.weight", [c]), ("ln_1.bias", [c]),
        // Conv1D: [in, out]. Queries, keys and values are one product of three times the width.
        ("attn.c_attn.weight", [c, 3 * c]), ("attn.c_attn.bias", [3 * c]),
        ("attn.c_proj.weight", [c, c]), ("attn.c_proj.bias", [c]),
        ("ln_2.weight", [c]), ("ln_2.bias", [c]),
        ("mlp.c_fc.weight", [c, innerChannels]), ("mlp.c_fc.bias", [innerChannels]),
        ("mlp.c_proj.weight", [innerChannels, c]), ("mlp.c_proj.bias", [c]),
      ].map { ("h.\(layer).\($0.0)", $0.1) }
    }
    list += [("ln_f.weight", [c]), ("ln_f.bias", [c])]
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
