import FoxDecoding
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Counts and what they count", .counted)
struct BatchMemoryTests {
  @Test
  func `ARGS-10 no more words are drawn than the model has`() throws {
    for sample in [32, Int(Int32.max), 0, -1] {
      let error = #expect(throws: Fault.self) {
        try TestModel.task(sampling: VocabularySampling(frequent: 4, sample: sample, share: 0.5))
      }
      #expect(error?.subject == "sampled_vocabulary" && error?.found == "\(sample)")
      #expect(error?.expected == "1 to the model's 31 words")
    }
    _ = try TestModel.task(sampling: VocabularySampling(frequent: 5000, sample: 31, share: 0.5))
  }

  @Test
  func `ARGS-10 batches that cannot fit the memory are refused, with the size that can`() throws {
    var arguments = TrainingArguments(outputFolder: "out")
    (arguments.evaluates, arguments.trainingBatchSize) = (true, .max)
    arguments.hasKeys = true
    // 10 tokens a sample, 2 layers of 6 · 4 + 2 · 16 numbers: 4,480 bytes for training, 2,240 for less.
    let demand = BatchMemory(
      trainingTokens: 1000, evaluationTokens: 1000, layers: 2, channels: 4, innerChannels: 16)
    func fault(_ memory: Int) -> Fault? {
      do throws(Fault) {
        try demand.check(arguments, training: 100, evaluation: 100, memory: memory)
        return nil
      } catch { return error }
    }
    #expect(fault(448_000) == nil)
    let training = fault(447_999)
    #expect(training?.subject == "per_device_train_batch_size")
    #expect(training?.found == "\(Int.max)" && training?.expected == "at most 99")
    (arguments.trainingBatchSize, arguments.evaluationBatchSize) = (1, .max)
    #expect(fault(224_000) == nil)
    let evaluation = fault(100_000)
    #expect(evaluation?.subject == "per_device_eval_batch_size")
    #expect(evaluation?.expected == "at most 44")
    arguments.evaluationBatchSize = 44
    #expect(fault(100_000) == nil)
    // The homework's batches have no keys.
    (arguments.hasKeys, arguments.evaluationBatchSize) = (false, 45)
    #expect(fault(100_000)?.subject == "samples in a batch")
    #expect(fault(100_000)?.hint?.contains("_") == false)
  }

  @Test
  func `ARGS-10 a task says what its batches take`() throws {
    let demand = try TestModel.task(samples: 22, evaluation: 5, tokens: 8).batchMemory
    #expect(
      demand
        == BatchMemory(
          trainingTokens: 176, evaluationTokens: 40, layers: 1, channels: 16, innerChannels: 64))
  }
}
