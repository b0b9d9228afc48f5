import FoxDecoding
import FoxNumbers

/// # Fresh weights of a BERT
///
/// As for GPT-2 (`GPT2Initialization.swift`), in the order in which the reference builds a BERT. What
/// counts is not only which numbers a weight gets but how many the generator gave before: a classifier
/// that is put on a trained encoder starts after a whole BERT that was drawn and thrown away.
///
///     W ~ N(0, 0.02²)        b = 0        norms: w = 1, b = 0
///
/// Source: `BertPreTrainedModel._init_weights` and the constructors in `modeling_bert.py`,
/// `PreTrainedModel._load_state_dict_into_model` in `modeling_utils.py`, of transformers 4.17.0. SPEC
/// `BERT-9`, `BERT-10`.
///
/// What it does not do: it reads no checkpoint; it is told what is missing.
extension BERTModel {
  /// A fresh model, as transformers 4.17.0 draws it after `set_seed(seed)`: `BertModel(config)` or
  /// `BertForSequenceClassification(config)`, equal to the last bit. SPEC `BERT-9`.
  ///
  /// - Parameters:
  ///   - configuration: The shape and what the model ends with.
  ///   - seed: The seed of PyTorch's generator.
  /// - Throws: ``Fault`` for sizes no model can have.
  /// - Complexity: O(parameters); the reference draws weights up to three times, and the numbers that do
  ///   not stay have to be passed over.
  public init(fresh configuration: BERTConfiguration, seed: UInt64) throws {
    try configuration.check()
    // Sizes multiply: a configuration can ask for more numbers than an Int counts.
    for (_, shape) in configuration.parameters { _ = try Tensor.count(of: shape) }
    var generator = TorchGenerator(seed: seed)
    let drawn = BERTDraws(configuration).drawAll(from: &generator)
    // Every name has its tensor: heads included, as the architecture says.
    try self.init(configuration) { drawn[$0] }
  }
}

/// Every random tensor that the reference draws while it builds a BERT, in order.
///
/// Constructors draw first. Then `_init_weights` visits every module in its order: the body when the
/// body is built, and once more, with the head, when the classifier is. Source: `modeling_bert.py`,
/// `BertPreTrainedModel._init_weights`.
package struct BERTDraws {
  private let configuration: BERTConfiguration
  private let parameters: [(name: String, shape: [Int])]

  package init(_ configuration: BERTConfiguration) {
    self.configuration = configuration
    parameters = configuration.parameters  // the reference's modules, in its order
  }

  /// All parameters of a fresh model.
  func drawAll(from generator: inout TorchGenerator) -> [String: Tensor] {
    // The pooler is a part of BertModel, so of the body.
    let body = parameters.filter { BERTConfiguration.head(of: $0.name) != .classifier }
    let head = parameters.filter { BERTConfiguration.head(of: $0.name) == .classifier }
    construct(body, passing: &generator)  // BertModel.__init__
    // BertForSequenceClassification makes a whole BertModel first, which initializes itself; those
    // numbers do not stay, for the body is initialized once more below.
    if !head.isEmpty {
      for (name, shape) in body where isMatrix(name) {
        generator.skipNormal(count: shape.reduce(1, *))
      }
      construct(head, passing: &generator)  // self.classifier = nn.Linear(…)
    }
    // The last visit of `_init_weights`, body and then head, is the one that stays.
    return Dictionary(
      uniqueKeysWithValues: parameters.map { ($0.name, initial($0.name, $0.shape, &generator)) })
  }

  /// What a checkpoint lacks of the heads: constructors draw everything, whether or not it is needed,
  /// then modules of which anything is missing are initialized.
  package func drawMissing(
    _ missing: Set<String>, from generator: inout TorchGenerator
  ) -> [String: Tensor] {
    // `from_pretrained` builds a model without `_init_weights` and reads the checkpoint over it.
    construct(parameters, passing: &generator)
    // A module is initialized whole: if only its bias is missing, its weight is drawn too.
    let heads = Set(missing.compactMap(BERTConfiguration.head(of:)))
    var drawn: [String: Tensor] = [:]
    for (name, shape) in parameters {
      if let head = BERTConfiguration.head(of: name), heads.contains(head) {
        drawn[name] = initial(name, shape, &generator)  // in the order of the model, not of the set
      }
    }
    return drawn
  }

  /// Passes over the draws of constructors: embeddings from N(0, 1), weights and biases of linear maps
  /// from a uniform distribution.
  private func construct(
    _ parameters: [(name: String, shape: [Int])], passing generator: inout TorchGenerator
  ) {
    for (name, shape) in parameters where !isNorm(name) {
      let count = shape.reduce(1, *)
      // `nn.Embedding` and `nn.Linear` draw for themselves; a norm is filled with 1 and 0, undrawn.
      if isEmbedding(name) {
        generator.skipNormal(count: count)
      } else {
        // kaiming_uniform_, and for biases uniform_: one draw each number
        generator.skip(count)
      }
    }
  }

  /// What `_init_weights` makes of a parameter.
  private func initial(
    _ name: String, _ shape: [Int], _ generator: inout TorchGenerator
  ) -> Tensor {
    let count = shape.reduce(1, *)
    return Tensor(shape: shape) { values in
      // Biases draw nothing and stay 0, as a new Tensor is.
      if isMatrix(name) {
        generator.fillNormal(values, count: count, deviation: configuration.initializerRange)
      } else if isNorm(name), name.hasSuffix("weight") {
        values.update(repeating: 1, count: count)  // a fresh norm changes nothing
      }
      // `padding_idx`: drawn like the others, then cleared: later draws stay the same.
      if name.hasSuffix("word_embeddings.weight"), let pad = configuration.padToken {
        let channels = configuration.channels
        // Row pad of [V, C]; check() says there is one.
        (values + pad * channels).update(repeating: 0, count: channels)
      }
    }
  }

  // Names tell the kind of module: the state dictionary has nothing else.
  private func isNorm(_ name: String) -> Bool { name.contains(".LayerNorm.") }
  private func isEmbedding(_ name: String) -> Bool { name.hasSuffix("_embeddings.weight") }
  private func isMatrix(_ name: String) -> Bool { name.hasSuffix("weight") && !isNorm(name) }
}
