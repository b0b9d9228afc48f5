import FoxHomework
import FoxQuestions

/// Beam sizes and what processors forbid: Q1.3 to Q1.5.
extension Part1 {
  static func beamSizes(_ answer: Q1_3?) -> Question {
    let prompt = answer?.prompt ?? LanguageModel.barnPrompt
    let most = answer?.sizes.map(\.beams).max() ?? 5
    let steps = answer?.steps ?? 20
    var question = Question(
      question: .beamSizes,
      asked: "Search with one beam, two, and so on. Does a wider search always end with a better "
        + "score?",
      code: """
        let prompt = try tokenizer.encodeIDs(\(SwiftCode.literal(prompt)))
        for beams in 1...\(most) {
          let result = try BeamSearch(beams: beams, steps: \(steps)).run(prompt, on: model)
          print(beams, result.beams[0].scorePerToken)
        }
        """,
      command: "for k in $(seq \(most)); do fox beam \(SwiftCode.shellArgument(prompt)) "
        + "--beams $k --steps \(steps); done")
    guard let answer else { return question }
    question.body =
      [
        .figures([stepChart(answer), sizeChart(answer)]),
        .table(
          sizeTable(
            "The best text of each beam size, after \(Numbers.count(answer.steps, "step")).",
            answer.sizes)),
      ] + (answer.counterExample.map { counterExample($0, answer) } ?? [])
    question.conclusion = answer.conclusion
    return question
  }

  /// The homework's own figure.
  private static func stepChart(_ answer: Q1_3) -> Figure {
    LineChart(
      title: "Probability of the chosen token, by decode step.", xLabel: "step",
      yLabel: "probability",
      series: answer.sizes.map { size in
        .init(Numbers.count(size.beams, "beam"), steps(size.probabilities))
      }, including: [0, 1]
    ).figure(id: "figure-1-3-steps")
  }

  private static func sizeChart(_ answer: Q1_3) -> Figure {
    let scores = answer.sizes.sorted { $0.beams < $1.beams }.map(\.score)
    let rises = zip(scores, scores.dropFirst()).allSatisfy { $0 <= $1 }
    return LineChart(
      title: "Score of the best text, by the number of beams: "
        + (rises ? "here it never falls." : "not always upwards."),
      xLabel: "beams", yLabel: "score per token",
      series: [
        .init(
          "best text", answer.sizes.map { (x: Double($0.beams), y: $0.scorePerToken) },
          isMarked: true)
      ]
    ).figure(id: "figure-1-3")
  }

  private static func sizeTable(_ caption: String, _ sizes: [Q1_3.Size]) -> DataTable {
    DataTable(
      caption: caption,
      columns: [.number("beams"), .number("score"), .number("per token"), .text("text")],
      rows: sizes.map { size in
        [
          "\(size.beams)", Numbers.fixed(size.score), Numbers.fixed(size.scorePerToken, 4),
          size.text,
        ]
      },
      chosen: sizes.indices.max { sizes[$0].score < sizes[$1].score })
  }

  private static func counterExample(
    _ example: Q1_3.CounterExample, _ answer: Q1_3
  ) -> [AnswerPiece] {
    let caption =
      "\(Numbers.count(example.steps, "step")) after “\(example.prompt)”: more beams, worse text. Of "
      + "\(Numbers.count(answer.promptsSearched, "prompt")) searched, "
      + "\(Numbers.grouped(answer.counterExamples)) \(answer.counterExamples == 1 ? "has" : "have") "
      + "such a pair of sizes. The better text falls out of the larger beam at step "
      + "\(example.lostAt)."
    return [
      .heading("A counter-example"), .table(sizeTable(caption, [example.fewer, example.more])),
    ]
  }

  static func wordBlock(_ answer: Q1_4?) -> Question {
    let prompt = answer?.prompt ?? LanguageModel.barnPrompt
    let steps = answer?.blockedMass.count ?? 40
    var question = Question(
      question: .wordBlock,
      asked: "Forbid every token that the text already holds. What goes wrong, and when?",
      code: """
        let prompt = try tokenizer.encodeIDs(\(SwiftCode.literal(prompt)))
        let plain = try BeamSearch(beams: 1, steps: \(steps)).run(prompt, on: model)
        let blocked = try BeamSearch(beams: 1, steps: \(steps), processors: [WordBlock()])
          .run(prompt, on: model)
        """,
      command: "fox beam \(SwiftCode.shellArgument(prompt)) --beams 1 --steps \(steps) --word-block"
    )
    guard let answer else { return question }
    question.body =
      [
        .named([("plain", answer.plain), ("with WordBlock", answer.blocked)]),
        .page(ShownTokens.legend), .figures([mass(answer), left(answer)]),
      ] + usedUp(answer)
    question.conclusion = answer.conclusion
    return question
  }

  private static func mass(_ answer: Q1_4) -> Figure {
    let starved = answer.starvedAt.map { " At step \($0 + 1) it passes one half." } ?? ""
    return LineChart(
      title: "Probability that the model gave to forbidden tokens.\(starved)", xLabel: "step",
      yLabel: "blocked probability",
      series: [.init("blocked", steps(answer.blockedMass), isMarked: true)], including: [0, 1]
    ).figure(id: "figure-1-4-mass")
  }

  private static func left(_ answer: Q1_4) -> Figure {
    LineChart(
      title: "Tokens still allowed.", xLabel: "step",
      yLabel: "tokens",
      series: [.init("allowed", steps(answer.vocabularyLeft.map(Double.init)), isMarked: true)]
    ).figure(id: "figure-1-4-left")
  }

  private static func usedUp(_ answer: Q1_4) -> [AnswerPiece] {
    if answer.usedUp.isEmpty { return [] }
    return [
      .table(
        DataTable(
          caption: "Punctuation and common words that were used up, with the step.",
          columns: [.text("token"), .number("step")],
          rows: answer.usedUp.map { [ShownTokens.visible($0.token), "\($0.step)"] }))
    ]
  }

  static func beamBlock(_ answer: BeamBlockAnswer?) -> Question {
    let prompt = answer?.prompt ?? LanguageModel.barnPrompt
    let steps = answer?.tree.steps.count ?? 40
    var question = Question(
      question: .beamBlock,
      asked: "Forbid only tokens that would repeat three in a row. What is blocked, and does it "
        + "help?",
      code: """
        let search = try BeamSearch(beams: 1, steps: \(steps), processors: [BeamBlock()])
        let result = try search.run(
          tokenizer.encodeIDs(\(SwiftCode.literal(prompt))), on: model)
        for line in result.trace { print(try line.line(tokenizer)) }
        """,
      command: "fox beam \(SwiftCode.shellArgument(prompt)) --beams 1 --steps \(steps) --beam-block"
    )
    guard let answer else { return question }
    let explorer = Explorer(
      id: "tree-1-5", caption: "The same search with its blocks, step by step.",
      tree: answer.tree)
    question.body = [
      .named([("plain", answer.plain), ("with BeamBlock", answer.blocked)]),
      .page(ShownTokens.legend), .heading("What was printed"), .trace(answer.trace),
      .page("<h4>The search tree</h4>\n\(explorer.html)"),
    ]
    question.conclusion = answer.conclusion
    return question
  }
}
