import Foundation
import FoxFiles
import Synchronization

/// Paraphrases labelled texts by translating them to other languages and back.
///
///     let augmenter = try Augmenter(translator: Apertium(), pivots: ["spa", "cat", "spa-fra"])
///     let set = try augmenter.run(examples)
///     set.examples  // train-1, train-1-aug-spa, train-1-aug-cat, …, train-2, …
///
/// Source: the homework's cell of question 3.1. SPEC `AUG-20` to `AUG-23`.
public struct Augmenter: Sendable {
  /// Who translates.
  public let translator: any Translator
  /// The ways out and back, in order.
  public let pivots: [Pivot]
  /// What is dropped.
  public let filters: ParaphraseFilters
  /// How paraphrases are compared with their originals.
  public let similarity: any TextSimilarity

  /// An augmenter.
  ///
  /// - Parameters:
  ///   - pivots: Names of pivots, or none for those that the translator proposes.
  ///   - source: The language of the texts.
  /// - Throws: ``AugmentationError/pivot(engine:name:problem:pivots:)``, and what the engine throws
  ///   when it is asked for its directions.
  public init(
    translator: any Translator, pivots names: [String] = [], source: String = "eng",
    filters: ParaphraseFilters = .none, similarity: any TextSimilarity = LongestCommonSubsequence()
  ) throws(AugmentationError) {
    guard let source = Language(source) else { throw .language(source) }
    let routes = Routes(try translator.directions())
    var pivots: [Pivot] = []
    for name in names {
      if pivots.contains(where: { UTF8Key.equal($0.name, name) }) {
        throw .option(name: "pivots", value: shown(name), expected: "each name once")
      }
      pivots.append(try routes.pivot(name, of: source, engine: translator.name))
    }
    self.translator = translator
    self.pivots = names.isEmpty ? try translator.pivots(of: source) : pivots
    if self.pivots.isEmpty { throw .empty("the list of pivots that come back") }
    self.filters = filters
    self.similarity = similarity
  }

  /// Translates all texts by all pivots, several pivots at once.
  ///
  /// - Parameter progress: Is told how many translations of how many have come; from any thread.
  /// - Throws: The error of the first pivot, in order, that failed.
  public func run(
    _ examples: [LabelledText],
    progress: @escaping @Sendable (AugmentationProgress) -> Void = { _ in }
  ) throws(AugmentationError) -> AugmentedSet {
    if examples.isEmpty { throw .empty("the list of examples") }
    let passages = try translate(examples.map(\.text), progress)
    var groups: [AugmentedGroup] = []
    for (index, example) in examples.enumerated() {
      let paraphrases = zip(pivots, passages).map { pivot, passages in
        Paraphrase(pivot: pivot.name, passage: passages[index])
      }
      groups.append(filters.group(example, paraphrases))
    }
    try score(&groups)
    return AugmentedSet(translator: translator.name, pivots: pivots, groups: groups)
  }

  /// The passages of all texts, pivot by pivot.
  private func translate(
    _ texts: [String], _ progress: @escaping @Sendable (AugmentationProgress) -> Void
  ) throws(AugmentationError) -> [[Passage]] {
    typealias Outcome = Result<[Passage], AugmentationError>
    let outcomes = Mutex([Outcome?](repeating: nil, count: pivots.count))
    let hasFailed = Atomic(false)
    let total = texts.count * pivots.reduce(0) { $0 + $1.path.count - 1 }
    let done = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: pivots.count) { index in
      if hasFailed.load(ordering: .relaxed) { return }
      let outcome = Outcome { () throws(AugmentationError) in
        try translator.translate(texts, along: pivots[index].path) { count in
          let done = done.withLock { done in
            done += count
            return done
          }
          progress(AugmentationProgress(pivot: pivots[index].name, done: done, total: total))
        }
      }
      if case .failure = outcome { hasFailed.store(true, ordering: .relaxed) }
      outcomes.withLock { $0[index] = outcome }
    }
    var passages: [[Passage]] = []
    for outcome in outcomes.withLock({ $0 }) {
      if case .failure(let error)? = outcome { throw error }
    }
    for case .success(let part)? in outcomes.withLock({ $0 }) { passages.append(part) }
    return passages
  }

  /// Compares each paraphrase with its original.
  private func score(_ groups: inout [AugmentedGroup]) throws(AugmentationError) {
    let pairs = groups.flatMap { group in
      group.paraphrases.map { (group.original.text, $0.text) }
    }
    let scores = try similarity.scores(pairs)
    var next = scores.makeIterator()
    for group in groups.indices {
      for index in groups[group].paraphrases.indices {
        groups[group].paraphrases[index].similarity = next.next() ?? 0
      }
    }
  }
}

/// How far an augmentation has come.
public struct AugmentationProgress: Equatable, Sendable {
  /// The pivot that came further.
  public let pivot: String
  /// Translations that are there, of all pivots and hops.
  public let done: Int
  /// Translations in all.
  public let total: Int
}
