import FoxDecoding
import FoxNumbers

/// # Fresh weights
///
/// A model that is to be trained from nothing starts from small random numbers: normal ones with
/// deviation 0.02, and smaller where a branch joins the residual stream, which adds up `2 · layers` of
/// them. To start where the reference starts, the *draws* have to be its own, and it draws most weights
/// several times.
///
///     W ~ N(0, 0.02²)        W of a branch's last map ~ N(0, 0.02² / (2 · layers))
///
/// Source: Radford et al. 2019, section 2.3; `GPT2PreTrainedModel._init_weights` and the constructors
/// in `modeling_gpt2.py` of transformers 4.17.0. SPEC `GPT2-11`.
///
/// What it does not do: it does not look for a better start. The weights are the reference's, bit by
/// bit, so that a run from a seed can be compared with it.
extension GPT2Model {
  /// A fresh model, as transformers 4.17.0 draws it after `set_seed(seed)`:
  /// `GPT2LMHeadModel(GPT2Config(…))`, equal to the last bit. SPEC `GPT2-11`.
  ///
  /// - Parameters:
  ///   - configuration: The shape.
  ///   - seed: The seed of PyTorch's generator.
  /// - Throws: ``Fault`` for a shape with more elements than can be counted.
  /// - Complexity: O(parameters); the reference draws most weights three times or
  ///   more, and the numbers that do not stay have to be passed over.
  public init(fresh configuration: GPT2Configuration, seed: UInt64) throws {
    try configuration.check()
    // Sizes multiply: a configuration can ask for more numbers than an Int counts.
    for (_, shape) in configuration.parameters { _ = try Tensor.count(of: shape) }
    let draws = GPT2Draws(configuration)
    var generator = TorchGenerator(seed: seed)
    // Only the last draw of a weight stays, so only that one is carried out.
    var last: [String: Int] = [:]
    for (index, draw) in draws.list.enumerated() { last[draw.name] = index }
    // A tied head is drawn too, but is not among these: what is drawn for it is thrown away.
    let shapes = Dictionary(
      uniqueKeysWithValues: configuration.parameters.map { ($0.name, $0.shape) })
    var drawn: [String: Tensor] = [:]
    for (index, draw) in draws.list.enumerated() {
      if last[draw.name] == index, let shape = shapes[draw.name] {
        drawn[draw.name] = Tensor(shape: shape) { draw.fill(&generator, $0) }  // draws that stay
      } else {
        draw.skip(&generator)  // the generator moves on as far as if it had drawn
      }
    }
    // What is never drawn starts as a map that changes nothing: norms with 1 and 0, biases with 0.
    try self.init(configuration) { name in
      if let tensor = drawn[name] { return tensor }
      let shape = shapes[name] ?? []
      let value: Float = name.hasSuffix("weight") ? 1 : 0  // LayerNorms; biases
      return Tensor(shape: shape) {
        // A new Tensor is 0, so only the ones change anything.
        $0.update(repeating: value, count: shape.reduce(1, *))
      }
    }
  }
}

/// Every random tensor that the reference draws while it builds a GPT-2, in order.
///
/// Constructors draw first. Then `_init_weights` visits every module, children before parents,
/// twice: once for the body and once for the whole. At *each* module that contains them, all
/// `c_proj` weights are drawn again. Source: `modeling_gpt2.py`, `GPT2PreTrainedModel._init_weights`.
private struct GPT2Draws {
  struct Draw {
    let name: String
    let count: Int
    /// The deviation of a normal draw; `nil` for one of `nn.Linear`'s constructor.
    let deviation: Double?

    func fill(_ generator: inout TorchGenerator, _ values: UnsafeMutablePointer<Float>) {
      // A weight's last draw is always a normal one.
      // In the order of memory, as `normal_`.
      generator.fillNormal(values, count: count, deviation: deviation ?? 0)
    }

    func skip(_ generator: inout TorchGenerator) {
      if deviation == nil {  // the two kinds take different numbers of draws
        generator.skip(count)
      } else {
        generator.skipNormal(count: count)
      }
    }
  }

  private(set) var list: [Draw] = []
  private let configuration: GPT2Configuration
  private let counts: [String: Int]

  init(_ configuration: GPT2Configuration) {
    self.configuration = configuration
    counts = Dictionary(
      uniqueKeysWithValues: configuration.parameters.map { ($0.name, $0.shape.reduce(1, *)) })
    construct()  // GPT2Model.__init__
    initializeBody()  // its post_init
    addHead(deviation: nil)  // the constructor's kaiming_uniform_
    initializeBody()  // GPT2LMHeadModel's post_init, over everything once more
    addHead(deviation: range)  // the head comes after the body
    // GPT2LMHeadModel itself: it too contains all c_proj
    redrawProjections(in: 0..<configuration.layers)
  }

  private var range: Double { configuration.initializerRange }

  /// The constructors: embeddings from N(0, 1), Conv1Ds from N(0, 0.02).
  private mutating func construct() {
    add("wte.weight", 1)  // `nn.Embedding` of PyTorch draws from N(0, 1)
    add("wpe.weight", 1)
    for layer in 0..<configuration.layers {
      // In the order in which `GPT2Attention` and `GPT2MLP` make their maps.
      for name in ["attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj"] {
        add("h.\(layer).\(name).weight", 0.02)
      }
    }
  }

  /// `_init_weights` over the body, children before parents.
  private mutating func initializeBody() {
    add("wte.weight", range)
    add("wpe.weight", range)
    for layer in 0..<configuration.layers {
      add("h.\(layer).attn.c_attn.weight", range)  // Conv1D
      add("h.\(layer).attn.c_proj.weight", range)
      add("h.\(layer).attn.c_proj.weight", projectionDeviation)  // GPT2Attention
      add("h.\(layer).mlp.c_fc.weight", range)
      add("h.\(layer).mlp.c_proj.weight", range)
      add("h.\(layer).mlp.c_proj.weight", projectionDeviation)  // GPT2MLP
      redrawProjections(in: layer..<layer + 1)  // GPT2Block
    }
    redrawProjections(in: 0..<configuration.layers)  // the list of blocks
    redrawProjections(in: 0..<configuration.layers)  // GPT2Model
  }

  // 2 · layers branches add to one stream: with 1/√(2 · layers) their variances sum to one.
  private var projectionDeviation: Double { range / Double(2 * configuration.layers).squareRoot() }

  private mutating func redrawProjections(in layers: Range<Int>) {
    for layer in layers {
      // The reference looks for names with `c_proj` among the parameters of a module, in its order.
      add("h.\(layer).attn.c_proj.weight", projectionDeviation)
      add("h.\(layer).mlp.c_proj.weight", projectionDeviation)
    }
  }

  /// The head is a matrix of its own until it is tied, after everything is drawn.
  private mutating func addHead(deviation: Double?) {
    let count = configuration.vocabularySize * configuration.channels  // [V, C]
    list.append(Draw(name: "lm_head.weight", count: count, deviation: deviation))
  }

  private mutating func add(_ name: String, _ deviation: Double) {
    list.append(Draw(name: name, count: counts[name] ?? 0, deviation: deviation))
  }
}
