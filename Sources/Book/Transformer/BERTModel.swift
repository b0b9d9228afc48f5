import FoxDecoding
import FoxNumbers

/// # BERT
///
/// The same parts as GPT-2, put together for reading instead of writing. Every token sees the whole
/// text, the norm comes after each branch instead of before it, and what the model says about a text is
/// read off its first token, `[CLS]`:
///
///     x = norm(word[token] + type[which text] + position[column])
///     for each layer:  m = norm₁(x + attention(x))
///                      x = norm₂(m + feedForward(m))
///     logits = classifier(tanh(pooler(x of the first token)))
///
/// This file says what the parts are; `BERTForward.swift` runs them. A value without state.
///
/// Source: Devlin et al. 2019, arXiv 1810.04805; `modeling_bert.py` of transformers 4.17.0. SPEC
/// `BERT-4`, `BERT-7`, `BERT-8`.
///
/// What it does not do: it has no head that guesses masked words, with which BERT was pretrained, and
/// reads no files (`BERTFolder.swift` of the Workshop does).
public struct BERTModel: Sendable {
  /// The shape of the model. Its architecture is what the model has.
  public let configuration: BERTConfiguration
  /// `[V, C]`, `[positions, C]` and `[types, C]`.
  let wordEmbedding, positionEmbedding, typeEmbedding: Weight
  /// The normalization of the sum of embeddings.
  let embeddingNorm: LayerNorm
  package let layers: [TransformerBlock]  // in the order in which x passes through them
  /// `[C] → [C]`, followed by tanh: what the first token says about the whole.
  package let pooler: Linear?
  /// `[C] → [labels]`
  package let classifier: Linear?
  /// Every parameter the model has with its name, in the order of ``BERTConfiguration/parameters``.
  public let parameters: [(name: String, tensor: Tensor)]

  /// A model of the given parameters.
  ///
  /// - Parameters:
  ///   - configuration: The shape.
  ///   - parameter: Gives the tensor of a name of ``BERTConfiguration/parameters``, in its shape; `nil`
  ///     for all of a pooler or classifier that the model is to do without.
  /// - Throws: What `parameter` throws, and ``Fault`` for sizes no model can have or for a tensor of
  ///   another shape or none.
  public init(
    _ configuration: BERTConfiguration, parameter: (_ name: String) throws -> Tensor?
  ) throws {
    try configuration.check()
    let parts = try Parts(
      configuration.parameters, epsilon: configuration.layerNormEpsilon,
      isTransposed: true, weight: { try parameter($0).map { Weight($0) } })  // [out, in]
    parameters = parts.list.map { ($0.name, $0.weight.tensor) }  // shared memory, no copy
    wordEmbedding = try parts.weight("bert.embeddings.word_embeddings.weight")
    positionEmbedding = try parts.weight("bert.embeddings.position_embeddings.weight")
    typeEmbedding = try parts.weight("bert.embeddings.token_type_embeddings.weight")
    // GPT-2 has no norm here: its blocks begin with one, these layers end with one.
    embeddingNorm = try parts.norm("bert.embeddings.LayerNorm")
    layers = try (0..<configuration.layers).map { layer in
      // The names are those of the reference; here parts are named by what they do.
      let l = "bert.encoder.layer.\(layer)"
      return try TransformerBlock(
        attention: AttentionBranch(
          inputs: ["query", "key", "value"].map { try parts.linear("\(l).attention.self.\($0)") },
          output: parts.linear("\(l).attention.output.dense"),
          scale: 1 / Float(configuration.channels / configuration.heads).squareRoot()),
        attentionNorm: parts.norm("\(l).attention.output.LayerNorm"),
        feedForward: FeedForward(
          input: parts.linear("\(l).intermediate.dense"),
          output: parts.linear("\(l).output.dense"), activation: configuration.activation),
        feedForwardNorm: parts.norm("\(l).output.LayerNorm"))
    }
    // An encoder may have been saved without (`add_pooling_layer=False`): means need none.
    pooler = try parts.optionalLinear("bert.pooler.dense")
    classifier = try parts.optionalLinear("classifier")  // not a part of `bert.`
    var configuration = configuration
    // What is there counts, not what the file says: without its head a classifier is an encoder.
    configuration.architecture = classifier == nil ? .encoder : .classifier
    self.configuration = configuration
  }

  /// What makes logits of hidden states.
  ///
  /// - Throws: ``Fault`` when a part of it is missing.
  func head() throws(Fault) -> ClassifierHead {
    guard let classifier else { throw .missingPart(.classifier) }
    guard let pooler else { throw .missingPart(.pooler) }
    return ClassifierHead(
      pooler: pooler, classifier: classifier,
      dropout: Dropout(configuration.classifierDropout ?? configuration.hiddenDropout))
  }
}

extension Fault {
  /// The model does not have a part that is asked for.
  package static func missingPart(_ part: BERTPart) -> Fault {
    switch part {
    // Raised where the pooled vector is needed; the hint names vectors that do without it.
    case .pooler:
      Fault("the model", found: "no pooler", expected: "one", hint: "mean and cls need none")
    // Raised for an encoder that was never fine-tuned, such as `bert-base-uncased`.
    case .classifier:
      Fault(
        "the model", found: "no classification head", expected: "classifier.weight",
        hint: "train one: fox train classifier")
    }
  }
}
