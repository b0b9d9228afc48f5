import FoxDecoding
import FoxNumbers

/// # The shape of a GPT-2
///
/// How wide, how deep, and how much is dropped in training. Defaults are those of transformers'
/// `GPT2Config`: OpenAI's smallest model.
///
/// What it does not do: it does not read `config.json`; that is the Workshop's. SPEC `GPT2-1`, `GPT2-2`.
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

  /// Refuses sizes that no model can have.
  ///
  /// - Throws: ``Fault``, with the key of `config.json`.
  package func check(path: String = "configuration") throws(Fault) {
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

  /// What attention scores of a layer are multiplied by.
  func attentionScale(layer: Int) -> Float {
    let byWidth = scalesAttention ? 1 / Float(channels / heads).squareRoot() : 1
    return scalesAttentionByLayer ? byWidth / Float(layer + 1) : byWidth
  }

  /// The name in the state dictionary of `GPT2LMHeadModel` of a parameter of ``parameters``.
  package static func stateName(_ name: String) -> String {
    name == "lm_head.weight" ? name : "transformer.\(name)"
  }
}
