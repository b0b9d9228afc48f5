import FoxFiles

/// # What can go wrong with a run
///
/// The cases carry data; the words are in `description`, in one place, and are tested as a table.
public enum TrainingError: Error, Equatable, Sendable {
  /// There is nothing to work on.
  case empty(String)
  /// A key of the configuration has a value of the wrong kind or out of range. `path` is the file, or
  /// `--set`.
  case configuration(path: String, key: String, found: String, expected: String)
  /// Keys nobody knows, where they are not allowed, with the known key each may stand for.
  case unknownKeys(path: String, keys: [String], suggestions: [String: String])
  /// A key of the reference asks for what does not exist here.
  case unsupported(path: String, key: String, found: String, reason: String)
  /// Two keys do not go together.
  case conflict(path: String, keys: [String], reason: String)
  /// A key without which nothing can begin is missing.
  case missingKey(path: String, key: String, reason: String)
  /// The tokenizer has ids that the model has no words for.
  case tokenizerTooLarge(folder: String, tokens: Int, vocabulary: Int)
  /// A model whose training takes more memory than the machine has.
  case tooLarge(parameters: String, memory: Int)
  /// The output folder holds something that is no checkpoint.
  case outputNotEmpty(String)
  /// Another process trains in the output folder.
  case outputInUse(String)
  /// There is no checkpoint to resume from.
  case noCheckpoint(folder: String)
  /// A checkpoint is damaged or not one of this package's.
  case checkpoint(path: String, problem: String)
  /// A run cannot go on from a checkpoint that another configuration wrote.
  case otherRun(checkpoint: String, key: String, then: String, now: String)
  /// A number of the run is not finite any more.
  case notFinite(NonFinite)
  /// The labels of a classifier are not labels one can learn.
  case labels(path: String, column: String, problem: String)
  /// The user ended the run.
  case interrupted(step: Int, checkpoint: String?)
}

/// Where a run left the finite numbers.
public struct NonFinite: Error, Equatable, Sendable {
  /// What was not finite.
  public enum Quantity: String, Sendable {
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
  public let quantity: Quantity
  /// Its value.
  public let value: Double
  /// The step that was being made, from 1.
  public let step: Int
  /// The samples of the batches of that step so far.
  public let samples: [Int]
  /// The first tensor that is not finite: a value before any gradient.
  public let tensor: BadTensor?
  /// The checkpoint that is left, when there is one.
  public let checkpoint: String?

  /// A tensor with an element that is not finite.
  public struct BadTensor: Equatable, Sendable {
    /// Whether it is the gradient of the parameter.
    public let isGradient: Bool
    /// The parameter.
    public let name: String
    /// The first bad element, row-major.
    public let index: Int
    /// Its value.
    public let value: Float
  }
}

extension TrainingError: CustomStringConvertible {
  /// One sentence for the user, and what to do where that is known.
  public var description: String {
    switch self {
    case .empty(let what): "\(what) is empty"
    case .configuration(let path, let key, let found, let expected):
      "\(path): \(key) is \(found); expected \(expected)"
    case .unknownKeys(let path, let keys, let suggestions):
      "\(path): \(Self.listed(keys, suggestions)) (remove --strict to ignore)"
    case .unsupported(let path, let key, let found, let reason):
      "\(path): \(key) is \(found), which cannot be done here: \(reason)"
    case .conflict(let path, let keys, let reason):
      "\(path): \(keys.joined(separator: " and ")) do not go together: \(reason)"
    case .missingKey(let path, let key, let reason): "\(path): \(key) is missing: \(reason)"
    case .tokenizerTooLarge(let folder, let tokens, let vocabulary):
      "\(folder): this tokenizer has ids up to \(tokens - 1), the model only \(vocabulary) words"
    case .tooLarge(let parameters, let memory):
      "training a model of \(parameters) parameters takes 16 bytes for each, more than the "
        + "\(memory >> 20) MB of memory"
    case .outputNotEmpty(let path):
      "\(path) already exists and is not empty; set overwrite_output_dir to true to train all the "
        + "same, or choose another output_dir"
    case .outputInUse(let path):
      "\(path): another process trains here; wait for it or choose another output_dir"
    case .noCheckpoint(let folder):
      "\(folder): there is no complete checkpoint to resume from"
    case .checkpoint(let path, let problem): "\(path): \(problem)"
    case .otherRun(let checkpoint, let key, let then, let now):
      "\(checkpoint): was written with \(key) = \(then), now it is \(now); resume with the old value "
        + "or begin a new run (overwrite_output_dir)"
    case .notFinite(let what): what.description
    case .labels(let path, let column, let problem):
      "\(path): the label column \(Self.shown(column)) \(problem)"
    case .interrupted(let step, let checkpoint):
      "interrupted after step \(step); "
        + (checkpoint.map { "--resume goes on from \($0)" } ?? "there is no checkpoint yet")
    }
  }

  /// Unknown keys in one sentence, with what they may have meant.
  static func listed(_ keys: [String], _ suggestions: [String: String]) -> String {
    let names = keys.map { key in
      shown(key) + (suggestions[key].map { " (\($0)?)" } ?? "")
    }
    return (keys.count == 1 ? "unknown key " : "unknown keys ") + names.joined(separator: ", ")
  }

  /// A name from outside in quotes, escaped and cut.
  static func shown(_ text: String) -> String {
    var quoted = ""
    JSON.quote(String(text.unicodeScalars.prefix(80)), into: &quoted)
    return quoted
  }
}

extension NonFinite: CustomStringConvertible {
  /// Step, batch, tensor, and what is left.
  public var description: String {
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
}
