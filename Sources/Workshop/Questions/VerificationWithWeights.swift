import Foundation
import FoxGLUE
import FoxHomework
import FoxSearch
import FoxTables

/// Where the weights and data are that the homework used; what is not there is said, not an error.
package struct VerificationParts: Sendable {
  /// A folder with OpenAI's `gpt2`.
  package var gpt2: String?
  /// A folder with Google's `bert-base-cased`.
  package var bert: String?
  /// A folder with CoQA's two files.
  package var coqa: String?
  /// A folder with the homework's own tinySST, `train.tsv`, `train-aug.tsv` and `dev.tsv`.
  package var tinySST: String?
  /// Whether to fine-tune too, which takes the better part of an hour.
  package var trains = false

  package init() {}
}

extension Verification {
  /// Compares everything that can be compared with what is there.
  ///
  /// - Parameter progress: Is told what is being computed.
  /// - Throws: What is wrong with weights or data that are there.
  package init(
    _ parts: VerificationParts, progress: @escaping (String) -> Void = { _ in }
  ) throws {
    self.init()
    let model = try parts.gpt2.map { try HomeworkModel(folder: $0) }
    try addSearches(model, progress: progress)
    try addWithoutWeights()
    try addFineTuning(model, parts, progress: progress)
    try addClassifiers(parts, progress: progress)
    let order = HomeworkQuestion.allCases.map(\.rawValue)
    func place(_ row: Row) -> Int {
      order.firstIndex { row.question.hasPrefix($0) } ?? order.count
    }
    rows = rows.enumerated().sorted {
      (place($0.element), $0.offset) < (place($1.element), $1.offset)
    }.map(\.element)
  }

  static let gpt2Remedy = "gpt2: fox fetch gpt2"
  static let bertRemedy = "bert-base-cased: fox fetch bert-base-cased"

  // MARK: - Part 1

  private mutating func addSearches(
    _ model: HomeworkModel?, progress: (String) -> Void
  ) throws {
    for search in PrintedSearch.all {
      progress(search.id)
      guard let model else {
        for row in search.rows { need(search, row) }
        continue
      }
      // Where the print cuts off the number of steps, enough for what is left of the texts.
      let result = try model.search(
        search.prompt, beams: search.beams, steps: search.steps ?? 40,
        processors: search.processor.map { [$0.processor] } ?? [])
      for row in search.rows where result.beams.indices.contains(row.beam) {
        let beam = result.beams[row.beam]
        add(
          search.id, row, ours: (beam.scorePerToken, try beam.text(model.tokenizer)),
          tolerance: search.tolerance)
      }
      if search.trace.isEmpty { continue }
      // The print does not keep blanks.
      let trace = try result.trace.prefix(search.trace.count).map {
        try $0.line(model.tokenizer).split(separator: " ").joined(separator: " ")
      }
      add(
        search.id, "the first \(search.trace.count) lines of the trace",
        printed: search.trace.joined(separator: "; "), ours: trace.joined(separator: "; "))
    }
  }

  private mutating func need(_ search: PrintedSearch, _ row: PrintedSearch.Row) {
    need(
      search.id, "beam \(row.beam)", printed: row.shown(search.tolerance), Self.gpt2Remedy,
      tolerance: search.tolerance)
    if !search.trace.isEmpty {
      need(
        search.id, "the first \(search.trace.count) lines of the trace",
        printed: search.trace.joined(separator: "; "), Self.gpt2Remedy)
    }
  }

  // MARK: - Part 2

  private mutating func addFineTuning(
    _ model: HomeworkModel?, _ parts: VerificationParts, progress: @escaping (String) -> Void
  ) throws {
    let (perplexities, rouges) = (PrintedNumbers.perplexities, PrintedNumbers.rouges)
    let printed = [
      ("perplexity before", perplexities.before, 0.02), ("ROUGE-3 before", rouges.before, 0.0006),
      ("train_loss", PrintedNumbers.reports[0].loss, 0.02),
      ("perplexity after", perplexities.after, 0.3), ("ROUGE-3 after", rouges.after, 0.004),
    ]
    guard let model, let coqa = parts.coqa else {
      let remedy =
        (parts.gpt2 == nil ? "\(Self.gpt2Remedy)" : "")
        + (parts.gpt2 == nil && parts.coqa == nil ? "; and " : "")
        + (parts.coqa == nil ? "coqa-train and coqa-dev (--coqa DIR)" : "")
      for (what, value, tolerance) in printed {
        need("q2.1", what, printed: "\(value)", remedy, tolerance: tolerance)
      }
      return
    }
    let data = HomeworkData(folder: coqa)
    var ours: [Double] = []
    if parts.trains {
      let answer = try model.fineTuning(on: data) { progress("q2.1: \($0)") }
      let losses = answer.losses.map(\.loss)
      ours = [
        answer.before.perplexity, answer.before.homeworkROUGE3, NumPy.mean(losses),
        answer.after.perplexity, answer.after.homeworkROUGE3,
      ]
    } else {
      let pairs = SentencePairs.of(stories: try data.splitStories().evaluation)
      let measured = try PairEvaluation.measured(pairs, model.model, model.tokenizer) {
        progress("q2.1: \($0) of \($1) pairs")
      }
      let before = try Q2_1.PairScores(measured)
      ours = [before.perplexity, before.homeworkROUGE3]
    }
    for (index, (what, value, tolerance)) in printed.enumerated() {
      if ours.indices.contains(index) {
        let places = what == "train_loss" ? 4 : 3
        add(
          "q2.1", what, printed: value, ours: ours[index], places: places, tolerance: tolerance)
      } else {
        need("q2.1", what, printed: "\(value)", "time: --train", tolerance: tolerance)
      }
    }
  }

  // MARK: - Part 3

  /// What a GPU drew can only be compared by its range: orders and heads are the notebook's, the masks
  /// of dropout are not.
  private mutating func addClassifiers(
    _ parts: VerificationParts, progress: @escaping (String) -> Void
  ) throws {
    let sets = [
      (
        "q3.1", "train.tsv", PrintedNumbers.baselineAccuracies, tolerance: 0.1
      ), ("q3.2", "train-aug.tsv", PrintedNumbers.augmentedAccuracies, tolerance: 0.045),
    ]
    for (question, file, accuracies, tolerance) in sets {
      let mean = NumPy.mean(accuracies)
      let what = "mean accuracy of the seeds, a GPU's dropout"
      let paths = parts.tinySST.map { ("\($0)/\(file)", "\($0)/dev.tsv") }
      guard let bert = parts.bert, let paths else {
        let remedy =
          (parts.bert == nil ? "\(Self.bertRemedy); and " : "")
          + "the homework's tinySST (FOX_DATA/tinySST-homework)"
        need(
          question, what, printed: String(format: "%.4f", mean), remedy, tolerance: tolerance)
        continue
      }
      let encoder = try HomeworkEncoder(
        folder: bert,
        data: LabelledData(
          name: "the homework's tinySST", training: try Table.read(path: paths.0),
          evaluation: try Table.read(path: paths.1)), progress: progress)
      let runs = try encoder.classifier(ClassifierPlan())
        .runs(question, on: encoder.training(), ClassifierPlan().numbers)
      add(
        question, what, printed: mean, ours: runs.mean, places: 4, tolerance: tolerance)
    }
  }
}

extension PrintedSearch.Processor {
  var processor: any ScoreProcessor {
    switch self {
    case .wordBlock: WordBlock()
    case .beamBlock: BeamBlock()
    }
  }
}
