import Foundation
import FoxEngines
import FoxFiles
import FoxGLUE
import FoxModels
import FoxTables
import FoxTrainer

extension Verification {
  /// Everything that needs no weights.
  ///
  /// Operations, steps, batches, mean and deviation are computed. The rest only shows that the print
  /// agrees with itself: one runtime explains three speeds, accuracies are whole numbers of 872, and
  /// the pivots were copied without a slip.
  ///
  /// - Throws: Nothing that can happen: what the rooms below throw of wrong input.
  mutating func addWithoutWeights() throws {
    for report in PrintedNumbers.reports {
      let operations = try Self.operations(report)
      add(report.question, "total_flos", printed: report.operations, ours: operations)
      let batch = report.question == "q2.1" ? 8 : 32
      let batches = (report.samples + batch - 1) / batch
      add(
        report.question, "steps", printed: "\(report.steps)",
        ours: "\(batches * Int(report.epochs))")
      add(
        report.question, "train metrics", printed: Self.printed(report),
        ours: Self.ours(report, operations: operations), kind: .consistent)
    }
    addAccuracies()
    try addSummary()
    addTranslations()
  }

  /// `6 × tokens × parameters` of a run, as it is printed.
  private static func operations(_ report: PrintedNumbers.TrainReport) throws -> String {
    let isLanguageModel = report.question == "q2.1"
    var classifier = BERTConfiguration()
    // bert-base-cased: 28,996 words. Tables do not count, so that it changes nothing.
    (classifier.vocabularySize, classifier.architecture) = (28996, .classifier)
    let shapes = isLanguageModel ? GPT2Configuration().parameters : classifier.parameters
    let counted = FloatingPointOperations.counted(
      shapes.map { (name: $0.name, count: $0.shape.reduce(1, *)) })
    let tokens = report.samples * (isLanguageModel ? 256 : 128) * Int(report.epochs)
    return Self.value(
      of: "total_flos",
      .number(FloatingPointOperations.estimate(tokens: tokens, parameters: counted)))
  }

  /// How a value is printed in a report of metrics.
  private static func value(of key: String, _ value: JSON) -> String {
    let text = MetricsReport.text("train", JSON.Object([(key, value)]))
    return text.components(separatedBy: " = ").last ?? text
  }

  /// The lines of the print; blanks between key and value are not kept by it.
  private static func printed(_ report: PrintedNumbers.TrainReport) -> String {
    let epoch = String(format: "%.1f", report.epochs)
    return "epoch \(epoch), total_flos \(report.operations), train_loss \(report.loss), "
      + "train_runtime \(report.runtime), train_samples \(report.samples), "
      + "train_samples_per_second \(report.samplesPerSecond), "
      + "train_steps_per_second \(report.stepsPerSecond)"
  }

  /// The same lines of our own report, for the one runtime that the three printed times allow.
  private static func ours(
    _ report: PrintedNumbers.TrainReport, operations: String
  ) -> String {
    let work = Double(report.samples) * report.epochs
    // What is printed is rounded to three places: the runtime is one of these.
    let runtimes = stride(from: -0.0005, through: 0.0005, by: 0.00001).map {
      work / (report.samplesPerSecond + $0)
    }
    func speeds(_ runtime: Double) -> [(String, JSON)] {
      [
        ("train_runtime", .number((runtime * 1e4).rounded() / 1e4)),
        ("train_samples_per_second", .number(rounded(work / runtime))),
        ("train_steps_per_second", .number(rounded(Double(report.steps) / runtime))),
      ]
    }
    let texts = runtimes.map { runtime in
      let metrics = JSON.Object(
        [
          ("epoch", .number(report.epochs)), ("total_flos", .string(operations)),
          ("train_loss", .number(report.loss)), ("train_samples", .integer(report.samples)),
        ] + speeds(runtime))
      let lines = MetricsReport.text("train", metrics).split(separator: "\n").dropFirst()
      return lines.map { line in
        line.split(separator: " ").filter { $0 != "=" }.joined(separator: " ")
      }.joined(separator: ", ")
    }
    return texts.first { $0 == printed(report) } ?? texts[texts.count / 2]
  }

  private static func rounded(_ speed: Double) -> Double { (speed * 1000).rounded() / 1000 }

  /// Each printed accuracy is a number of right ones out of 872.
  private mutating func addAccuracies() {
    let all = PrintedNumbers.evaluationSentences
    add(
      "q3.1", "batches of 8 of an evaluation", printed: "\(PrintedNumbers.evaluationBatches)",
      ours: "\((all + 7) / 8)")
    for (question, accuracies) in [
      ("q3.1", PrintedNumbers.baselineAccuracies), ("q3.2", PrintedNumbers.augmentedAccuracies),
    ] {
      for printed in accuracies {
        let correct = Int((printed * Double(all)).rounded())
        let ours = Self.value(
          of: "eval_accuracy", .number(Double(Float(Double(correct) / Double(all)))))
        add(
          question, "eval_accuracy, as \(correct) of \(all)",
          printed: Self.value(of: "eval_accuracy", .number(printed)), ours: ours,
          kind: .consistent)
      }
    }
    for (correct, printed) in zip(
      PrintedNumbers.augmentedCorrect, PrintedNumbers.augmentedAccuracies)
    {
      add(
        "q3.2", "right ones of accuracy \(printed)", printed: "\(correct)",
        ours: "\(Int((printed * Double(all)).rounded()))", kind: .consistent)
    }
  }

  /// Mean and standard deviation of the four seeds: all printed digits.
  private mutating func addSummary() throws {
    let accuracies = PrintedNumbers.augmentedCorrect.map {
      Double(Float(Double($0) / Double(PrintedNumbers.evaluationSentences)))
    }
    let summary = try SeedSummary.of(accuracies)
    add(
      "q3.2", "last line",
      printed: PrintedNumbers.lastLine,
      ours: summary.line(metric: "accuracy", path: "tinySST/dev.csv"))
  }

  /// The listing of a sentence and its back-translations, and how many sentences the set has.
  private mutating func addTranslations() {
    let group = AugmentedGroup(
      original: LabelledText(guid: "train-1", text: PrintedNumbers.sentence, label: "1"),
      paraphrases: RecordedTranslator.homeworkTrips.map {
        Paraphrase(pivot: $0.pivot.code, passage: Passage(hops: [$0.text]))
      })
    let pivots = RecordedTranslator.homework.trips
    let set = AugmentedSet(translator: "recorded", pivots: pivots, groups: [group])
    for (printed, ours) in zip(PrintedNumbers.listing, set.listing(of: 0)) {
      add("q3.1", "listing", printed: printed, ours: ours, kind: .consistent)
    }
    let sentences = PrintedNumbers.trainingSentences * set.listing(of: 0).count
    add(
      "q3.2", "sentences: 20, each with its 14 paraphrases", printed: "300", ours: "\(sentences)",
      kind: .consistent)
  }
}
