import FoxDecoding

/// # Q1.3: Does a larger beam guarantee a better sequence?
///
/// > Does higher beam size always guarantee a higher probability final sequence? Why or why not?
///
/// No. With more beams, more beginnings are kept at each step, but not the same ones and more: a
/// beginning that ranks third is kept by three beams, and lost among five if the fourth and fifth have
/// children that beat its own. The sequence that a smaller beam ends with may therefore fall out of a
/// larger one on the way.
///
/// The homework draws the probability of each token by decode step, one line a beam size. Beside that,
/// other prompts are searched for the clearest counter-example, and for it the step is found at which
/// the better sequence fell out of the larger beam.
public struct Q1_3: Codable, Equatable, Sendable {
  /// The prompt.
  public var prompt: String
  /// How many tokens are added.
  public var steps: Int
  /// The best sequence of each beam size, ascending.
  public var sizes: [Size]
  /// Where more beams end with a worse score, found by search; `nil` if nowhere.
  public var counterExample: CounterExample?
  /// How many prompts were searched, the homework's among them.
  public var promptsSearched: Int
  /// For how many of them more beams end with a worse score.
  public var counterExamples: Int
  /// The measured answer, in words.
  public var conclusion: String

  /// The best sequence of a beam size.
  public struct Size: Codable, Equatable, Sendable {
    /// The number of beams.
    public var beams: Int
    /// The sum of the log-probabilities.
    public var score: Double
    /// ``score`` divided by the number of all tokens.
    public var scorePerToken: Double
    /// The text.
    public var text: String
    /// The probability of the token chosen at each decode step: the homework's figure.
    public var probabilities: [Double]
  }

  /// A prompt for which more beams end with a worse score.
  public struct CounterExample: Codable, Equatable, Sendable {
    /// The prompt.
    public var prompt: String
    /// How many tokens are added.
    public var steps: Int
    /// The smaller beam, which ends better.
    public var fewer: Size
    /// The larger beam.
    public var more: Size
    /// The step, from 1, after which the larger beam no longer has the better sequence's beginning.
    public var lostAt: Int
  }

  /// Searches.
  ///
  /// - Parameters:
  ///   - sizes: The beam sizes, ascending.
  ///   - prompts: Where to look for a counter-example, beside the homework's prompt.
  ///   - progress: Is told how many are searched.
  package static func answer(
    _ model: LanguageModel, prompt: String = LanguageModel.barnPrompt,
    sizes: ClosedRange<Int> = 1...5,
    steps: Int = 20, over prompts: [String], progress: (Int) -> Void = { _ in }
  ) throws -> Q1_3 {
    let own = try Sweep(model, prompt, sizes, steps: steps)
    var found = [own].filter { $0.worst != nil }
    let others = prompts.filter { $0 != prompt }
    for (index, other) in others.enumerated() {
      let sweep = try Sweep(model, other, sizes, steps: steps)
      if sweep.worst != nil { found.append(sweep) }
      progress(index + 1)
    }
    // The one that loses most; of equal ones the first.
    let clearest = found.reduce(nil as Sweep?) { best, sweep in
      best.map { $0.loss >= sweep.loss } == true ? best : sweep
    }
    let example = try clearest?.counterExample(model)
    return Q1_3(
      prompt: prompt, steps: steps, sizes: own.sizes, counterExample: example,
      promptsSearched: others.count + 1, counterExamples: found.count,
      conclusion: conclusion(own.sizes, example, count: found.count, of: others.count + 1))
  }
}

/// The same prompt with several beam sizes.
package struct Sweep {
  let prompt: String
  let steps: Int
  package let sizes: [Q1_3.Size]
  private let bestIDs: [[Int]]

  init(_ model: LanguageModel, _ prompt: String, _ sizes: ClosedRange<Int>, steps: Int) throws {
    (self.prompt, self.steps) = (prompt, steps)
    let results = try sizes.map { try model.search(prompt, beams: $0, steps: steps) }
    bestIDs = results.map { $0.beams[0].ids }
    self.sizes = try zip(sizes, results).map { size, result in
      let best = try model.best(result)
      return Q1_3.Size(
        beams: size, score: best.score, scorePerToken: best.scorePerToken, text: best.text,
        probabilities: best.probabilities)
    }
  }

  /// Two sizes, by their places in ``sizes``, of which the larger loses most; `nil` when none loses
  /// more than rounding can.
  package static func worst(of sizes: [Q1_3.Size]) -> (fewer: Int, more: Int)? {
    let pairs = sizes.indices.flatMap { fewer in
      (fewer + 1..<max(fewer + 1, sizes.count)).map { (fewer: fewer, more: $0) }
    }
    func loss(_ pair: (fewer: Int, more: Int)) -> Double {
      sizes[pair.fewer].score - sizes[pair.more].score
    }
    return pairs.max { loss($0) < loss($1) }.flatMap { loss($0) > 1e-3 ? $0 : nil }
  }

  var worst: (fewer: Int, more: Int)? { Self.worst(of: sizes) }

  /// How much worse the larger beam of the worst pair ends, in nats.
  var loss: Double { worst.map { sizes[$0.fewer].score - sizes[$0.more].score } ?? 0 }

  func counterExample(_ model: LanguageModel) throws -> Q1_3.CounterExample? {
    guard let (fewer, more) = worst else { return nil }
    let lost = try Self.lostAt(
      bestIDs[fewer], model, prompt, beams: sizes[more].beams, steps: steps)
    return .init(
      prompt: prompt, steps: steps, fewer: sizes[fewer], more: sizes[more], lostAt: lost)
  }

  /// The step, from 1, after which a search no longer has the beginning of a text among its beams.
  package static func lostAt(
    _ ids: [Int], _ model: LanguageModel, _ prompt: String, beams: Int, steps: Int
  ) throws -> Int {
    var lost: Int?
    _ = try model.search(prompt, beams: beams, steps: steps) { step in
      guard step.moment == .scored, lost == nil else { return }
      // These beams are what step number `step.step`, counted from 1, has left.
      let isKept = step.beams.contains { ids.starts(with: $0.ids) }
      if !isKept { lost = step.step }
    }
    return lost ?? steps
  }
}

extension Q1_3 {
  private static func conclusion(
    _ own: [Size], _ example: CounterExample?, count: Int, of searched: Int
  ) -> String {
    let rises = zip(own, own.dropFirst()).allSatisfy { $1.score >= $0.score }
    let sweep =
      "For the homework's prompt the score \(rises ? "never falls" : "does not always rise") from "
      + "\(own.first?.beams ?? 0) to \(own.last?.beams ?? 0) beams. "
    guard let example else {
      return sweep
        + "Among \(Wording.count(searched, "prompt")) no counter-example was found: more beams never "
        + "ended worse here, though nothing guarantees it."
    }
    let loss = example.fewer.score - example.more.score
    return sweep
      + "More beams guarantee nothing: for \(count) of \(Wording.count(searched, "prompt")) some larger "
      + "beam ends with a worse score. After \(Wording.quoted(example.prompt)) \(example.more.beams) "
      + "beams lose \(Wording.number(loss, 2)) nats against \(example.fewer.beams) "
      + "(\(Wording.number(example.more.score, 2)) against \(Wording.number(example.fewer.score, 2))): "
      + "the beginning of the better sequence fell out of the larger beam at step \(example.lostAt)."
  }
}
