import Foundation
import FoxDecoding
import FoxNumbers

/// # AdamW
///
/// Plain gradient descent moves every parameter by its gradient times the learning rate. Parameters
/// with large gradients then move far and the others hardly at all. Adam keeps two running means
/// for each parameter, of its gradients (m) and of their squares (v), and moves by their ratio:
///
///     m = β₁ m + (1 − β₁) g         where the gradients of the last few steps agree, m is large
///     v = β₂ v + (1 − β₂) g²        √v is how large gradients of this parameter usually are
///
/// m / √v is about 1 where they agree and about 0 where they cancel, for large and small gradients
/// alike. So a step has about the length of the learning rate, whatever the scale of the gradients.
///
/// Both means start at 0 and are too small at first; after t steps by the factors `cᵢ = 1 − βᵢᵗ`.
/// Dividing by them corrects that. The W in the name is a decay: each step also makes a weight a
/// little smaller, so that only what the data keeps asking for stays large.
///
/// **The two variants** differ in where ε stands, which keeps the division from being by 0, and in
/// when the weight decays (r is the learning rate):
///
///     transformers (the homework's)               PyTorch
///     w −= r · √c₂ / c₁ · m / (√v + ε)            w −= r · decay · w
///     w −= r · decay · w                          w −= r / c₁ · m / (√(v / c₂) + ε)
///
/// transformers adds ε before the root is corrected, which makes it in effect ε / √c₂: in the first
/// step 32 times as large. Only a parameter whose gradients are tiny shows the difference.
///
/// The loop over the parameters is in chapter Numbers (`Adam.swift`), as one of the operations that
/// kernels may replace. What stays the same for all parameters of a step is computed here.
///
/// Source: Kingma and Ba 2015, arXiv 1412.6980; Loshchilov and Hutter 2019, arXiv 1711.05101;
/// `AdamW` in `optimization.py` of transformers 4.17.0; `_single_tensor_adam` in
/// `torch/optim/adam.py` of torch 2.13. SPEC `OPT-1` to `OPT-4`.
///
/// What it does not do: it does not choose the learning rate, and it does not clip.
package final class AdamW: Optimizer {
  /// Whose arithmetic. The raw values are those of `optim` in a configuration.
  package enum Variant: String, Sendable, CaseIterable {
    case transformers = "adamw_hf"
    case torch = "adamw_torch"
  }

  /// What stays the same from step to step: by default as in transformers' Trainer.
  package struct Options: Sendable, Equatable {
    package var variant = Variant.transformers
    // How much of the mean of gradients is kept in each step: 0.9 is a memory of about 10 steps,
    // because 1 / (1 − 0.9) = 10.
    package var beta1 = 0.9
    package var beta2 = 0.999  // the same for the mean of squares: a memory of about 1,000 steps
    package var epsilon = 1e-8  // far below the root of any v that matters
    package var weightDecay = 0.0  // how much a weight shrinks in each step, times the rate
    package var correctsBias = true  // of means that start at 0; PyTorch always does

    package init() {}
  }

  package let options: Options
  // How many steps were taken. A run that continues sets it and writes both moments, because means
  // that start again at 0 know nothing of earlier gradients.
  package var steps = 0
  package let firstMoments: FloatBuffer  // m (exp_avg), at the index of the parameter
  package let secondMoments: FloatBuffer  // v (exp_avg_sq), in the same order
  private let parameters: Parameters
  // Ranges of neighbors that all decay, or all do not.
  private let segments: [(range: Range<Int>, decays: Bool)]

  /// An optimizer before its first step.
  ///
  /// - Parameter moves: Which of the parameters it moves; it leaves the others as they are.
  /// - Throws: ``Fault`` for an option that the reference refuses too.
  package init(
    _ parameters: Parameters, _ options: Options = Options(),
    moves: (Parameters.Entry) -> Bool = { _ in true }
  ) throws(Fault) {
    try options.check()
    self.parameters = parameters
    self.options = options
    // [count], all 0: no gradient was seen yet. With values and gradients, training takes 16 bytes
    // for each parameter.
    firstMoments = FloatBuffer(count: parameters.count)
    secondMoments = FloatBuffer(count: parameters.count)
    segments = Self.segments(parameters.entries.filter(moves), decay: options.weightDecay > 0)
  }

  /// Moves every parameter against its gradient, and leaves the gradient as it is.
  ///
  /// - Parameters:
  ///   - learningRate: That of this step.
  ///   - gradientScale: What gradients are multiplied by first.
  package func step(learningRate: Double, gradientScale: Float = 1) {
    // The first step is number 1: with t = 0 the corrections would divide by 0.
    steps += 1
    let shared = options.numbers(step: steps, rate: learningRate, scale: gradientScale)
    let operations = Operations.current
    let update = options.variant == .torch ? operations.adamTorch : operations.adamHF
    let (gradients, values) = (parameters.gradients.pointer, parameters.values.pointer)
    let (m, v) = (firstMoments.pointer, secondMoments.pointer)  // all four `[count]`
    // Parameters do not depend on each other, so threads may share them out in any way. Fewer than
    // 16,384 are not worth waking a thread for.
    operations.ranges(parameters.count, 1 << 14) { range in
      // A range is cut where decaying parameters end and the others begin.
      for segment in segments where segment.range.overlaps(range) {
        // A thread's range may begin or end within a segment.
        let part = segment.range.clamped(to: range)
        let start = part.lowerBound
        update(
          segment.decays ? shared.decaying : shared.others,
          gradients + start, values + start, m + start, v + start, part.count)
      }
    }
  }

  /// Whether the parameter of a name decays: not biases and not LayerNorms, which hold few numbers
  /// and set the level of everything else; but embeddings and all other weights.
  ///
  /// Source: `create_optimizer` in `trainer.py` of transformers 4.17.0. LayerNorms are called
  /// `ln_1`, `ln_2` and `ln_f` in GPT-2 and `LayerNorm` in BERT. SPEC `OPT-3`.
  package static func decays(_ name: String) -> Bool {
    // `transformer.h.0.ln_1.weight` is a parameter of the module `ln_1`. The reference looks for
    // modules of the class `nn.LayerNorm`; here the name has to tell. Any name with "bias" in it
    // counts as one, as in the reference.
    let module = name.split(separator: ".").dropLast().last ?? ""
    return !name.contains("bias") && !module.hasPrefix("ln_") && module != "LayerNorm"
  }

  /// Joins neighbors of one kind, so that a step is a few long loops instead of one for each
  /// tensor.
  private static func segments(
    _ entries: [Parameters.Entry], decay: Bool
  ) -> [(range: Range<Int>, decays: Bool)] {
    var segments: [(range: Range<Int>, decays: Bool)] = []
    for entry in entries {
      let decays = decay && decays(entry.name)
      if let last = segments.last, last.decays == decays,
        last.range.upperBound == entry.range.lowerBound
      {
        segments[segments.count - 1].range = last.range.lowerBound..<entry.range.upperBound
      } else {
        segments.append((entry.range, decays))
      }
    }
    return segments
  }
}

