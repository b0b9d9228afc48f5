import FoxKernels
import FoxModels

/// # A generation under way
///
/// What ``TokenGenerator`` does at each step, one step a call. A loop that runs to the end and a
/// ``TokenSequence`` that somebody may stop listening to are both made of it.
struct GenerationSteps {
  /// What each row holds so far.
  private(set) var rows: [Generation]
  private let generator: TokenGenerator
  private let positions: Int
  private let scorer: GPT2Scorer
  private var chooser: TokenChooser
  private var step = 0

  /// A generation before its first step.
  ///
  /// - Throws: `Fault` for an empty prompt, and for one longer than the model's positions.
  init(_ generator: TokenGenerator, _ prompts: [[Int]], on model: GPT2Model) throws(Fault) {
    for prompt in prompts {
      try BeamSearch.checkLength(prompt, steps: 1, model.configuration)
    }
    positions = model.configuration.positions
    let added = min(generator.maxNewTokens, positions)
    scorer = GPT2Scorer(
      model, .logits, reserving: prompts.reduce(0) { $0 + $1.count + added })
    chooser = TokenChooser(generator.choice, model: model)
    rows = prompts.map { Generation(ids: $0) }
    self.generator = generator
  }

  /// Adds a token to each row that has not ended.
  ///
  /// - Returns: These rows; none when the generation is over.
  mutating func next() throws -> [Int] {
    let active = rows.indices.filter { rows[$0].end == nil }
    if step == generator.maxNewTokens || active.isEmpty { return [] }
    let texts = active.map { rows[$0].ids }
    var scores = try scorer.next(texts)
    for processor in generator.processors {
      _ = processor.process(&scores, of: texts, step: step)
    }
    var place = 0
    for row in rows.indices {
      // Random numbers are drawn for rows that have ended too.
      guard rows[row].end == nil else {
        chooser.skip()
        continue
      }
      let chosen = try chooser.choose(&scores[place], row: row, step: step)
      rows[row].append(chosen, endTokens: generator.endTokens, positions: positions)
      place += 1
    }
    scorer.spare = scores
    step += 1
    return active
  }
}
