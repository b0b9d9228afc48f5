import TestSupport
import Testing

@testable import FoxTrainer

@Suite("TrainingError")
struct TrainingErrorTests {
  private static let bad = NonFinite.BadTensor(isGradient: true, name: "w", index: 3, value: .nan)

  static let table: [(TrainingError, String)] = [
    (.empty("x"), "x is empty"),
    (
      .labels(path: "a.csv", column: "y", problem: "has an empty label"),
      "a.csv: the label column \"y\" has an empty label"
    ),
    (
      .configuration(path: "c.json", key: "seed", found: "\"x\"", expected: "an integer"),
      "c.json: seed is \"x\"; expected an integer"
    ),
    (
      .unknownKeys(path: "c.json", keys: ["sede", "\u{1B}x"], suggestions: ["sede": "seed"]),
      "c.json: unknown keys \"sede\" (seed?), \"\\u001bx\" (remove --strict to ignore)"
    ),
    (
      .unsupported(path: "c.json", key: "fp16", found: "true", reason: "no GPU"),
      "c.json: fp16 is true, which cannot be done here: no GPU"
    ),
    (
      .conflict(path: "c.json", keys: ["a", "b"], reason: "they differ"),
      "c.json: a and b do not go together: they differ"
    ),
    (
      .missingKey(path: "c.json", key: "output_dir", reason: "needed"),
      "c.json: output_dir is missing: needed"
    ),
    (
      .tokenizerTooLarge(folder: "t", tokens: 10, vocabulary: 8),
      "t: this tokenizer has ids up to 9, the model only 8 words"
    ),
    (
      .tooLarge(parameters: "10", memory: 3 << 20),
      "training a model of 10 parameters takes 16 bytes for each, more than the 3 MB of memory"
    ),
    (
      .outputNotEmpty("out"),
      "out already exists and is not empty; set overwrite_output_dir to true to train all the same, "
        + "or choose another output_dir"
    ),
    (
      .outputInUse("out"),
      "out: another process trains here; wait for it or choose another output_dir"
    ),
    (.noCheckpoint(folder: "out"), "out: there is no complete checkpoint to resume from"),
    (.checkpoint(path: "f", problem: "damaged"), "f: damaged"),
    (
      .otherRun(checkpoint: "c", key: "seed", then: "1", now: "2"),
      "c: was written with seed = 1, now it is 2; resume with the old value or begin a new run "
        + "(overwrite_output_dir)"
    ),
    (
      .notFinite(
        NonFinite(
          quantity: .gradientNorm, value: .infinity, step: 3, samples: Array(0..<40), tensor: bad,
          checkpoint: "out/checkpoint-2")),
      "step 3: the gradient norm is inf on samples 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, "
        + "15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, …; first bad number: "
        + "element 3 of the gradient of w is nan; out/checkpoint-2 is kept"
    ),
    (
      .notFinite(
        NonFinite(
          quantity: .loss, value: .nan, step: 1, samples: [], tensor: nil, checkpoint: nil)),
      "step 1: the loss is nan; all weights and gradients are finite: the numbers grew too large on "
        + "the way"
    ),
    (
      .interrupted(step: 4, checkpoint: "c"),
      "interrupted after step 4; --resume goes on from c"
    ),
    (
      .interrupted(step: 0, checkpoint: nil), "interrupted after step 0; there is no checkpoint yet"
    ),
  ]

  @Test("has words for every case", .spec("FAIL-1"), arguments: table)
  func words(error: TrainingError, words: String) { #expect(error.description == words) }
}
