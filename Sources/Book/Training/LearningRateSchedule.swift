import FoxDecoding

/// # The learning rate
///
/// The learning rate says how far a step goes. A run starts with long steps, because there is much
/// to learn, and ends with short ones, so that the parameters settle down. Some runs also begin
/// with steps that grow from 0: in this warm-up AdamW collects its first means. With `w` steps of
/// it, `T` steps in all, and `t` steps already done, the rate is a constant times a factor:
///
///     t < w       t / w
///     t ≥ w       (T − t) / (T − w)        the homework's, with w = 0
///
/// Source: `get_linear_schedule_with_warmup` of transformers 4.17.0. SPEC `OPT-6`, `OPT-7`.
///
/// What it does not do: it does not look at the loss. The Workshop's trainer has other curves.
package struct LearningRateSchedule: Sendable, Equatable {
  package let learningRate: Double  // the rate that the factor multiplies
  package let warmupSteps, totalSteps: Int  // w and T

  package init(
    learningRate: Double, warmupSteps: Int = 0, totalSteps: Int
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
    self.learningRate = learningRate
    (self.warmupSteps, self.totalSteps) = (warmupSteps, totalSteps)
  }

  /// The learning rate of the step that follows `step` others: `value(0)` is that of the first.
  package func value(_ step: Int) -> Double {
    // T − w steps of equal size, from 1 down to 0. After the last one the line would go below 0. In
    // double precision, as Python computes.
    learningRate * (warmup(step) ?? max(0, Double(totalSteps &- step) / Double(decaySteps)))
  }

  /// The factor during the warm-up; `nil` after it.
  package func warmup(_ step: Int) -> Double? {
    // The first step has the rate 0 and changes nothing: that is the reference's too.
    step < warmupSteps ? Double(step) / Double(warmupSteps) : nil
  }

  package var decaySteps: Int { max(1, totalSteps - warmupSteps) }  // at least 1, as it divides
}
