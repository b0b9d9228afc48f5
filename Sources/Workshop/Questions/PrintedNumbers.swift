/// What the homework's notebook prints in parts 2 and 3.
///
/// `Golden/homework/part2.json` and `part3.json` have the same numbers, and a test compares them.
enum PrintedNumbers {
  /// A report of training as it is printed, values as texts.
  struct TrainReport: Equatable, Sendable {
    let question: String
    let epochs: Double
    let operations: String
    let loss: Double
    let runtime: String
    let samples: Int
    let samplesPerSecond: Double
    let stepsPerSecond: Double
    /// Of the progress bar.
    let steps: Int
  }

  /// Q2.1, and the first seed of Q3.1 and Q3.2.
  static let reports: [TrainReport] = [
    .init(
      question: "q2.1", epochs: 1, operations: "124593GF", loss: 3.4296, runtime: "0:01:15.59",
      samples: 1024, samplesPerSecond: 13.546, stepsPerSecond: 1.693, steps: 128),
    .init(
      question: "q3.1", epochs: 3, operations: "3675GF", loss: 0.6892, runtime: "0:00:01.21",
      samples: 20, samplesPerSecond: 49.21, stepsPerSecond: 2.46, steps: 3),
    .init(
      question: "q3.2", epochs: 3, operations: "55134GF", loss: 0.4333, runtime: "0:00:16.73",
      samples: 300, samplesPerSecond: 53.795, stepsPerSecond: 1.793, steps: 30),
  ]

  /// Q2.1: before and after fine-tuning, to three places.
  static let perplexities = (before: 34.129, after: 30.469)
  static let rouges = (before: 0.086, after: 0.083)

  /// Q3.1: of three seeds; the fourth is cut off.
  static let baselineAccuracies = [0.4977, 0.5, 0.6055]
  /// Q3.2: of three seeds; the fourth is cut off, and follows from the mean.
  static let augmentedAccuracies = [0.6927, 0.6938, 0.6709]
  /// How many of the 872 sentences that is.
  static let augmentedCorrect = [604, 605, 585, 561]
  static let evaluationSentences = 872
  /// Of the progress bar of an evaluation.
  static let evaluationBatches = 109
  static let lastLine =
    "Accuracy on TinySST dev set: 0.6751720309257507 +/- 0.020520400137613005"

  static let trainingSentences = 20

  /// Q3.1: the sentence that is listed; its back-translations are `RecordedTranslator.homeworkTrips`.
  static let sentence = "its unerring respect for them"
  /// The listing as it is printed, `guid.ljust(20)` and text.
  static let listing = [
    "train-1              its unerring respect for them",
    "train-1-aug-en       its unerring respect for them",
    "train-1-aug-cs       his unfailing respect for them",
    "train-1-aug-de       his unfailing respect for her",
    "train-1-aug-es       his unfailing respect for them",
    "train-1-aug-fi       its unmistakable respect for them",
    "train-1-aug-fr       his unfailing respect for them",
    "train-1-aug-hi       it's an absolute honor for him",
    "train-1-aug-it       his unfailing respect for them",
    "train-1-aug-ja       unwavering respect for them",
    "train-1-aug-pt       his unfailing respect for them",
    "train-1-aug-ru       his unmistakable respect for them",
    "train-1-aug-vi       its unwavering respect for them",
    "train-1-aug-zh-cn    its respect for them",
    "train-1-aug-fa       Its unparalleled respect for them",
  ]
}
