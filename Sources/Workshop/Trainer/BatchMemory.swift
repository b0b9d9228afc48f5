import Foundation
import FoxDecoding

/// # Whether batches fit the memory
///
/// Adds to the arguments the bound that only the data and the model know: a batch keeps numbers for each
/// of its tokens, and a batch of a whole corpus may be more than the machine has.
///
/// The estimate is a lower bound, so that nothing is refused that could run. SPEC `ARGS-10`.
package struct BatchMemory: Sendable, Equatable {
  private var trainingTokens = 0
  private var evaluationTokens = 0
  private var layers = 0
  private var channels = 0
  private var innerChannels = 0

  /// Nothing that could be too much.
  package init() {}

  /// What a model of this shape needs for samples that have so many tokens in all.
  package init(
    trainingTokens: Int, evaluationTokens: Int, layers: Int, channels: Int, innerChannels: Int
  ) {
    (self.trainingTokens, self.evaluationTokens) = (trainingTokens, evaluationTokens)
    (self.layers, self.channels, self.innerChannels) = (layers, channels, innerChannels)
  }

  /// How many numbers a layer keeps for a token: two norms, queries, keys and values, and attention; then
  /// the MLP before and after its GELU.
  private var keptPerToken: Double { Double(6 * channels + 2 * innerChannels) }

  /// The bytes that a batch to learn from keeps, at least.
  func bytes(ofTraining size: Int, samples: Int) -> Int {
    let numbers = Double(trainingTokens) * Double(layers) * keptPerToken / Double(max(samples, 1))
    return Int(
      clamping: Int64(Double(min(size, samples)) * numbers * Double(MemoryLayout<Float>.stride)))
  }

  /// Refuses batches that cannot fit.
  ///
  /// - Throws: ``Fault`` naming the greatest size, and the key where the user wrote one.
  func check(
    _ arguments: TrainingArguments, training: Int, evaluation: Int, memory: Int = Self.physical
  ) throws(Fault) {
    let kept = keptPerToken
    if arguments.trains {
      try check(
        arguments.hasKeys ? "per_device_train_batch_size" : nil, arguments.trainingBatchSize,
        samples: training,
        numbers: Double(trainingTokens) * Double(layers) * kept, memory)
    }
    if arguments.evaluates {
      // Without a backward pass one block's numbers are there at a time.
      try check(
        arguments.hasKeys ? "per_device_eval_batch_size" : nil, arguments.evaluationBatchSize,
        samples: evaluation,
        numbers: Double(evaluationTokens) * kept, memory)
    }
  }

  /// - Parameter numbers: What all samples together would keep; those of a batch are its share, for
  ///   the mean batch is not larger than the largest.
  private func check(
    _ key: String?, _ size: Int, samples: Int, numbers: Double, _ memory: Int
  ) throws(Fault) {
    let bytes = numbers / Double(max(samples, 1)) * Double(MemoryLayout<Float>.stride)
    if Double(min(size, samples)) * bytes <= Double(memory) { return }
    var fault = Fault(
      key ?? "samples in a batch", found: "\(size)",
      expected: "at most \(Int(Double(memory) / bytes))",
      hint: "a sample takes at least \(Int(bytes) >> 10) KB, and there are \(memory >> 20) MB of "
        + "memory")
    // `homework` has no such key: its batches are the homework's.
    fault.hint? += key == nil ? "" : "; gradient_accumulation_steps makes a step of several batches"
    throw fault
  }

  private static var physical: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }
}
