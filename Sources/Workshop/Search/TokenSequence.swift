import FoxModels

/// # Tokens as they come
///
/// A generation as a sequence to wait for:
///
///     for try await token in generator.tokens(after: prompt, on: model) {
///       print(try decoder.feed(token), terminator: "")
///     }
///
/// Each token is computed when it is asked for, on no actor, so that a user interface stays free. Who
/// leaves the loop has stopped the generation; a task that is cancelled stops it at the next token.
///
/// It takes one prompt. Several at once, and their log-probabilities, are for
/// ``TokenGenerator/run(_:on:onToken:)``. SPEC `LIB-2`, `LIB-3`.
public struct TokenSequence: AsyncSequence, Sendable {
  /// A token's id.
  public typealias Element = Int

  fileprivate let generator: TokenGenerator
  fileprivate let prompt: [Int]
  fileprivate let model: GPT2Model

  /// A generation that begins with the first token asked for. Each iterator makes the same tokens.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  /// Computes one token a call.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let sequence: TokenSequence
    private var steps: GenerationSteps?
    private var isOver = false

    fileprivate init(_ sequence: TokenSequence) { self.sequence = sequence }

    /// The next token; `nil` after the last one, and after an error.
    ///
    /// - Throws: `CancellationError` when the task was cancelled, and what
    ///   ``TokenGenerator/run(_:on:onToken:)`` throws.
    /// - Complexity: One pass of the model over a token; the first time over the prompt.
    public mutating func next() async throws -> Int? {
      if isOver { return nil }
      // Over, unless a token comes out: an error ends the sequence.
      isOver = true
      try Task.checkCancellation()
      if steps == nil {
        steps = try GenerationSteps(sequence.generator, [sequence.prompt], on: sequence.model)
      }
      guard let row = try steps?.next().first else { return nil }
      isOver = false
      return steps?.rows[row].ids.last
    }
  }
}

extension TokenGenerator {
  /// The tokens after a prompt, each as it is chosen: those of ``run(_:on:onToken:)``.
  ///
  /// - Parameters:
  ///   - prompt: Token ids, at least one.
  ///   - model: The model.
  public func tokens(after prompt: [Int], on model: GPT2Model) -> TokenSequence {
    TokenSequence(generator: self, prompt: prompt, model: model)
  }
}
