import FoxKernels

/// # Fresh weights
///
/// A model that is to be trained from nothing starts from small random numbers: normal ones with
/// deviation 0.02, and in GPT-2 smaller where a branch joins the residual stream, which adds up
/// `2 · layers` of them. To start where the reference starts, the *draws* have to be its own, and it
/// draws most weights several times.
///
///     W ~ N(0, 0.02²)        W of a branch's last map ~ N(0, 0.02² / (2 · layers))
///     b = 0                  norms: w = 1, b = 0
///
/// Constructors draw first: embeddings from N(0, 1), linear maps from a uniform distribution. Then
/// `_init_weights` visits every module, children before parents: the body when the body is built, and
/// once more, with the head, when the whole is. Only the last draw of a weight stays.
///
/// Source: Radford et al. 2019, section 2.3; `_init_weights` and the constructors in
/// `modeling_gpt2.py` and `modeling_bert.py` of transformers 4.17.0. SPEC `GPT2-11`, `BERT-9`,
/// `BERT-10`.
///
/// What it does not do: it does not look for a better start. The weights are the reference's, bit by
/// bit, so that a run from a seed can be compared with it.
struct Draws {
  /// A deviation for a normal draw; `nil` for the uniform one of `nn.Linear`'s constructor.
  private var list: [(name: String, count: Int, deviation: Double?)] = []
  private let shapes: [String: [Int]]
  /// `padding_idx`: a row that is drawn like the others, then cleared, so later draws stay the same.
  private var cleared: (name: String, row: Int)?

  fileprivate init(_ parameters: [(name: String, shape: [Int])]) throws(Fault) {
    // Sizes multiply: a configuration can ask for more numbers than an Int counts.
    for (_, shape) in parameters { _ = try Tensor.count(of: shape) }
    shapes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) })
  }

  fileprivate mutating func add(_ name: String, _ deviation: Double?, shape: [Int]? = nil) {
    list.append((name, (shape ?? shapes[name] ?? []).reduce(1, *), deviation))
  }

  /// Draws, and makes a tensor of each wanted parameter; of all without a list.
  func carryOut(
    from generator: inout TorchGenerator, wanted: Set<String>? = nil
  ) -> [String: Tensor] {
    // Only the last draw of a weight is carried out. That of a bias is its constructor's, and
    // `_init_weights` clears it.
    var last: [String: Int] = [:]
    for (index, draw) in list.enumerated() { last[draw.name] = index }
    let shapes = shapes.filter { wanted?.contains($0.key) ?? true }
    var tensors: [String: Tensor] = [:]
    for (index, (name, count, deviation)) in list.enumerated() {
      guard let deviation else {
        generator.skip(count)  // moves on as far as if it had drawn
        continue
      }
      guard last[name] == index, let shape = shapes[name] else {
        generator.skipNormal(count: count)
        continue
      }
      tensors[name] = Tensor(shape: shape) { values in
        generator.fillNormal(values, count: count, deviation: deviation)
        if let cleared, cleared.name == name {  // a row of [V, C]
          (values + cleared.row * shape[1]).update(repeating: 0, count: shape[1])
        }
      }
    }
    // What is not drawn starts as a map that changes nothing: norms with 1 and 0, biases with 0.
    for (name, shape) in shapes where tensors[name] == nil {
      tensors[name] = Tensor(shape: shape) {  // new, it is 0
        if name.hasSuffix("weight") { $0.update(repeating: 1, count: shape.reduce(1, *)) }
      }
    }
    return tensors
  }
}

extension GPT2Model {
  /// A fresh model, as transformers 4.17.0 draws it after `set_seed(seed)`:
  /// `GPT2LMHeadModel(GPT2Config(…))`, equal to the last bit. SPEC `GPT2-11`.
  ///
  /// - Throws: ``Fault`` for sizes no model can have.
  /// - Complexity: O(parameters); the numbers that do not stay have to be passed over.
  package init(fresh configuration: GPT2Configuration, seed: UInt64) throws {
    try configuration.check()
    var generator = TorchGenerator(seed: seed)
    let drawn = try Draws(configuration).carryOut(from: &generator)
    // Every name is there: what is not drawn is 1 or 0.
    try self.init(configuration) { Weight(drawn[$0] ?? Tensor(shape: [0]) { _ in }) }
  }
}

