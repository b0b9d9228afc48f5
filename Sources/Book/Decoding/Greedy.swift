/// # One text, token by token
///
/// The simplest decoder has one text and adds one token to it at every step. What it adds is a choice:
///
///     token = argmax log p(token | text)       greedy: always the likeliest
///     token ~ p(token | text)                  sampling: see Sampling.swift
///
/// Greedy search is beam search with one beam (homework Q1.2), and like it does not stop at the end of
/// a text. Batches, texts that end and PyTorch's generator are the Workshop's `TokenGenerator`.

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
  var ids = prompt
  for step in 0..<steps {
    var scores = try scored([ids], by: next)  // [1, V]
    for processor in processors { _ = processor.process(&scores, of: [ids], step: step) }
    guard let token = try choose(scores[0]) else { throw Fault.nothingLeft(step: step) }
    ids.append(token)
  }
  return ids
}

/// The token with the greatest score, of equal ones the first; `nil` if all are −∞.
public func greatest(_ scores: [Float]) -> Int? {
  var best: (token: Int?, score: Float) = (nil, -.infinity)
  for token in scores.indices where scores[token] > best.score { best = (token, scores[token]) }
  return best.token
}

extension Fault {
  /// Processors have forbidden every token.
  package static func nothingLeft(row: Int = 0, step: Int) -> Fault {
    Fault(
      "row \(row)", at: "step \(step)", found: "no token above −∞", expected: "at least one",
      hint: "block less")
  }
}
