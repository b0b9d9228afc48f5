import Foundation

/// When a beam search with end tokens may stop looking for better hypotheses.
public enum EarlyStopping: Sendable, Equatable, CustomStringConvertible {
  /// `true`: as soon as there are as many hypotheses as beams.
  case whenFull
  /// `false`: when the best open beam, at its present length, scores no better than the worst
  /// hypothesis.
  case heuristic
  /// `"never"`: when no open beam can become better than the worst hypothesis.
  case never

  /// The reference's word for it.
  public var description: String {
    switch self {
    case .whenFull: "true"
    case .heuristic: "false"
    case .never: "never"
    }
  }
}

/// The best finished texts of one prompt. Source: `BeamHypotheses` of transformers 4.40.2.
struct Hypotheses {
  let capacity: Int
  let lengthPenalty: Double
  private(set) var list: [StoppingBeamSearch.Found] = []
  private var worst = 1e9

  init(_ search: StoppingBeamSearch) {
    capacity = search.beams
    lengthPenalty = search.lengthPenalty
  }

  /// Adds a text if there is room or it is better than the worst, which then goes.
  ///
  /// - Parameters:
  ///   - end: The end token that finishes it; `nil` for a text that is still open.
  ///   - length: New tokens, the end token included.
  mutating func add(_ beam: Beam, endedBy end: Candidate?, length: Int) {
    let sum = end?.score ?? beam.score
    let score = penalized(sum, length: length)
    if list.count == capacity, score <= worst { return }
    let ending = end.map { [$0.logProbability] } ?? []
    list.append(
      .init(
        ids: beam.ids + (end.map { [$0.token] } ?? []), score: score, sum: sum,
        tokenLogProbabilities: beam.tokenLogProbabilities + ending, hasEnded: end != nil))
    if list.count > capacity {
      // Of equal scores the one that came first goes first.
      let order = list.indices.sorted { (list[$0].score, $0) < (list[$1].score, $1) }
      worst = list[order[1]].score
      list.remove(at: order[0])
    } else {
      worst = min(score, worst)
    }
  }

  /// Whether the search may stop.
  ///
  /// - Parameters:
  ///   - best: The greatest score of a candidate of this step, the ending ones included.
  ///   - length: New tokens after this step.
  ///   - limit: The most new tokens.
  func isDone(best: Float, length: Int, limit: Int, _ stopping: EarlyStopping) -> Bool {
    if list.count < capacity { return false }
    switch stopping {
    case .whenFull: return true
    case .heuristic: return worst >= penalized(best, length: length)
    case .never:
      // A negative sum over the greatest divisor is the best that can still come.
      return worst >= penalized(best, length: lengthPenalty > 0 ? limit : length)
    }
  }

  /// The best first; of equal scores the one that came last.
  func best(_ count: Int) -> [StoppingBeamSearch.Found] {
    let order = list.indices.sorted { (list[$0].score, $0) > (list[$1].score, $1) }
    return order.prefix(count).map { list[$0] }
  }

  private func penalized(_ sum: Float, length: Int) -> Double {
    Double(sum) / pow(Double(length), lengthPenalty)
  }
}
