import Foundation
import FoxKernels
import FoxModels

/// The homework's beam search: a fixed number of steps, no stop at the end of a text, no length
/// penalty.
///
/// Each step scores every continuation of every beam by the beam's score plus the token's processed
/// log-probability, and keeps the best `beams` of them. Homework Q1.1 to Q1.5, `run_beam_search`;
/// SPEC `BEAM-1` to `BEAM-8`, `BEAM-11`.
public struct BeamSearch: Sendable {
  /// How many beams are kept.
  public let beams: Int
  /// How many tokens are added.
  public let steps: Int
  /// What changes the log-probabilities before beams are chosen, in order.
  public let processors: [any ScoreProcessor]

  /// A search.
  ///
  /// - Throws: ``DecodingError/option(name:value:expected:)`` for fewer than 1 beam or fewer than 0
  ///   steps.
  public init(
    beams: Int = 5, steps: Int = 10, processors: [any ScoreProcessor] = []
  ) throws(DecodingError) {
    guard beams >= 1 else {
      throw .option(name: "beams", value: "\(beams)", expected: "at least 1")
    }
    guard steps >= 0 else {
      throw .option(name: "steps", value: "\(steps)", expected: "at least 0")
    }
    self.beams = beams
    self.steps = steps
    self.processors = processors
  }

  /// Continues a prompt.
  ///
  /// - Parameters:
  ///   - prompt: Token ids, at least one.
  ///   - model: The model.
  ///   - progress: Called after each step with the number of steps done; returning `false` ends the
  ///     search there, with what it has.
  ///   - observer: Called twice in each step: with the model's scores, and with the processed ones.
  /// - Returns: The beams, best first.
  /// - Throws: ``DecodingError/model(_:)`` for an empty prompt, ids outside the vocabulary, a prompt
  ///   and steps that exceed the model's positions, or weights that are not finite.
  /// - Complexity: One pass of the model over the prompt, then one over `beams` tokens a step.
  public func run(
    _ prompt: [Int], on model: GPT2Model, progress: (_ stepsDone: Int) -> Bool = { _ in true },
    observing observer: ((SearchStep) -> Void)? = nil
  ) throws(DecodingError) -> BeamSearchResult {
    try Self.checkMemory(beams: beams, model.configuration)
    do {
      try Self.checkModelInput(prompt, steps: steps, model.configuration)
      var state = SearchState(prompt: prompt, beams: beams, model: model)
      // Beams share most of their history: what they need beyond this, the cache grows by.
      let session = GPT2Session(model: model, reserving: prompt.count + steps + 8 * beams)
      for step in 0..<steps {
        // The beams begin alike: the prompt is computed once, for all of them.
        let tokens = step == 0 ? [prompt] : state.beams.map { Array($0.ids.suffix(1)) }
        let rows = try session.advanceInPlace(tokens, logits: .last)
        try state.normalise(session.logits, rows: rows, model)
        observer?(state.moment(.scored, step: step))
        state.process(processors, step: step)
        observer?(state.moment(.processed, step: step))
        let parents = state.choose()
        try session.reorder(rows == 1 ? parents.map { _ in 0 } : parents)
        if !progress(step + 1) { break }
      }
      return BeamSearchResult(prompt: prompt, beams: state.beams, trace: state.trace)
    } catch {
      throw .model(error)
    }
  }

  /// Refuses beams whose logits and scores do not fit the memory of the machine.
  static func checkMemory(
    beams: Int, _ configuration: GPT2Configuration
  ) throws(DecodingError) {
    let memory = Int(clamping: ProcessInfo.processInfo.physicalMemory)
    let most = memory / (2 * MemoryLayout<Float>.stride * configuration.vocabularySize)
    if beams > most {
      throw .option(
        name: "beams", value: "\(beams)",
        expected: "at most \(most), for the memory of this machine")
    }
  }

  /// Refuses what cannot be continued by so many tokens, before anything is computed.
  static func check(
    _ prompt: [Int], steps: Int, _ configuration: GPT2Configuration
  ) throws(DecodingError) {
    do { try checkModelInput(prompt, steps: steps, configuration) } catch { throw .model(error) }
  }

  private static func checkModelInput(
    _ prompt: [Int], steps: Int, _ configuration: GPT2Configuration
  ) throws(Fault) {
    if prompt.isEmpty { throw .emptyPrompt }
    // The last token chosen is never fed to the model, so it needs no position.
    let (needed, overflow) = prompt.count.addingReportingOverflow(max(steps, 1) - 1)
    if overflow || needed > configuration.positions {
      throw .tooLong(tokens: overflow ? .max : needed, positions: configuration.positions)
    }
  }
}

/// The beams of a search and the table of scores they are chosen from.
private struct SearchState {
  private(set) var beams: [BeamSearchResult.Beam]
  private(set) var trace: [BeamSearchResult.TracedBlock] = []
  private let scores: FloatBuffer
  private let vocabulary: Int

  private var table: StepScores {
    StepScores(scores.pointer, beams: beams.count, vocabulary: vocabulary)
  }

  init(prompt: [Int], beams count: Int, model: GPT2Model) {
    vocabulary = model.configuration.vocabularySize
    scores = FloatBuffer(count: count * vocabulary)
    beams = (0..<count).map { index in
      // The beams are alike before the first step: all but one start too low to be chosen.
      .init(ids: prompt, score: index == 0 ? 0 : -1e9, tokenLogProbabilities: [])
    }
  }

  /// Turns each beam's logits into log-probabilities; one row of logits stands for all beams.
  mutating func normalise(
    _ logits: UnsafePointer<Float>, rows: Int, _ model: GPT2Model
  ) throws(Fault) {
    let totals = Rows.logSoftmax(
      logits, rows: beams.count, stride: rows == 1 ? 0 : vocabulary, scores.pointer,
      count: vocabulary)
    if let beam = totals.firstIndex(where: { !$0.isFinite }) {
      throw model.firstBadWeight() ?? .badLogits(sequence: beam)
    }
  }

  mutating func process(_ processors: [any ScoreProcessor], step: Int) {
    if processors.isEmpty { return }
    let ids = beams.map(\.ids)
    for processor in processors {
      trace += processor.process(table, of: ids, step: step).map { .init(step: step, block: $0) }
    }
  }

  /// What an observer sees.
  func moment(_ moment: SearchStep.Moment, step: Int) -> SearchStep {
    // Blocks are traced in order: those of this step are the last.
    let blocks = trace.reversed().prefix { $0.step == step }.reversed().map(\.block)
    return SearchStep(moment: moment, step: step, beams: beams, scores: table, blocks: blocks)
  }

  /// Replaces the beams by the best continuations of all of them.
  ///
  /// - Returns: For each new beam the old one it continues.
  mutating func choose() -> [Int] {
    let best = TopK.find(
      beams.count, in: scores.pointer, offsets: beams.map(\.score), columns: vocabulary)
    let old = beams
    beams = best.map { entry in
      let parent = old[entry.index / vocabulary]
      return .init(
        ids: parent.ids + [entry.index % vocabulary], score: entry.value,
        tokenLogProbabilities: parent.tokenLogProbabilities + [scores.pointer[entry.index]])
    }
    return best.map { $0.index / vocabulary }
  }
}
