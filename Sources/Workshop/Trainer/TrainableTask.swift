import FoxFiles
import FoxKernels
import FoxModels
import FoxTraining

/// # What the trainer trains
///
/// What a ``Trainer`` trains: a model together with its samples.
///
/// Adds to the chapter's `Trainable` what a run is reported, resumed and saved by. The parameters have the
/// names of the reference's state dictionary. Samples are numbered from 0. One owner, one thread. SPEC
/// `TRAIN-1`.
package protocol TrainableTask: Trainable {
  /// How many samples there are to train on.
  var trainingSamples: Int { get }
  /// How long each sample to train on is, where samples of like length are to come together.
  var trainingLengths: [Int] { get }
  /// How many samples there are to evaluate on.
  var evaluationSamples: Int { get }
  /// How much memory batches take, at least.
  var batchMemory: BatchMemory { get }
  /// The parameters that the estimate of floating-point operations counts: all but embedding tables.
  var countedParameters: Int { get }
  /// What a resumed run must have in common with the one before, by the keys that decide it: the
  /// model's shape, the data.
  var identity: [(key: String, value: JSON)] { get }
  /// The same of the data to evaluate on, which matter where a metric decides anything.
  var evaluationIdentity: [(key: String, value: JSON)] { get }
  /// What an evaluation gives beside the loss, without `eval_`; `nil` when only the evaluation knows.
  var metricNames: [String]? { get }

  /// How many tokens a batch to train on has, padding included.
  func tokens(in samples: ArraySlice<Int>) -> Int

  /// Says which step the next batches are for, of how many, from 0.
  func beginStep(_ step: Int, of steps: Int)

  /// Begins an evaluation.
  ///
  /// - Parameter lossOnly: Whether the loss is all that is asked for.
  func makeEvaluation(lossOnly: Bool) throws -> any TaskEvaluation

  /// Writes what belongs to the model beside its weights: the configuration, the tokenizer.
  func saveCompanions(to folder: String) throws
}

extension TrainableTask {
  /// All alike.
  package var trainingLengths: [Int] { [Int](repeating: 0, count: trainingSamples) }
  /// Nothing that could be too much.
  package var batchMemory: BatchMemory { BatchMemory() }
  /// By the names of the reference's embedding tables.
  package var countedParameters: Int {
    FloatingPointOperations.counted(parameters.entries.map { ($0.name, $0.range.count) })
  }
  /// How many samples there are.
  package var evaluationIdentity: [(key: String, value: JSON)] {
    [("evaluation samples", .integer(evaluationSamples))]
  }
  /// Most tasks do the same in every step.
  package func beginStep(_ step: Int, of steps: Int) {}
  /// Only the evaluation knows.
  package var metricNames: [String]? { nil }
}

/// An evaluation under way.
package protocol TaskEvaluation: AnyObject {
  /// Evaluates a batch.
  ///
  /// - Returns: Its mean loss.
  func add(_ samples: Range<Int>) throws -> Float

  /// What the metrics are made of: some numbers for each batch, in the order they were added. Several
  /// ranks evaluate some batches each, and get the numbers of the others so.
  var results: [Float] { get set }

  /// The metrics of everything added, without the loss and without `eval_`.
  func metrics() throws -> [(key: String, value: Double)]
}
