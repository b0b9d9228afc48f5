import CFoxKernels
import FoxKernels
import FoxModels

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), over all parameters of a model.
///
/// The moments lie in flat buffers beside the values and gradients, so that a step is one loop that
/// reads and writes everything once. Results do not depend on the number of threads. Training has one
/// owner: whoever holds this writes it. SPEC `OPT-1` to `OPT-4`.
public final class AdamW {
  /// Which arithmetic.
  public enum Variant: String, Sendable, CaseIterable {
    /// transformers' own: ε joins √v before the bias correction, decay comes after the update. The
    /// homework's. Source: `AdamW` in `optimization.py` of transformers 4.17.
    case transformers = "adamw_hf"
    /// PyTorch's: ε joins the corrected √v, decay comes first. Source: `_single_tensor_adam` in
    /// `torch/optim/adam.py` of torch 2.13.
    case torch = "adamw_torch"
  }

  /// What stays the same from step to step; the values are the defaults of transformers' Trainer.
  public struct Options: Sendable, Equatable {
    /// Which arithmetic.
    public var variant = Variant.transformers
    /// How much of the mean of gradients stays each step.
    public var beta1 = 0.9
    /// How much of the mean of squared gradients stays each step.
    public var beta2 = 0.999
    /// What keeps the division from 0.
    public var epsilon = 1e-8
    /// How much a weight shrinks each step, times the learning rate, where ``AdamW/decays(_:)``.
    public var weightDecay = 0.0
    /// Whether the means are corrected for their start at 0; PyTorch's always are.
    public var correctsBias = true

    /// The defaults.
    public init() {}
  }

  /// What stays the same from step to step.
  public let options: Options
  /// How many steps were taken.
  public private(set) var steps = 0
  /// The running mean of gradients (`exp_avg`), at the index of its parameter.
  package let firstMoments: FloatBuffer
  /// The running mean of squared gradients (`exp_avg_sq`), at the index of its parameter.
  package let secondMoments: FloatBuffer
  private let parameters: Parameters
  /// Neighbours that decay, or do not, together; without what another optimiser moves.
  private let segments: [(range: Range<Int>, decays: Bool)]

  /// An optimiser before its first step.
  ///
  /// - Parameters:
  ///   - parameters: What is trained; each step changes the values.
  ///   - options: Checked: β in [0, 1), ε and decay not negative.
  ///   - decays: Whether the parameter of a name shrinks.
  ///   - skips: Whether a parameter is another optimiser's, and left as it is.
  /// - Throws: ``TrainingError/badOption(name:found:expected:)``.
  public init(
    _ parameters: Parameters, _ options: Options = Options(),
    decays: (String) -> Bool = AdamW.decays, skips: (Parameters.Entry) -> Bool = { _ in false }
  ) throws(TrainingError) {
    try options.check()
    self.parameters = parameters
    self.options = options
    firstMoments = FloatBuffer(count: parameters.count)
    secondMoments = FloatBuffer(count: parameters.count)
    var segments: [(range: Range<Int>, decays: Bool)] = []
    for entry in parameters.entries where !skips(entry) {
      let decays = options.weightDecay > 0 && decays(entry.name)
      if let last = segments.last, last.decays == decays,
        last.range.upperBound == entry.range.lowerBound
      {
        segments[segments.count - 1].range = last.range.lowerBound..<entry.range.upperBound
      } else {
        segments.append((entry.range, decays))
      }
    }
    self.segments = segments
  }

  /// Whether weight decay is for the parameter of this name: not for biases and LayerNorms, but for
  /// embeddings and all other weights. SPEC `OPT-3`.
  ///
  /// Source: `create_optimizer` in `trainer.py` of transformers 4.17, with the names of LayerNorms in
  /// GPT-2 (`ln_1`, `ln_2`, `ln_f`) and BERT (`LayerNorm`).
  public static func decays(_ name: String) -> Bool {
    let module = name.split(separator: ".").dropLast().last ?? ""
    return !name.contains("bias") && !module.hasPrefix("ln_") && module != "LayerNorm"
  }

  /// Changes every parameter by its gradient.
  ///
  /// - Parameters:
  ///   - learningRate: Of this step, as ``LearningRateSchedule`` has it.
  ///   - gradientScale: What gradients are multiplied with first: the coefficient of
  ///     ``GradientClipping``. The gradients themselves stay.
  /// - Complexity: O(*n*), 28 bytes of memory read and written for each parameter.
  public func step(learningRate: Double, gradientScale: Float = 1) {
    let numbers = begin(learningRate: learningRate, gradientScale: gradientScale)
    Parallel.ranges(parameters.count, grain: 1 << 14) { apply(numbers, to: $0) }
  }

  /// Goes on after `steps` steps, whose moments the caller writes.
  package func restore(steps: Int) { self.steps = steps }

  /// What the kernel takes for parameters that decay and for those that do not, in the next step.
  struct Numbers {
    let decaying: fox_adamw
    let other: fox_adamw
  }

  func begin(learningRate rate: Double, gradientScale scale: Float) -> Numbers {
    steps += 1
    return Numbers(
      decaying: options.numbers(step: steps, rate: rate, scale: scale, decays: true),
      other: options.numbers(step: steps, rate: rate, scale: scale, decays: false))
  }

  func apply(_ numbers: Numbers, to range: Range<Int>) {
    for segment in segments where segment.range.overlaps(range) {
      update(segment.range.clamped(to: range), segment.decays ? numbers.decaying : numbers.other)
    }
  }

  private func update(_ range: Range<Int>, _ numbers: fox_adamw) {
    let start = range.lowerBound
    let kernel = options.variant == .torch ? fox_adamw_torch : fox_adamw_hf
    withUnsafePointer(to: numbers) { numbers in
      kernel(
        numbers, parameters.gradients.pointer + start, parameters.values.pointer + start,
        firstMoments.pointer + start, secondMoments.pointer + start, range.count)
    }
  }
}
