import FoxHomework
import FoxQuestions

/// Fine-tuning GPT-2 on stories: Q2.1.
enum Part2 {
  static func make(_ results: HomeworkResults) -> Part {
    Part(
      id: "part-2", title: "Fine-tuning on stories",
      about: "The same model, trained on stories, and measured on how it goes on from a first "
        + "sentence.",
      questions: [fineTuning(results.fineTuning)])
  }

  private static func fineTuning(_ answer: Q2_1?) -> Question {
    var question = Question(
      question: .fineTuning,
      asked: "Measure perplexity and ROUGE before and after training. Which of them says that the "
        + "model got better, and which is to be believed?",
      code: """
        let run = try LanguageModelRun(path: configuration)  // coqa.json
        let task = try run.makeTask()
        _ = try Trainer(task, run.training).train()
        let pairs = SentencePairs.of(stories: stories)  // that were not trained on
        let after = try PairEvaluation.run(pairs, model: task.model.model, tokenizer: tokenizer)
        print(after.perplexity, after.generation?.homework ?? .nan)
        """,
      command: "fox train lm coqa.json && fox eval pairs --model runs/coqa --data dev.json")
    guard let answer else { return question }
    question.body =
      [
        .text(
          "\(Numbers.count(answer.trainingStories, "story", "stories")), "
            + "\(Numbers.count(answer.blocks, "block")) of tokens, "
            + "\(Numbers.count(answer.steps, "step")).")
      ] + losses(answer) + [.heading("Before and after"), .table(scores(answer))]
      + differences(answer) + examples(answer)
    question.conclusion = answer.conclusion
    return question
  }

  private static func losses(_ answer: Q2_1) -> [AnswerPiece] {
    if answer.losses.isEmpty { return [] }
    let chart = LineChart(
      title: "Training loss, by step.", xLabel: "step", yLabel: "loss",
      series: [
        .init(
          "loss", answer.losses.map { (x: Double($0.step), y: $0.loss) },
          isMarked: answer.losses.count <= 40)
      ])
    return [.figures([chart.figure(id: "figure-2-1-loss")])]
  }

  private static func scores(_ answer: Q2_1) -> DataTable {
    func row(_ name: String, _ key: KeyPath<Q2_1.PairScores, Double>) -> [String] {
      let (before, after) = (answer.before[keyPath: key], answer.after[keyPath: key])
      return [
        name, Numbers.fixed(before), Numbers.fixed(after), Numbers.signed(after - before),
      ]
    }
    return DataTable(
      caption: "\(Numbers.count(answer.after.pairs, "pair")) of sentences. Lower perplexity is "
        + "better, higher ROUGE is better.",
      columns: [.text("measure"), .number("before"), .number("after"), .number("difference")],
      rows: [
        row("perplexity", \.perplexity), row("ROUGE-3 as the homework counts", \.homeworkROUGE3),
        row("ROUGE-1", \.rouge1), row("ROUGE-2", \.rouge2), row("ROUGE-3", \.rouge3),
        row("ROUGE-L", \.rougeL),
      ])
  }

  /// Perplexity moves by units, ROUGE by hundredths: they do not share an axis.
  private static func differences(_ answer: Q2_1) -> [AnswerPiece] {
    let isRouge = { (row: Q2_1.Difference) in
      row.metric.lowercased().contains("rouge")
    }
    let groups = [
      ("rouge", answer.differences.filter(isRouge)),
      ("other", answer.differences.filter { !isRouge($0) }),
    ]
    let few = answer.after.pairs < 10 ? " So few pairs make an interval that says little." : ""
    let figures = groups.filter { !$0.1.isEmpty }.map { name, rows -> Figure in
      let metrics = rows.map(\.metric).joined(separator: ", ")
      let names =
        name == "rouge" ? "ROUGE" : metrics.prefix(1).uppercased() + metrics.dropFirst()
      return RowPlot(
        title: "\(names), after minus before: mean and 95 % interval of a paired bootstrap over "
          + "\(Numbers.count(answer.after.pairs, "pair")).\(few)",
        axisLabel: "difference",
        rows: rows.map { row in
          .init(
            label: written(row.metric), mean: row.mean,
            interval: min(row.lower, row.upper)...max(row.lower, row.upper))
        }, reference: 0, intervalName: "95 % interval"
      ).figure(id: "figure-2-1-\(name)")
    }
    return figures.isEmpty ? [] : [.figures(figures)]
  }

  /// `rouge1` as it is written.
  private static func written(_ metric: String) -> String {
    metric.hasPrefix("rouge") ? "ROUGE-" + metric.dropFirst(5) : metric
  }

  private static func examples(_ answer: Q2_1) -> [AnswerPiece] {
    if answer.examples.isEmpty { return [] }
    let table = DataTable(
      caption: "How the model goes on from a first sentence.",
      columns: [.text("first"), .text("second, as written"), .text("before"), .text("after")],
      rows: answer.examples.map { [$0.first, $0.second, $0.before, $0.after] })
    return [.heading("Examples"), .table(table)]
  }
}
