import FoxHomework
import FoxSearch
import FoxTries

/// Writes down what a search was offered, kept and refused.
///
///     let recorder = SearchRecorder(beams: 5)
///     let result = try search.run(ids, on: model, observing: recorder.observe)
///     let tree = try recorder.tree(of: result, model)
///
/// SPEC `HW-3`.
final class SearchRecorder {
  private let beams: Int
  private var steps: [Recorded] = []

  private struct Recorded {
    let beams: [Beam]
    let candidates: [Candidate]
    let blocks: [Block]
  }

  /// - Parameter beams: How many the search keeps; of those it discards, a few more are recorded.
  init(beams: Int) { self.beams = beams }

  /// What a search calls.
  func observe(_ step: SearchStep) {
    guard step.moment == .processed else { return }
    steps.append(
      Recorded(beams: step.beams, candidates: step.best(2 * beams + 3), blocks: step.blocks))
  }

  /// The tree of the search.
  ///
  /// - Throws: `Fault`.
  func tree(
    of result: SearchResult, _ model: HomeworkModel, processors: [String] = []
  ) throws -> SearchTree {
    let start = result.prompt.count
    let steps = try steps.map { step in
      SearchTree.Step(
        beams: try step.beams.map { beam in
          let added = model.tokenizer.known(Array(beam.ids.dropFirst(start)))
          return SearchTree.Beam(
            text: try model.tokenizer.decode(added), score: Double(beam.score))
        },
        candidates: try step.candidates.enumerated().map { place, candidate in
          SearchTree.Candidate(
            parent: candidate.beam,
            token: try model.shown(candidate.token, logProbability: candidate.logProbability),
            score: Double(candidate.score), kept: place < beams ? place : nil)
        },
        blocks: try step.blocks.map { try Self.blocked($0, model.tokenizer) })
    }
    return SearchTree(
      prompt: try model.languageModel.shown(result.prompt, result.prompt.map { _ in nil }),
      processors: processors, steps: steps)
  }

  private static func blocked(
    _ block: Block, _ tokenizer: GPT2Tokenizer
  ) throws -> SearchTree.BlockedToken {
    SearchTree.BlockedToken(
      beam: block.beam, context: try tokenizer.decode(tokenizer.known(block.context)),
      token: try tokenizer.decode(tokenizer.known([block.token])),
      line: try block.line(tokenizer))
  }
}
