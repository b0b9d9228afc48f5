import FoxKernels
import FoxModels

/// # Many prompts at once
///
/// A step reads every weight once, be it for one text or for sixteen. So texts are continued together,
/// up to a number, and when one ends the next prompt takes its place. A prompt joins in the step that
/// adds its first token: its tokens go through the model beside the newest ones of the others.
///
/// Each text has random numbers and a count of steps of its own, so that it becomes what it becomes
/// alone. SPEC `GEN-9`.
extension TokenGenerator {
  /// A text under way.
  private struct Row {
    let number: Int
    var generation: Generation
    var chooser: TokenChooser
    var step = 0
  }

  /// What becomes of a prompt: its text, or what is wrong with it.
  package typealias Ended = (_ prompt: Int, Result<Generation, any Error>) throws -> Void

  /// Continues prompts as they come.
  ///
  /// - Parameters:
  ///   - most: How many are continued at once.
  ///   - next: Gives the next prompt; `nil` when there are no more.
  ///   - goesOn: Asked before each step. When it says no, all texts end as they are.
  ///   - ended: Is given each text with the number of its prompt, in the order in which they end.
  /// - Throws: What the closures throw, and `Fault` for weights that are not finite.
  package func run(
    together most: Int, on model: GPT2Model, next: () throws -> [Int]?,
    goesOn: () -> Bool = { true }, ended: Ended
  ) throws {
    let scorer = GPT2Scorer(model, .logits, reserving: 64 * most)
    var (rows, prompts, hasMore): ([Row], Int, Bool) = ([], 0, true)
    while hasMore || !rows.isEmpty, goesOn() {
      while hasMore, rows.count < most {
        guard let prompt = try next() else {
          hasMore = false
          break
        }
        do {
          rows.append(try begin(prompt, number: prompts, on: model))
        } catch {
          try ended(prompts, .failure(error))
        }
        prompts += 1
      }
      try remove(&rows, ended) { $0.step == maxNewTokens }  // of no tokens, before the first
      if rows.isEmpty { continue }
      try step(&rows, scorer, positions: model.configuration.positions, ended)
      try remove(&rows, ended) { $0.step == maxNewTokens || $0.generation.end != nil }
    }
    try remove(&rows, ended) { _ in true }
  }

  /// - Throws: `Fault` for what a pass would refuse, and with it the texts of all others.
  private func begin(_ prompt: [Int], number: Int, on model: GPT2Model) throws(Fault) -> Row {
    try BeamSearch.checkLength(prompt, steps: 1, model.configuration)
    let vocabulary = model.configuration.vocabularySize
    if let id = prompt.first(where: { !(0..<vocabulary).contains($0) }) {
      throw .token(id: id, vocabulary: vocabulary)
    }
    return Row(
      number: number, generation: Generation(ids: prompt),
      chooser: TokenChooser(choice, model: model))
  }

  /// Adds a token to each text. One to which none can be added ends with what is wrong.
  private func step(
    _ rows: inout [Row], _ scorer: GPT2Scorer, positions: Int, _ ended: Ended
  ) throws {
    var scores = try scorer.next(rows.map(\.generation.ids))
    var wrong: [Int: any Error] = [:]
    for i in rows.indices {
      // Alone, as its step is its own. What is moved is not copied.
      var alone = [[]] as [[Float]]
      swap(&alone[0], &scores[i])
      defer { swap(&alone[0], &scores[i]) }
      do {
        for processor in processors {
          _ = processor.process(&alone, of: [rows[i].generation.ids], step: rows[i].step)
        }
        let chosen = try rows[i].chooser.choose(&alone[0], row: 0, step: rows[i].step)
        rows[i].generation.append(chosen, endTokens: endTokens, positions: positions)
        rows[i].step += 1
      } catch {
        wrong[rows[i].number] = error
      }
    }
    scorer.spare = scores
    for (number, error) in wrong.sorted(by: { $0.key < $1.key }) {
      try ended(number, .failure(error))
    }
    rows.removeAll { wrong[$0.number] != nil }
  }

  /// Takes out the texts that are done.
  private func remove(_ rows: inout [Row], _ ended: Ended, where isDone: (Row) -> Bool) throws {
    for row in rows where isDone(row) { try ended(row.number, .success(row.generation)) }
    rows.removeAll(where: isDone)
  }
}
