import Foundation
import FoxModels

extension BeamSearch {
  /// Continues a prompt with a GPT-2.
  ///
  /// - Parameters:
  ///   - prompt: Token ids, at least one.
  ///   - progress: Is told after each step how many are done; `false` ends the search there.
  ///   - observer: Sees each step twice: with the model's scores, and with the processed ones.
  /// - Throws: ``Fault`` for more beams than there is memory for. `Fault` for an empty prompt, ids
  ///   outside the vocabulary, more tokens than the model has positions, or weights that are not
  ///   finite. All but the last two are found before anything is computed.
  /// - Complexity: One pass of the model over the prompt, then one over `beams` tokens a step.
  public func run(
    _ prompt: [Int], on model: GPT2Model, progress: (_ stepsDone: Int) -> Bool = { _ in true },
    observing observer: ((SearchStep) -> Void)? = nil
  ) throws -> SearchResult {
    try Self.checkLength(prompt, steps: steps, model.configuration)
    let tokens = prompt.count + steps
    try Self.checkMemory(beams: beams, tokens: tokens, model.configuration)
    // Beams share most of their history: what they need beyond this, the cache grows by.
    let scorer = GPT2Scorer(
      model, .logProbabilities, reserving: tokens + beams * Self.ownTokens)
    return try run(
      prompt, progress: progress,
      observing: { step in
        observer?(step)
        if step.moment == .processed { scorer.spare = step.scores }
      }, scan: firstAboveByVectors, next: scorer.next)
  }

  /// How many tokens of its own room is made for a beam.
  static let ownTokens = 8

  /// Refuses beams whose logits, scores, keys and values do not fit the memory of the machine.
  ///
  /// - Parameter tokens: Those that beams share.
  static func checkMemory(
    beams: Int, tokens: Int, _ configuration: GPT2Configuration
  ) throws(Fault) {
    let memory = Double(ProcessInfo.processInfo.physicalMemory)
    let number = Double(MemoryLayout<Float>.stride)
    // Two rows of a table in each layer; in Double, which a damaged configuration cannot overflow.
    let token = 2 * number * Double(configuration.layers) * Double(configuration.channels)
    let beam = 2 * number * Double(configuration.vocabularySize) + Double(ownTokens) * token
    let most = max(0, memory - Double(tokens) * token) / beam
    if Double(beams) > most {
      throw Fault(
        "beams", found: "\(beams)", expected: "at most \(Int(most)), for the memory of this machine"
      )
    }
  }

  /// Refuses a prompt that cannot be continued by so many tokens.
  static func checkLength(
    _ prompt: [Int], steps: Int, _ configuration: GPT2Configuration
  ) throws(Fault) {
    if prompt.isEmpty { throw .emptyPrompt }
    // The last token chosen is never given to the model, so it needs no position.
    let (needed, overflow) = prompt.count.addingReportingOverflow(max(steps, 1) - 1)
    if overflow || needed > configuration.positions {
      throw .tooLong(tokens: overflow ? .max : needed, positions: configuration.positions)
    }
  }
}
