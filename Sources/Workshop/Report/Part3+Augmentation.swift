import FoxHomework
import FoxQuestions

extension Part3 {
  static func augmentation(_ answer: Q3_2?) -> Question {
    var question = Question(
      question: .augmentation,
      asked: "Translate each sentence to other languages and back, and train on the paraphrases "
        + "too. Is the classifier better, by how much, and thanks to which languages?",
      code: """
        for seed in [1234, 2341, 3412, 4123] {
          // augmented.json, with another seed
          let run = try ClassifierRun(path: configuration, settings: ["seed=\\(seed)"])
          print(try Trainer(run.prepare().task, run.training).train())
        }
        """,
      command: "fox augment --input train.tsv --dev dev.tsv --output augmented "
        + "--pivots spa,cat,glg,epo && fox train classifier augmented.json "
        + "--seeds 1234,2341,3412,4123",
      needs: [bert, ".ci/apertium               # translation there and back"])
    guard let answer else { return question }
    question.body =
      [.text("Translations: \(answer.translator).")] + listing(answer)
      + [
        .figures([pairs(answer), gains(answer)]),
        .table(runTable(answer.comparisons.flatMap { [$0.without, $0.with] })),
      ] + (answer.choice.map(trials) ?? []) + [.heading("The pivots")]
      + pivotPlot(answer) + [.table(pivotTable(answer))]
    question.conclusion = answer.conclusion
    return question
  }

  private static func listing(_ answer: Q3_2) -> [AnswerPiece] {
    if answer.example.isEmpty { return [] }
    let table = DataTable(
      caption: "A sentence and its back-translations.",
      columns: [.text("pivot"), .text("sentence")],
      rows: answer.example.map { [$0.pivot.isEmpty ? "original" : $0.pivot, $0.text] })
    return [.table(table)]
  }

  private static func pairs(_ answer: Q3_2) -> Figure {
    RowPlot(
      title: "Accuracy of each seed without and with back-translations.",
      axisLabel: "accuracy",
      rows: answer.comparisons.flatMap { comparison in
        [
          row(comparison.without, name: "without: \(comparison.name)", style: 1),
          row(comparison.with, name: "with: \(comparison.name)", style: 0),
        ]
      },
      pointNames: names(answer.comparisons.map(\.without)), intervalName: "± 1 deviation"
    ).figure(id: "figure-3-2-accuracy")
  }

  private static func gains(_ answer: Q3_2) -> Figure {
    RowPlot(
      title: "With minus without, seed by seed: mean and 95 % interval over "
        + "\(Numbers.count(answer.comparisons.first?.with.seeds.count ?? 0, "seed")).",
      axisLabel: "gain in accuracy",
      rows: answer.comparisons.map { comparison in
        let paired = zip(comparison.with.accuracies, comparison.without.accuracies).map { $0 - $1 }
        let bounds = [comparison.lower, comparison.upper]
        return .init(
          label: comparison.name, points: paired, mean: comparison.gain,
          interval: (bounds.min() ?? 0)...(bounds.max() ?? 0))
      },
      pointNames: names(answer.comparisons.map(\.without)), reference: 0,
      intervalName: "95 % interval"
    ).figure(id: "figure-3-2-gain")
  }

  private static func pivotPlot(_ answer: Q3_2) -> [AnswerPiece] {
    let measured = answer.pivots.filter { $0.gain != nil }
      .sorted { ($0.gain ?? 0) > ($1.gain ?? 0) }
    if measured.isEmpty { return [] }
    let plot = RowPlot(
      title: "What one pivot alone brings: mean gain over the seeds.",
      axisLabel: "gain in accuracy",
      rows: measured.map { .init(label: $0.name, points: [$0.gain ?? 0]) },
      pointNames: ["gain"], reference: 0)
    return [.figures([plot.figure(id: "figure-3-2-pivots")])]
  }

  private static func pivotTable(_ answer: Q3_2) -> DataTable {
    let reasons = Set(answer.pivots.flatMap(\.dropped.keys)).sorted()
    return DataTable(
      caption: "Paraphrases kept and dropped, likeness to the original (0 to 1), and gain.",
      columns: [.text("pivot"), .number("kept")] + reasons.map { .number($0) } + [
        .number("likeness"), .number("gain"),
      ],
      rows: answer.pivots.map { pivot in
        [pivot.name, "\(pivot.kept)"] + reasons.map { "\(pivot.dropped[$0] ?? 0)" } + [
          Numbers.fixed(pivot.similarity, 2),
          pivot.gain.map { Numbers.signed($0, 4) } ?? "–",
        ]
      })
  }
}
