import Foundation
import FoxDecoding
import FoxFiles

/// # What can go wrong with a run
///
/// Nearly everything is a `Fault`, as in the Book; faults that several files tell are made here, so that
/// they are told in the same words. Two errors say more: ``NonFinite``, where the numbers of a run broke,
/// and ``Interrupted``, which is not a mistake.
///
/// SPEC `FAIL-1`.
extension Fault {
  /// There is nothing to work on.
  static func nothing(in what: String) -> Fault {
    Fault(what, found: "nothing", expected: "at least one sample")
  }

  /// A key without which nothing can begin is missing.
  static func missing(_ key: String, in path: String, _ hint: String) -> Fault {
    Fault(path, at: key, found: "nothing", expected: "a value", hint: hint)
  }

  /// A file of a checkpoint has something else where a key should be.
  static func damaged(_ path: String, _ key: String) -> Fault {
    Fault(path, at: key, found: "nothing or a wrong value", expected: "the state of a run")
  }

  /// A run cannot go on from a checkpoint that another configuration wrote.
  static func otherRun(checkpoint: String, key: String, then: String, now: String) -> Fault {
    Fault(
      checkpoint, at: key, found: then, expected: now,
      hint: "resume with the old value or begin a new run (overwrite_output_dir)")
  }

  /// A name from outside in quotes, escaped and cut.
  static func quoted(_ text: String) -> String {
    var quoted = ""
    JSON.quote(String(text.unicodeScalars.prefix(80)), into: &quoted)
    return quoted
  }
}

/// The user ended the run.
package struct Interrupted: LocalizedError, Equatable, CustomStringConvertible {
  /// How many steps were done.
  package let step: Int
  /// The checkpoint that a run can go on from.
  package let checkpoint: String?

  /// One sentence for the user.
  package var description: String {
    "interrupted after step \(step); "
      + (checkpoint.map { "a resumed run goes on from \($0)" } ?? "there is no checkpoint yet")
  }

  /// The same sentence, which Foundation's `localizedDescription` asks for.
  package var errorDescription: String? { description }
}

/// Where a run left the finite numbers.
package struct NonFinite: Error, Equatable, Sendable {
  /// What was not finite.
  package enum Quantity: String, Sendable {
    /// The loss of a batch.
    case loss
    /// The norm of the gradient.
    case gradientNorm = "gradient norm"
    /// The loss of an evaluation.
    case evaluationLoss = "evaluation loss"
    /// A weight that was about to be saved.
    case weight
  }

  /// What was not finite.
  package let quantity: Quantity
  /// Its value.
  package let value: Double
  /// The step that was being made, from 1.
  package let step: Int
  /// The samples of the batches of that step so far.
  package let samples: [Int]
  /// The first tensor that is not finite: a value before any gradient.
  package let tensor: BadTensor?
  /// The checkpoint that is left, when there is one.
  package let checkpoint: String?

  /// A tensor with an element that is not finite.
  package struct BadTensor: Equatable, Sendable {
    /// Whether it is the gradient of the parameter.
    package let isGradient: Bool
    /// The parameter.
    package let name: String
    /// The first bad element, row-major.
    package let index: Int
    /// Its value.
    package let value: Float
  }
}

extension NonFinite: CustomStringConvertible, LocalizedError {
  /// Step, batch, tensor, and what is left.
  package var description: String {
    let list = samples.prefix(32).map(String.init).joined(separator: ", ")
    let batch = samples.isEmpty ? "" : " on samples \(list)\(samples.count > 32 ? ", …" : "")"
    let place: String
    if let tensor {
      place =
        "first bad number: element \(tensor.index) of "
        + "\(tensor.isGradient ? "the gradient of " : "")\(tensor.name) is \(tensor.value)"
    } else {
      place = "all weights and gradients are finite: the numbers grew too large on the way"
    }
    let left = checkpoint.map { "; \($0) is kept" } ?? ""
    // The sign of a NaN says nothing.
    let number = value.isNaN ? "nan" : "\(value)"
    return "step \(step): the \(quantity.rawValue) is \(number)\(batch); \(place)\(left)"
  }

  /// The same sentence, which Foundation's `localizedDescription` asks for.
  package var errorDescription: String? { description }
}