extension BERTModel {
  /// A fresh model, as transformers 4.17.0 draws it after `set_seed(seed)`: `BertModel(config)` or
  /// `BertForSequenceClassification(config)`, equal to the last bit. SPEC `BERT-9`.
  ///
  /// - Throws: ``Fault`` for sizes no model can have.
  /// - Complexity: O(parameters); the numbers that do not stay have to be passed over.
  package init(fresh configuration: BERTConfiguration, seed: UInt64) throws {
    try configuration.check()
    var generator = TorchGenerator(seed: seed)
    let drawn = try Draws(configuration).carryOut(from: &generator)
    try self.init(configuration) { drawn[$0] }
  }
}

extension Draws {
  /// What `GPT2LMHeadModel(config)` draws. At *each* module that contains them, `_init_weights` draws
  /// all `c_proj` weights again: it looks for that name among the parameters of a module.
  fileprivate init(_ configuration: GPT2Configuration) throws(Fault) {
    try self.init(configuration.parameters)
    let (layers, range) = (0..<configuration.layers, configuration.initializerRange)
    // 2 · layers branches add to one stream: with 1/√(2 · layers) their variances sum to one.
    let small = range / Double(2 * configuration.layers).squareRoot()
    // The head is a matrix of its own until it is tied, after everything is drawn.
    let head = [configuration.vocabularySize, configuration.channels]
    func redraw(_ layers: Range<Int>, in draws: inout Draws) {
      for layer in layers {
        draws.add("h.\(layer).attn.c_proj.weight", small)
        draws.add("h.\(layer).mlp.c_proj.weight", small)
      }
    }
    func initializeBody(in draws: inout Draws) {
      draws.add("wte.weight", range)
      draws.add("wpe.weight", range)
      for layer in layers {
        draws.add("h.\(layer).attn.c_attn.weight", range)  // Conv1D
        draws.add("h.\(layer).attn.c_proj.weight", range)
        draws.add("h.\(layer).attn.c_proj.weight", small)  // GPT2Attention
        draws.add("h.\(layer).mlp.c_fc.weight", range)
        draws.add("h.\(layer).mlp.c_proj.weight", range)
        draws.add("h.\(layer).mlp.c_proj.weight", small)  // GPT2MLP
        redraw(layer..<layer + 1, in: &draws)  // GPT2Block
      }
      redraw(layers, in: &draws)  // the list of blocks
      redraw(layers, in: &draws)  // GPT2Model
    }
    // The constructors: `nn.Embedding` draws from N(0, 1), Conv1D from N(0, 0.02).
    add("wte.weight", 1)
    add("wpe.weight", 1)
    for layer in layers {
      for name in ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"] {
        add("h.\(layer).\(name).weight", 0.02)
      }
    }
    initializeBody(in: &self)  // GPT2Model's post_init
    add("lm_head.weight", nil, shape: head)
    initializeBody(in: &self)  // GPT2LMHeadModel's post_init, over everything once more
    add("lm_head.weight", range, shape: head)
    redraw(layers, in: &self)  // GPT2LMHeadModel itself: it too contains all c_proj
  }

  /// What `BertModel(config)` draws, or `BertForSequenceClassification(config)`.
  fileprivate init(_ configuration: BERTConfiguration) throws(Fault) {
    try self.init(bert: configuration)
    // The pooler is a part of BertModel, so of the body.
    let names = configuration.parameters.map(\.name)
    let body = names.filter { BERTConfiguration.head(of: $0) != .classifier }
    let head = names.filter { BERTConfiguration.head(of: $0) == .classifier }
    construct(body)
    if !head.isEmpty {
      // BertForSequenceClassification makes a whole BertModel first, which initializes itself.
      initialize(body, configuration)
      construct(head)  // self.classifier = nn.Linear(…)
    }
    initialize(names, configuration)
  }

  init(bert configuration: BERTConfiguration) throws(Fault) {
    try self.init(configuration.parameters)
    cleared = configuration.padToken.map { ("bert.embeddings.word_embeddings.weight", $0) }
  }

  // Names tell the kind of module: the state dictionary has nothing else.

  /// Constructors. A norm is filled with 1 and 0, undrawn.
  mutating func construct(_ names: [String]) {
    for name in names where !name.contains(".LayerNorm.") {
      // kaiming_uniform_, and for biases uniform_, but for embeddings
      let isTable = name.hasSuffix("_embeddings.weight") || name.hasSuffix("_embedding.weight")
      add(name, isTable ? 1 : nil)
    }
  }

  /// `_init_weights`: matrices only.
  mutating func initialize(_ names: [String], _ configuration: BERTConfiguration) {
    for name in names where name.hasSuffix("weight") && !name.contains(".LayerNorm.") {
      add(name, configuration.initializerRange)
    }
  }
}
