import CFoxKernels
import Foundation

extension AdamW.Options {
  /// Refuses what the reference refuses.
  func check() throws(TrainingError) {
    for (name, beta) in [("adam_beta1", beta1), ("adam_beta2", beta2)]
    where !(beta >= 0 && beta < 1) {
      throw .badOption(name: name, found: "\(beta)", expected: "a number from 0 to below 1")
    }
    for (name, number) in [("adam_epsilon", epsilon), ("weight_decay", weightDecay)]
    where !(number >= 0 && number < .infinity) {
      throw .badOption(name: name, found: "\(number)", expected: "a number that is not negative")
    }
  }

  /// What the kernel of a step takes: computed in double precision, as Python does, then rounded.
  ///
  /// - Parameter step: Counted from 1.
  func numbers(step: Int, rate: Double, scale: Float, decays: Bool) -> fox_adamw {
    let correction1 = 1 - pow(beta1, Double(step))
    let correction2 = 1 - pow(beta2, Double(step))
    let shrinking = decays ? rate * weightDecay : 0
    var numbers = fox_adamw()
    numbers.gradient_scale = scale
    numbers.beta1 = Float(beta1)
    numbers.rest1 = Float(1 - beta1)
    numbers.beta2 = Float(beta2)
    numbers.rest2 = Float(1 - beta2)
    numbers.epsilon = Float(epsilon)
    switch variant {
    case .transformers:
      let corrected = correctsBias ? rate * correction2.squareRoot() / correction1 : rate
      numbers.step = Float(-corrected)
      numbers.decay = Float(-shrinking)
    case .torch:
      numbers.step = Float(-(rate / correction1))
      // Python's `** 0.5`.
      numbers.root = Float(pow(correction2, 0.5))
      numbers.decay = Float(1 - shrinking)
    }
    return numbers
  }
}

/// The plain forms of the kernels in `CKernels/optimizer.c`, which tests compare them with: the step of
/// one parameter.
enum PlainAdamW {
  /// A parameter and what is remembered of its gradients.
  struct Parameter: Equatable {
    var value: Float
    var m: Float
    var v: Float
  }

  /// One step, with fused operations where PyTorch's kernels have them on a processor with FMA.
  static func step(
    _ variant: AdamW.Variant, _ numbers: fox_adamw, gradient: Float, _ old: Parameter
  ) -> Parameter {
    let gradient = gradient * numbers.gradient_scale
    var new = old
    new.v = (old.v * numbers.beta2).addingProduct(numbers.rest2 * gradient, gradient)
    switch variant {
    case .transformers:
      new.m = (old.m * numbers.beta1).addingProduct(gradient, numbers.rest1)
      let denominator = new.v.squareRoot() + numbers.epsilon
      new.value += numbers.step * new.m / denominator
      new.value = new.value.addingProduct(new.value, numbers.decay)
    case .torch:
      // torch.lerp goes from the nearer end.
      let difference = gradient - old.m
      new.m =
        numbers.rest1 < 0.5
        ? old.m.addingProduct(numbers.rest1, difference)
        : gradient.addingProduct(numbers.rest1 - 1, difference)
      let denominator = new.v.squareRoot() / numbers.root + numbers.epsilon
      new.value = old.value * numbers.decay + numbers.step * new.m / denominator
    }
    return new
  }
}
