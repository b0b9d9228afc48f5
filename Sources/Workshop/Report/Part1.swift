import Foundation
import FoxHomework
import FoxQuestions

/// Beam search on GPT-2: Q1.1 to Q1.3.
enum Part1 {
  static func make(_ results: HomeworkResults) -> Part {
    Part(
      id: "part-1", title: "Beam search on GPT-2",
      about: "A language model gives each next token a probability. Beam search keeps the best few "
        + "beginnings of a text and lets each go on.",
      questions: [
        beamSearch(results.beamSearch), certainty(results.certainty),
        beamSizes(results.beamSizes), wordBlock(results.wordBlock),
        beamBlock(results.beamBlock),
      ])
  }

  private static func beamSearch(_ answer: BeamSearchAnswer?) -> Question {
    let prompt = answer?.prompt ?? LanguageModel.foxPrompt
    let (beams, steps) = (answer?.beams.count ?? 5, answer?.tree.steps.count ?? 10)
    var question = Question(
      question: .beamSearch,
      asked: "Write beam search: at every step keep the k best continuations of the k best "
        + "beginnings. What does the model say of the fox?",
      code: """
        let tokenizer = try GPT2Tokenizer(folder: "Weights/tale-gpt2")
        let model = try GPT2Model.load(folder: "Weights/tale-gpt2").model
        let search = try BeamSearch(beams: \(beams), steps: \(steps))
        let result = try search.run(tokenizer.encodeIDs(\(SwiftCode.literal(prompt))), on: model)
        for beam in result.beams { print(beam.scorePerToken, try beam.text(tokenizer)) }
        """,
      command: "fox beam \(SwiftCode.shellArgument(prompt)) --beams \(beams) --steps \(steps)")
    guard let answer else { return question }
    let explorer = Explorer(
      id: "tree-1-1",
      caption: "The search, step by step: columns are steps, colored nodes the "
        + "beams that were kept, faint ones the best of those that were not.", tree: answer.tree)
    question.body = [
      .text("The beams, best first, with the mean log-probability of a token."),
      .beams(answer.beams.enumerated().map { (rank: $0, beam: $1) }),
      .page(ShownTokens.legend),
      .text("The third most probable of 4 beams after 3 tokens:"),
      .beams([(rank: 2, beam: answer.third)]),
      .page("<h4>The search tree</h4>\n\(explorer.html)"),
      .page(
        "<h4>Attention</h4>\n\(AttentionView(id: "attention-1-1", maps: answer.attention).html)"),
    ]
    return question
  }

  private static func certainty(_ answer: Q1_2?) -> Question {
    let prompt = answer?.prompt ?? LanguageModel.foxPrompt
    var question = Question(
      question: .certainty,
      asked: "Color each generated token by its probability. The homework observes that later "
        + "tokens are more probable than earlier ones. Are they, and why?",
      code: """
        let greedy = try BeamSearch(beams: 1, steps: 10)
        let best = try greedy.run(tokenizer.encodeIDs(\(SwiftCode.literal(prompt))), on: model).beams[0]
        for (id, logProbability) in zip(best.ids.suffix(10), best.tokenLogProbabilities) {
          print(try tokenizer.decode([id]), exp(logProbability))
        }
        """,
      command: "fox beam \(SwiftCode.shellArgument(prompt)) --beams 1 --steps 10 --color always")
    guard let answer else { return question }
    question.body = [
      .tokens(answer.beam), .page(ShownTokens.legend),
      .figures([probability(answer), entropy(answer)]),
    ]
    question.conclusion = answer.conclusion
    return question
  }

  private static func mean(_ answer: Q1_2) -> String {
    "mean of \(Numbers.count(answer.prompts, "prompt"))"
  }

  private static func probability(_ answer: Q1_2) -> Figure {
    let chosen = answer.beam.tokens.compactMap(\.logProbability).map { exp($0) }
    return LineChart(
      title: "Probability of the chosen token, by step.", xLabel: "step", yLabel: "probability",
      series: [
        .init("this prompt", steps(chosen), isMarked: true),
        .init(mean(answer), steps(answer.meanProbabilities)),
      ].filter { !$0.points.isEmpty }, including: [0, 1]
    ).figure(id: "figure-1-2-probability", names: names(answer))
  }

  private static func entropy(_ answer: Q1_2) -> Figure {
    LineChart(
      title: "Entropy of the prediction, by step.", xLabel: "step", yLabel: "nats",
      series: [
        .init("this prompt", steps(answer.entropies), isMarked: true),
        .init(mean(answer), steps(answer.meanEntropies)),
      ].filter { !$0.points.isEmpty }, including: [0]
    ).figure(id: "figure-1-2-entropy", names: names(answer))
  }

  /// The tokens that were chosen, for the axis.
  private static func names(_ answer: Q1_2) -> [String] {
    answer.beam.tokens.filter { $0.logProbability != nil }.map(\.text)
  }

  /// Values over the steps, which count from 1.
  static func steps(_ values: [Double]) -> [(x: Double, y: Double)] {
    values.enumerated().map { (x: Double($0 + 1), y: $1) }
  }
}
