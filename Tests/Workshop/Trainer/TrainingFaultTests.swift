import FoxDecoding
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("What goes wrong with a run, in words", .counted)
struct TrainingFaultTests {
  @Test
  func `FAIL-1 faults that several files tell`() {
    for (fault, words) in [
      (Fault.nothing(in: "the data"), "the data: found nothing, expected at least one sample"),
      (
        .missing("output_dir", in: "c.json", "needed"),
        "c.json, output_dir: found nothing, expected a value; needed"
      ),
      (
        .damaged("run_state.json", "batch"),
        "run_state.json, batch: found nothing or a wrong value, expected the state of a run"
      ),
      (
        .otherRun(checkpoint: "c", key: "seed", then: "1", now: "2"),
        "c, seed: found 1, expected 2; resume with the old value or begin a new run "
          + "(overwrite_output_dir)"
      ),
    ] { #expect(fault.description == words) }
    #expect(Fault.quoted("\u{1B}x") == "\"\\u001bx\"")
  }

  @Test
  func `FAIL-1 a run that was ended`() {
    #expect(
      "\(Interrupted(step: 4, checkpoint: "c"))"
        == "interrupted after step 4; a resumed run goes on from c")
    #expect(
      "\(Interrupted(step: 0, checkpoint: nil))"
        == "interrupted after step 0; there is no checkpoint yet")
  }

  @Test
  func `FAIL-1 TRAIN-9 numbers that are not finite`() {
    let bad = NonFinite.BadTensor(isGradient: true, name: "w", index: 3, value: .nan)
    let norm = NonFinite(
      quantity: .gradientNorm, value: .infinity, step: 3, samples: Array(0..<40), tensor: bad,
      checkpoint: "out/checkpoint-2")
    #expect(
      norm.description
        == "step 3: the gradient norm is inf on samples 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, "
        + "14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, …; first bad number: "
        + "element 3 of the gradient of w is nan; out/checkpoint-2 is kept")
    let loss = NonFinite(
      quantity: .loss, value: .nan, step: 1, samples: [], tensor: nil, checkpoint: nil)
    #expect(
      loss.description
        == "step 1: the loss is nan; all weights and gradients are finite: the numbers grew too large on "
        + "the way")
  }
}
