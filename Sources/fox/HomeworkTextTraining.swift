import Foundation
import FoxFiles
import FoxHomework
import FoxQuestions

// Answers of parts 2 and 3 as lines.
extension HomeworkText {
  func lines(_ answer: Q2_1) -> [String] {
    var rows = [["", "before", "after", "change", "95 % interval"]]
    let values = [
      ("perplexity", answer.before.perplexity, answer.after.perplexity),
      ("ROUGE-3, the homework's", answer.before.homeworkROUGE3, answer.after.homeworkROUGE3),
      ("ROUGE-1", answer.before.rouge1, answer.after.rouge1),
      ("ROUGE-2", answer.before.rouge2, answer.after.rouge2),
      ("ROUGE-3", answer.before.rouge3, answer.after.rouge3),
      ("ROUGE-L", answer.before.rougeL, answer.after.rougeL),
    ]
    for (value, difference) in zip(values, answer.differences) {
      rows.append([
        value.0, number(value.1, 3), number(value.2, 3), signed(difference.mean),
        "\(signed(difference.lower)) to \(signed(difference.upper))",
      ])
    }
    var lines = [
      "\(counted(answer.trainingStories, "story", "stories")), \(counted(answer.blocks, "block")), "
        + "\(counted(answer.steps, "step")): loss "
        + "\(number(answer.losses.first?.loss ?? .nan, 3)) at first, "
        + "\(number(answer.losses.last?.loss ?? .nan, 3)) at last; "
        + counted(answer.before.pairs, "pair"),
      "",
    ]
    lines += TextTable(rows, left: [0]).lines + [""]
    if let example = answer.examples.first {
      for (name, text) in [
        ("first sentence", example.first), ("the true next", example.second),
        ("before", example.before), ("after", example.after),
      ] {
        lines += TextTable.wrapped("\(name): \(text)")
      }
      lines.append("")
    }
    return lines + TextTable.wrapped(answer.conclusion)
  }

  func lines(_ answer: Q3_1) -> [String] {
    var lines = ["\(answer.classifier), accuracy"] + table(answer.runs) + [""]
    if let choice = answer.choice { lines += self.lines(choice) + [""] }
    for run in answer.runs {
      lines += ["confusion of the first seed, \(run.name)"]
      lines += confusion(run.confusion, answer.labels) + [""]
    }
    return lines + TextTable.wrapped(answer.conclusion)
  }

  func lines(_ answer: Q3_2) -> [String] {
    var lines = answer.example.map { translation in
      let name = translation.pivot.isEmpty ? "original" : translation.pivot
      return "  \(name.padding(toLength: 14, withPad: " ", startingAt: 0))"
        + translation.text
    }
    var rows = [["pivot", "kept", "dropped", "similarity", "gain alone"]]
    for pivot in answer.pivots {
      let dropped = pivot.dropped.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
      rows.append([
        pivot.name, "\(pivot.kept)", dropped.joined(separator: ", "),
        number(pivot.similarity, 3), pivot.gain.map(signed) ?? "–",
      ])
    }
    lines += ["", "\(answer.translator)"] + TextTable(rows, left: [0]).lines + ["", "accuracy"]
    lines += table(answer.comparisons.flatMap { [$0.without, $0.with] }) + [""]
    for comparison in answer.comparisons {
      lines.append(
        "gain with \(comparison.name): \(signed(comparison.gain)), 95 % interval "
          + "\(signed(comparison.lower)) to \(signed(comparison.upper))")
    }
    if let choice = answer.choice { lines += [""] + self.lines(choice) }
    return lines + [""] + TextTable.wrapped(answer.conclusion)
  }

  /// A line for each run: what, then a column for each seed.
  private func table(_ runs: [SeedRuns]) -> [String] {
    var rows = [
      ["", "steps", "rate"] + (runs.first?.seeds.map(String.init) ?? []) + ["mean", "std"]
    ]
    for run in runs {
      rows.append(
        [run.name, "\(run.steps)", String(format: "%g", run.learningRate)]
          + run.accuracies.map { number($0, 4) }
          + [number(run.mean, 4), number(run.deviation, 4)])
    }
    return TextTable(rows, left: [0]).lines
  }

  private func lines(_ choice: CrossValidation) -> [String] {
    var rows = [["rate", "epochs", "accuracy", "loss", ""]]
    for (index, trial) in choice.trials.enumerated() {
      rows.append([
        String(format: "%g", trial.learningRate), String(format: "%g", trial.epochs),
        number(trial.accuracy, 3), number(trial.loss, 4), index == choice.chosen ? "chosen" : "",
      ])
    }
    return ["cross-validation in \(choice.folds) folds"] + TextTable(rows, left: [4]).lines
  }

  private func confusion(_ counts: [[Int]], _ labels: [String]) -> [String] {
    let names = labels.map { String($0.prefix(20)) }
    return TextTable(
      [["true \\ predicted"] + names]
        + zip(names, counts).map { [$0] + $1.map(String.init) }
    ).lines
  }

  private func signed(_ value: Double) -> String { String(format: "%+.3f", value) }
}
