import Foundation
import FoxDecoding

/// # The learning rate
///
/// The learning rate says how far a step goes. A run starts with long steps, because there is much
/// to learn, and ends with short ones, so that the parameters settle down. Some runs also begin
/// with steps that grow from 0: in this warm-up AdamW collects its first means, which a few batches
/// cannot tell reliably.
///
/// With `w` steps of warm-up, `T` steps in all, and `t` steps already done, the rate is a constant
/// times a factor:
///
///     t < w                   t / w
///     linear                  (T − t) / (T − w)                       the homework's, with w = 0
///     cosine                  ½ (1 + cos πp)      p = (t − w) / (T − w)
///     constant                1
///
/// Source: `get_scheduler` in `optimization.py` of transformers 4.17.0. All of it is computed in
/// double precision, as Python does. SPEC `OPT-6`, `OPT-7`.
///
/// What it does not do: it does not look at the loss.
public struct LearningRateSchedule: Sendable, Equatable {
  /// What the rate does after the warm-up. The raw values are those of `lr_scheduler_type`.
  public enum Kind: String, Sendable, CaseIterable {
    /// Falls to 0 along a straight line.
    case linear
    /// Falls to 0 along half a wave: slowly, then fast, then slowly.
    case cosine
    /// Falls like `cosine` and starts again each time; once, as transformers' Trainer sets it up.
    case cosineWithRestarts = "cosine_with_restarts"
    /// Falls to 10⁻⁷ along a power; the first power, as transformers' Trainer sets it up.
    case polynomial
    /// Stays the same, without a warm-up.
    case constant
    /// Stays the same after the warm-up.
    case constantWithWarmup = "constant_with_warmup"
  }

  /// Where a polynomial schedule ends: `lr_end` of the reference.
  private static let polynomialEnd = 1e-7

  package let kind: Kind
  /// The rate that the factor multiplies.
  package let learningRate: Double
  /// How many steps the rate rises: `w`.
  package let warmupSteps: Int
  /// How many steps there are in all: `T`.
  package let totalSteps: Int

  /// - Throws: ``Fault`` for a rate that is negative or not finite, for negative numbers of steps,
  ///   and for a polynomial that would have to rise.
  package init(
    _ kind: Kind, learningRate: Double, warmupSteps: Int = 0, totalSteps: Int
  ) throws(Fault) {
    // Infinity and NaN fail the comparisons. A rate of 0 is allowed: nothing is learned, but the
    // run can be compared.
    guard learningRate >= 0, learningRate < .infinity else {
      throw Fault("learning_rate", found: "\(learningRate)", expected: "0 or more")
    }
    for (name, steps) in [("warmup_steps", warmupSteps), ("max_steps", totalSteps)]
    where steps < 0 {
      throw Fault(name, found: "\(steps)", expected: "0 or more")
    }
    // It falls to 10⁻⁷. From a lower rate it would have to rise, which the reference refuses too.
    if kind == .polynomial, !(learningRate > Self.polynomialEnd) {
      throw Fault(
        "learning_rate", found: "\(learningRate)",
        expected: "more than \(Self.polynomialEnd), where a polynomial schedule ends")
    }
    self.kind = kind
    self.learningRate = learningRate
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
  }

  /// How many steps of warm-up a configuration asks for: `warmup_steps` if that is more than 0,
  /// else `warmup_ratio` of all steps, rounded up.
  ///
  /// - Throws: ``Fault`` for a ratio that is not from 0 to 1.
  package static func warmupSteps(
    _ steps: Int, ratio: Double, totalSteps: Int
  ) throws(Fault) -> Int {
    guard ratio >= 0, ratio <= 1 else {
      throw Fault("warmup_ratio", found: "\(ratio)", expected: "a number from 0 to 1")
    }
    // A number of steps says it more exactly than a ratio, so it counts first.
    if steps > 0 { return steps }
    // A ratio of T steps may not be a whole number. Rounded up, as by `math.ceil` in the reference.
    return Int(exactly: (Double(totalSteps) * ratio).rounded(.up)) ?? totalSteps
  }

  /// The learning rate of the step that follows `step` others: `value(0)` is that of the first.
  package func value(_ step: Int) -> Double { learningRate * factor(step) }

  private func factor(_ step: Int) -> Double {
    // `constant` ignores the warm-up and `constant_with_warmup` does not, as in the reference.
    if kind == .constant { return 1 }
    // The first step of a warm-up has the rate 0 and changes nothing: that is the reference's too.
    if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
    switch kind {
    case .linear:
      // T − w steps of equal size, from 1 down to 0. After the last one the line would go below 0.
      return max(0, Double(totalSteps &- step) / Double(decaySteps))
    case .cosine:
      // p goes from 0 to 1 and the angle from 0 to π, so the cosine falls from 1 to −1. The
      // reference writes π · cycles · 2p, with half a cycle. The order of the factors decides the
      // last bit.
      return max(0, 0.5 * (1 + cos(.pi * 0.5 * 2 * progress(step))))
    case .cosineWithRestarts:
      // The wave starts again at each whole number of p; after the last one it stays down.
      let progress = progress(step)
      // Past the end the remainder of p would start the wave again.
      if progress >= 1 { return 0 }
      // With a single wave p is its own remainder, and this is `cosine`.
      return max(0, 0.5 * (1 + cos(.pi * progress.truncatingRemainder(dividingBy: 1))))
    // A factor, like the others. `value` multiplies by the rate again, as `LambdaLR` does.
    case .polynomial: return polynomial(step) / learningRate
    // `constant` was answered above, but a switch has to name every case.
    case .constant, .constantWithWarmup: return 1
    }
  }

  /// How many steps follow the warm-up; at least 1, because it divides.
  private var decaySteps: Int { max(1, totalSteps - warmupSteps) }

  /// Which part of the steps after the warm-up is done: 0 when the warm-up ends, more than 1 after
  /// the last step.
  private func progress(_ step: Int) -> Double { Double(step - warmupSteps) / Double(decaySteps) }

  private func polynomial(_ step: Int) -> Double {
    // The reference divides by 0 at the end of a run that is all warm-up.
    if step > totalSteps || totalSteps == warmupSteps { return Self.polynomialEnd }
    // From the learning rate down to the end, in proportion to the steps that are left.
    // The reference raises this to a power, which transformers' Trainer leaves at 1.
    let rest = 1 - Double(step - warmupSteps) / Double(totalSteps - warmupSteps)
    return (learningRate - Self.polynomialEnd) * rest + Self.polynomialEnd
  }
}
