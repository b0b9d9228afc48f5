import Foundation
import FoxDecoding
import FoxTraining

/// # Other ways for the learning rate to fall
///
/// The chapter's rate falls along a straight line after its warm-up. transformers knows five more.
///
/// Source: `get_scheduler` in `optimization.py` of transformers 4.17.0. All of it is computed in double
/// precision, as Python does. SPEC `OPT-6`, `OPT-7`.
package struct TrainerSchedule: Sendable, Equatable {
  /// What the rate does after the warm-up. The raw values are those of `lr_scheduler_type`.
  package enum Kind: String, Sendable, CaseIterable {
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

  let kind: Kind
  /// The rate, the steps, and the warm-up.
  let line: LearningRateSchedule

  /// - Throws: `Fault` for what the chapter's schedule refuses, and for a polynomial that would have to
  ///   rise, which the reference refuses too.
  init(
    _ kind: Kind, learningRate: Double, warmupSteps: Int = 0, totalSteps: Int
  ) throws(Fault) {
    self.kind = kind
    line = try LearningRateSchedule(
      learningRate: learningRate, warmupSteps: warmupSteps, totalSteps: totalSteps)
    if kind == .polynomial, !(learningRate > Self.polynomialEnd) {
      throw Fault(
        "learning_rate", found: "\(learningRate)",
        expected: "more than \(Self.polynomialEnd), where a polynomial schedule ends")
    }
  }

  /// How many steps of warm-up a configuration asks for: `warmup_steps` if that is more than 0, else
  /// `warmup_ratio` of all steps, rounded up.
  ///
  /// - Throws: `Fault` for a ratio that is not from 0 to 1.
  static func warmupSteps(_ steps: Int, ratio: Double, totalSteps: Int) throws(Fault) -> Int {
    guard ratio >= 0, ratio <= 1 else {
      throw Fault("warmup_ratio", found: "\(ratio)", expected: "a number from 0 to 1")
    }
    if steps > 0 { return steps }
    return Int(exactly: (Double(totalSteps) * ratio).rounded(.up)) ?? totalSteps
  }

  /// The learning rate of the step that follows `step` others.
  func value(_ step: Int) -> Double {
    switch kind {
    case .linear: line.value(step)
    // The only one that ignores the warm-up.
    case .constant: line.learningRate
    default: line.learningRate * (line.warmup(step) ?? factor(step))
    }
  }

  private func factor(_ step: Int) -> Double {
    let progress = Double(step - line.warmupSteps) / Double(line.decaySteps)
    switch kind {
    case .cosine:
      // The reference writes π · cycles · 2p, with half a cycle. The order of the factors decides the
      // last bit.
      return max(0, 0.5 * (1 + cos(.pi * 0.5 * 2 * progress)))
    case .cosineWithRestarts:
      // Past the end the remainder of p would start the wave again.
      if progress >= 1 { return 0 }
      return max(0, 0.5 * (1 + cos(.pi * progress.truncatingRemainder(dividingBy: 1))))
    // `value` multiplies by the rate again, as `LambdaLR` does.
    case .polynomial: return polynomial(step) / line.learningRate
    case .linear, .constant, .constantWithWarmup: return 1
    }
  }

  private func polynomial(_ step: Int) -> Double {
    // The reference divides by 0 at the end of a run that is all warm-up.
    let (warmup, total) = (line.warmupSteps, line.totalSteps)
    if step > total || total == warmup { return Self.polynomialEnd }
    let rest = 1 - Double(step - warmup) / Double(total - warmup)
    return (line.learningRate - Self.polynomialEnd) * rest + Self.polynomialEnd
  }
}
