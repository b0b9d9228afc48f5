import Foundation

/// The learning rate of each step: a base rate, times a factor that rises in the first steps (warm-up)
/// and then falls.
///
/// In double precision, as PyTorch's `LambdaLR` has it. Source: `optimization.py` of transformers 4.17.
/// SPEC `OPT-6`, `OPT-7`.
public struct LearningRateSchedule: Sendable, Equatable {
  /// The course after the warm-up, by its name in `lr_scheduler_type`.
  public enum Kind: String, Sendable, CaseIterable {
    /// Falls to 0 in equal steps.
    case linear
    /// Falls to 0 along half a cosine wave.
    case cosine
    /// Falls along half a cosine wave and begins anew; once, as transformers' Trainer has it.
    case cosineWithRestarts = "cosine_with_restarts"
    /// Falls to 1e-7 along a power; the first, as transformers' Trainer has it.
    case polynomial
    /// Stays, without a warm-up.
    case constant
    /// Stays.
    case constantWithWarmup = "constant_with_warmup"
  }

  private static let polynomialEnd = 1e-7

  /// The course after the warm-up.
  public let kind: Kind
  /// The rate that the factors multiply.
  public let learningRate: Double
  /// How many steps the rate rises.
  public let warmupSteps: Int
  /// How many steps there are in all.
  public let totalSteps: Int

  /// A schedule over `totalSteps` steps.
  ///
  /// - Throws: ``TrainingError/badOption(name:found:expected:)`` for a rate that is negative or not
  ///   finite, for negative numbers of steps, and for a polynomial that would have to rise.
  public init(
    _ kind: Kind, learningRate: Double, warmupSteps: Int = 0, totalSteps: Int
  ) throws(TrainingError) {
    guard learningRate >= 0, learningRate < .infinity else {
      throw .badOption(
        name: "learning_rate", found: "\(learningRate)", expected: "a number that is not negative")
    }
    for (name, steps) in [("warmup_steps", warmupSteps), ("max_steps", totalSteps)]
    where steps < 0 {
      throw .badOption(name: name, found: "\(steps)", expected: "a number that is not negative")
    }
    if kind == .polynomial, !(learningRate > Self.polynomialEnd) {
      throw .badOption(
        name: "learning_rate", found: "\(learningRate)",
        expected: "more than \(Self.polynomialEnd), where a polynomial schedule ends")
    }
    self.kind = kind
    self.learningRate = learningRate
    self.warmupSteps = warmupSteps
    self.totalSteps = totalSteps
  }

  /// The schedule that a configuration names.
  ///
  /// - Throws: ``TrainingError/badOption(name:found:expected:)`` for a name that is none.
  public static func kind(named name: String) throws(TrainingError) -> Kind {
    if let kind = Kind(rawValue: name) { return kind }
    throw .badOption(
      name: "lr_scheduler_type", found: "\"\(name)\"",
      expected: Kind.allCases.map(\.rawValue).joined(separator: ", "))
  }

  /// How many steps the rate rises: `warmup_steps` when it is above 0, else `warmup_ratio` of all
  /// steps, rounded up.
  ///
  /// - Throws: ``TrainingError/badOption(name:found:expected:)`` for a ratio outside of 0 to 1.
  public static func warmupSteps(
    _ steps: Int, ratio: Double, totalSteps: Int
  ) throws(TrainingError) -> Int {
    guard ratio >= 0, ratio <= 1 else {
      throw .badOption(name: "warmup_ratio", found: "\(ratio)", expected: "a number from 0 to 1")
    }
    if steps > 0 { return steps }
    return Int(exactly: (Double(totalSteps) * ratio).rounded(.up)) ?? totalSteps
  }

  /// The learning rate when `step` steps are done: `value(0)` is that of the first.
  public func value(_ step: Int) -> Double { learningRate * factor(step) }

  private func factor(_ step: Int) -> Double {
    if kind == .constant { return 1 }
    if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
    switch kind {
    case .linear: return max(0, Double(totalSteps &- step) / Double(decaySteps))
    case .cosine:
      return max(0, 0.5 * (1 + cos(.pi * 0.5 * 2 * progress(step))))
    case .cosineWithRestarts:
      let progress = progress(step)
      if progress >= 1 { return 0 }
      return max(0, 0.5 * (1 + cos(.pi * progress.truncatingRemainder(dividingBy: 1))))
    case .polynomial: return polynomial(step) / learningRate
    case .constant, .constantWithWarmup: return 1
    }
  }

  /// How many steps follow the warm-up; 1 when none does.
  private var decaySteps: Int { max(1, totalSteps - warmupSteps) }

  /// The part of the steps after the warm-up that is done; goes on above 1.
  private func progress(_ step: Int) -> Double { Double(step - warmupSteps) / Double(decaySteps) }

  private func polynomial(_ step: Int) -> Double {
    // The reference divides by 0 at the end of a run that was all warm-up.
    if step > totalSteps || totalSteps == warmupSteps { return Self.polynomialEnd }
    let rest = 1 - Double(step - warmupSteps) / Double(totalSteps - warmupSteps)
    return (learningRate - Self.polynomialEnd) * rest + Self.polynomialEnd
  }
}