extension AdamW.Options {
  /// What the loop of a step needs, for parameters that decay and for the others. In double
  /// precision, as Python computes it, and then rounded once.
  ///
  /// - Parameter step: Counted from 1.
  func numbers(step: Int, rate: Double, scale: Float) -> (decaying: Adam, others: Adam) {
    // What the means lack because they started at 0: for a constant g, m is (1 − βᵗ) g.
    let correction1 = 1 - pow(beta1, Double(step))
    let correction2 = 1 - pow(beta2, Double(step))
    var numbers = Adam()
    numbers.gradientScale = scale
    // 1 − β before rounding: 1 − Float(0.999) would be off in the fifth digit.
    (numbers.beta1, numbers.rest1) = (Float(beta1), Float(1 - beta1))
    (numbers.beta2, numbers.rest2) = (Float(beta2), Float(1 - beta2))
    numbers.epsilon = Float(epsilon)
    var decaying: Adam
    switch variant {
    case .transformers:
      // Both corrections go into the step size, so that the loop divides once: r · √c₂ / c₁.
      // Without them, as BERT was trained, the first step is 0.1 / √0.001, about 3, times as long.
      let corrected = correctsBias ? rate * correction2.squareRoot() / correction1 : rate
      numbers.step = Float(-corrected)  // negative, because the loop adds
      // w += w · −(r · decay), after the step. For parameters that do not decay 0 is added.
      decaying = numbers
      decaying.decay = Float(-(rate * weightDecay))
    case .torch:
      // c₁ goes into the step size: r / c₁. √c₂ has to stay apart, because ε is added after it.
      numbers.step = Float(-(rate / correction1))
      // Python's `** 0.5`, which is not always `sqrt`.
      numbers.root = Float(pow(correction2, 0.5))
      // w *= 1 − r · decay, before the step.
      numbers.decay = 1
      decaying = numbers
      decaying.decay = Float(1 - rate * weightDecay)
    }
    return (decaying, numbers)
  }

  /// Refuses what the reference refuses.
  fileprivate func check() throws(Fault) {
    // With β = 1 the means would stay 0, and 1 − βᵗ = 0 would divide them.
    for (name, beta) in [("adam_beta1", beta1), ("adam_beta2", beta2)]
    where !(beta >= 0 && beta < 1) {  // so that NaN is refused too
      throw Fault(name, found: "\(beta)", expected: "a number from 0 to below 1")
    }
    for (name, number) in [("adam_epsilon", epsilon), ("weight_decay", weightDecay)]
    where !(number >= 0 && number < .infinity) {
      throw Fault(name, found: "\(number)", expected: "0 or more")
    }
  }
}
