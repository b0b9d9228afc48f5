/// # One text, token by token
///
/// The simplest decoder has one text and adds one token to it at every step. What it adds is a
/// choice:
///
///     token = argmax log p(token | text)       greedy: always the likeliest
///     token ~ p(token | text)                  sampling: see Sampling.swift
///
/// Source: homework Q1.2, where greedy search is beam search with one beam. Clauses `GEN-1`,
/// `GEN-2` and `GEN-7`. It does not stop at the end of a text. Batches, texts that end and
/// PyTorch's generator are the Workshop's `TokenGenerator`.

/// Chooses a token by its place in a row of scores; `nil` if every token is forbidden.
public typealias Choice = (_ scores: [Float]) throws -> Int?

/// Adds `steps` tokens to a prompt.
///
/// - Parameters:
///   - choose: Greedy, unless something else is given.
///   - next: The model.
/// - Returns: All tokens, the prompt's included.
public func generate(
  _ prompt: [Int], steps: Int, processors: [any ScoreProcessor] = [],
  choosing choose: Choice = greatest, next: NextTokens
) throws -> [Int] {
  var ids = prompt  // [T]; T grows by 1 at every step
  // The whole text is given again at every step. A model that caches what it has computed notices
  // that only the last token is new.
  for step in 0..<steps {
    var scores = try scored([ids], by: next)  // [1, V]
    // The same processors as in the beam search. Nobody traces here: what they report is dropped.
    for processor in processors { _ = processor.process(&scores, of: [ids], step: step) }
    // A choice compares scores, and NaN would be passed over in silence.
    if let token = scores[0].firstIndex(where: \.isNaN) {
      throw Fault.notANumber(row: 0, token: token)
    }
    // `nil` is not an answer to continue with: token 0 would be an arbitrary word.
    guard let token = try choose(scores[0]) else { throw Fault.nothingLeft(step: step) }
    ids.append(token)  // the model sees it at the next step
  }
  return ids
}

/// The token with the greatest score, of equal ones the first; `nil` if there is none above −∞. NaN
/// is passed over: ``generate(_:steps:processors:choosing:next:)`` has refused it.
public func greatest(_ scores: [Float]) -> Int? {
  // More than −∞, which is how transformers' processors forbid a token. And `>`, not `>=`: of equal
  // scores the first stays, as in `torch.argmax`.
  var best: (token: Int?, score: Float) = (nil, -.infinity)
  for token in scores.indices where scores[token] > best.score { best = (token, scores[token]) }
  return best.token  // `nil` when nothing was above −∞
}

extension Fault {
  /// Processors have forbidden every token.
  package static func nothingLeft(row: Int = 0, step: Int) -> Fault {
    Fault(
      "row \(row)", at: "step \(step)", found: "no token above −∞", expected: "at least one",
      hint: "block less")
  }
}
