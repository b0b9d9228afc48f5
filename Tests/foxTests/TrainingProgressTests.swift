import FoxFiles
import FoxTrainer
import TestSupport
import Testing

@testable import fox

@Suite("Progress of a training run", .counted)
struct TrainingProgressTests {
  private func report(_ step: Int, _ losses: [Float] = [2, 3]) -> StepReport {
    StepReport(
      step: step, samples: [[0], [1]], losses: losses, drawn: [0, 2], learningRate: 1e-3,
      gradientNorm: 1, tokens: 512)
  }

  @Test
  func `CLI-50 step, loss, time to go, speed`() {
    // Ten steps of this process took 20 s; 90 are left.
    let text = TrainingProgress.words(report(30), of: 120, since: 20, tokens: 5120, seconds: 20)
    #expect(text == "step 30 of 120  loss 2.5000  0:03:00 to go  256 tokens/s")
    let none = TrainingProgress.words(report(1, []), of: 1, since: 0, tokens: 0, seconds: 0)
    #expect(none == "step 1 of 1  loss 0.0000  0:00:00 to go  0 tokens/s")
  }

  @Test
  func `CLI-50 an entry of the log`() {
    let entry = JSON.Object([
      ("loss", 3.429612), ("learning_rate", 4.6e-5), ("epoch", 0.3333), ("step", 7),
    ])
    #expect(
      TrainingProgress.words(entry) == "step 7: loss 3.4296, learning_rate 4.6e-05, epoch 0.33")
    #expect(TrainingProgress.words(JSON.Object([("train_runtime", 1)])) == nil)
  }

  @Test
  func `CLI-50 the line is written over, hidden on demand; entries stay`() {
    for isHidden in [false, true] {
      var (lines, notes): ([String], [String]) = ([], [])
      let progress = TrainingProgress(
        isHidden: isHidden, show: { lines.append($0) }, note: { notes.append($0) }, clock: { 1 })
      var control = TrainerControl()
      let state = TrainerState()
      for event in [
        TrainerEvent.trainBegin, .stepEnd(report(1)), .predictionStep(done: 1, of: 4),
        .save("out/checkpoint-1"), .log(JSON.Object([("loss", 1), ("step", 1)])), .trainEnd,
      ] { progress.handle(event, state, &control) }
      #expect(notes == ["step 1: loss 1.0000"])
      #expect(lines.isEmpty == isHidden)
      if !isHidden {
        #expect(lines[1].hasSuffix("  evaluating 1 of 4"))
        #expect(lines[2].hasSuffix("  saved out/checkpoint-1") && lines[3] == "")
      }
    }
  }
}
