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
/// m / √v is about 1 where they agree and about 0 where they cancel, so a step has about the length
/// of the learning rate, whatever the scale of the gradients. Both means start at 0 and are too
/// small at first, after t steps by the factors `cᵢ = 1 − βᵢᵗ`; dividing by them corrects that. The
/// W in the name is a decay: each step makes a weight a little smaller, so that only what the data
/// keeps asking for stays large. The two variants differ in where ε stands, which keeps the
/// division from being by 0, and in when the weight decays (r is the learning rate):
///
///     transformers (the homework's)               PyTorch
///     w −= r · √c₂ / c₁ · m / (√v + ε)            w −= r · decay · w
///     w −= r · decay · w                          w −= r / c₁ · m / (√(v / c₂) + ε)
///
/// The loop over the parameters is an operation of chapter Numbers (`Adam.swift`). What stays the
/// same for all parameters of a step is computed here.
///
/// Source: Kingma and Ba 2015, arXiv 1412.6980; Loshchilov and Hutter 2019, arXiv 1711.05101;
/// `AdamW` in `optimization.py` of transformers 4.17.0; `_single_tensor_adam` in
/// `torch/optim/adam.py` of torch 2.13. SPEC `OPT-1` to `OPT-4`.
///
/// What it does not do: it does not choose the learning rate, and it does not clip.
package final class AdamW: Optimizer {
  /// Whose arithmetic, by the names of `optim` in a configuration.
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

  package let options: Options  // those of the whole run
  // How many steps were taken. A run that continues sets it and writes both moments, because means
  // that start again at 0 know nothing of earlier gradients.
  package var steps = 0
  package let firstMoments: FloatBuffer  // m (exp_avg), at the index of the parameter
  package let secondMoments: FloatBuffer  // v (exp_avg_sq), in the same order
  private let parameters: Parameters
  private let parts: [(range: Range<Int>, decays: Bool)]  // those it moves

  /// An optimizer before its first step, of those parameters that it `moves`.
  ///
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
    // Names are looked at once, and not in each step.
    parts = parameters.entries.filter(moves).map { ($0.range, Self.decays($0.name)) }
  }

  /// Moves every parameter against its gradient times `gradientScale`; the gradient stays.
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
      for part in parts where part.range.overlaps(range) {
        let here = part.range.clamped(to: range)  // a thread may begin or end within a part
        let start = here.lowerBound
        update(
          part.decays ? shared.decaying : shared.others,
          gradients + start, values + start, m + start, v + start, here.count)
      }
    }
  }

  /// Whether the parameter of a name decays (`create_optimizer` in `trainer.py`): not biases and
  /// not LayerNorms, which hold few numbers and set the level of everything else. SPEC `OPT-3`.
  package static func decays(_ name: String) -> Bool {
    // `transformer.h.0.ln_1.weight` is a parameter of the module `ln_1`. The reference looks for
    // modules of the class `nn.LayerNorm`; here the name has to tell: `ln_1`, `ln_2` and `ln_f` in
    // GPT-2, `LayerNorm` in BERT. Any name with "bias" in it counts as one, as in the reference.
    let module = name.split(separator: ".").dropLast().last ?? ""
    return !name.contains("bias") && !module.hasPrefix("ln_") && module != "LayerNorm"
  }
}

extension AdamW.Options {
  /// What the loop of a step, counted from 1, needs for parameters that decay and for the others.
  /// In double precision, as Python computes it, and then rounded once.
  func numbers(step: Int, rate: Double, scale: Float) -> (decaying: Adam, others: Adam) {
    // What the means lack because they started at 0: for a constant g, m is (1 − βᵗ) g.
    let correction1 = 1 - pow(beta1, Double(step))
    let correction2 = 1 - pow(beta2, Double(step))
    var numbers = Adam()
    numbers.gradientScale = scale
    // 1 − β before rounding: 1 − Float(0.999) would be off in the fifth digit.
    (numbers.beta1, numbers.rest1) = (Float(beta1), Float(1 - beta1))
    (numbers.beta2, numbers.rest2) = (Float(beta2), Float(1 - beta2))
    numbers.epsilon = Float(epsilon)  // transformers adds it to a root that is too small: see above
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
    where !(number >= 0 && number < .infinity) {  // a decay of less than 0 would let weights grow
      throw Fault(name, found: "\(number)", expected: "0 or more")
    }
  }
}
