import FoxHomework
import FoxQuestions

/// BERT on twenty sentences, and back-translation: Q3.1, Q3.2.
enum Part3 {
  static let bert = "Weights/fetch-minilm.sh    # a BERT"
  static func make(_ results: HomeworkResults) -> Part {
    Part(
      id: "part-3", title: "BERT on twenty sentences",
      about: "Sentiment from next to no data: a BERT fine-tuned on twenty labelled sentences, then "
        + "on their back-translations too.",
      questions: [
        classification(results.classification), augmentation(results.augmentation),
      ])
  }

  private static func classification(_ answer: Q3_1?) -> Question {
    var question = Question(
      question: .classification,
      asked: "Fine-tune with four seeds. How good is the classifier, and how much of that is luck?",
      code: """
        for seed in [1234, 2341, 3412, 4123] {
          // tinysst.json, with another seed
          let run = try ClassifierRun(path: configuration, settings: ["seed=\\(seed)"])
          print(try Trainer(run.prepare().task, run.training).train())
        }
        """,
      command: "fox train classifier tinysst.json --seeds 1234,2341,3412,4123",
      needs: [bert])
    guard let answer else { return question }
    question.body =
      [
        .text("The model is \(answer.classifier)."), .figures([accuracies(answer)]),
        .table(runTable(answer.runs)),
      ] + (answer.choice.map(trials) ?? [])
      + [.heading("Confusion"), .confusion(answer.runs, labels: answer.labels)]
    question.conclusion = answer.conclusion
    return question
  }

  private static func accuracies(_ answer: Q3_1) -> Figure {
    RowPlot(
      title: "Accuracy of each seed, with mean and standard deviation; the line is chance.",
      axisLabel: "accuracy",
      rows: answer.runs.enumerated().map { row($1, style: $0 % 4) },
      pointNames: names(answer.runs), reference: chance(answer.labels.count),
      intervalName: "± 1 deviation"
    ).figure(id: "figure-3-1")
  }

  private static func chance(_ labels: Int) -> Double? { labels > 0 ? 1 / Double(labels) : nil }

  static func names(_ runs: [SeedRuns]) -> [String] {
    (runs.first?.seeds ?? []).map { "seed \($0)" }
  }

  static func row(_ run: SeedRuns, name: String? = nil, style: Int) -> RowPlot.Row {
    .init(
      label: name ?? run.name, points: run.accuracies, mean: run.mean,
      interval: run.mean - abs(run.deviation)...run.mean + abs(run.deviation), style: style)
  }

  static func runTable(_ runs: [SeedRuns]) -> DataTable {
    DataTable(
      caption: "Each seed's accuracy on sentences that were not trained on.",
      columns: [
        .text("run"), .number("sentences"), .number("rate"), .number("epochs"), .number("steps"),
      ] + (runs.first?.seeds ?? []).map { .number("\($0)") } + [.number("mean ± std")],
      rows: runs.map { run in
        [
          run.name, "\(run.trainingSentences)", Numbers.short(run.learningRate),
          Numbers.short(run.epochs), "\(run.steps)",
        ] + run.accuracies.map { Numbers.fixed($0) } + [
          "\(Numbers.fixed(run.mean)) ± \(Numbers.fixed(run.deviation))"
        ]
      }, hasLongNames: true)
  }

  static func trials(_ choice: CrossValidation) -> [AnswerPiece] {
    let table = DataTable(
      caption: "\(choice.folds)-fold cross-validation on the training sentences alone; the chosen "
        + "trial is marked.",
      columns: [
        .number("learning rate"), .number("epochs"), .number("accuracy"), .number("loss"),
      ],
      rows: choice.trials.map { trial in
        [
          Numbers.short(trial.learningRate), Numbers.short(trial.epochs),
          Numbers.fixed(trial.accuracy), Numbers.fixed(trial.loss),
        ]
      }, chosen: choice.chosen)
    return [.heading("How the rate and the epochs were chosen"), .table(table)]
  }
}
