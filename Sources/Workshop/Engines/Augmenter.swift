import Foundation
import FoxData
import FoxDecoding
import FoxFiles
import Synchronization

/// Paraphrases labelled texts by translating them to other languages and back.
///
///     let augmenter = try Augmenter(translator: Apertium(), pivots: ["spa", "cat", "spa-fra"])
///     let set = try augmenter.run(examples)
///     set.examples  // train-1, train-1-aug-spa, train-1-aug-cat, …, train-2, …
///
/// Source: the homework's cell of question 3.1. SPEC `AUG-20` to `AUG-23`.
package struct Augmenter: Sendable {
  package let translator: any Engine
  /// The ways out and back, in order.
  package let pivots: [Pivot]
  package let filters: ParaphraseFilters
  /// How paraphrases are compared with their originals.
  package let similarity: any TextSimilarity

  /// An augmenter.
  ///
  /// - Parameters:
  ///   - pivots: Names of pivots, or none for those that the translator proposes.
  ///   - source: The language of the texts.
  /// - Throws: `Fault`, and what the engine throws when it is asked for its directions.
  package init(
    translator: any Engine, pivots names: [String] = [], source: String = "eng",
    filters: ParaphraseFilters = .none, similarity: any TextSimilarity = LongestCommonSubsequence()
  ) throws {
    guard let source = Language(source) else { throw Fault.language(source) }
    let routes = Routes(try translator.directions())
    var pivots: [Pivot] = []
    for name in names {
      if pivots.contains(where: { UTF8Key.equal($0.name, name) }) {
        throw Fault("pivots", found: "\(shown(name)) twice", expected: "each name once")
      }
      pivots.append(try routes.pivot(name, of: source, engine: translator.name))
    }
    self.translator = translator
    self.pivots = names.isEmpty ? try translator.pivots(of: source) : pivots
    if self.pivots.isEmpty {
      throw Fault("pivots", found: "none that come back", expected: "at least 1")
    }
    self.filters = filters
    self.similarity = similarity
  }

  /// Translates all texts by all pivots, several pivots at once.
  ///
  /// - Parameter progress: Is told how many translations of how many have come; from any thread.
  /// - Throws: The error of the first pivot, in order, that failed.
  package func run(
    _ examples: [LabelledText],
    progress: @escaping @Sendable (AugmentationProgress) -> Void = { _ in }
  ) throws -> AugmentedSet {
    if examples.isEmpty {
      throw Fault("the list of examples", found: "nothing", expected: "at least 1")
    }
    let passages = try translate(examples.map(\.text), progress)
    var set = AugmentedSet.assembled(
      examples, pivots, passages, translator: translator.name, dropping: filters.rule)
    try score(&set.groups)
    return set
  }

  /// The passages of all texts, pivot by pivot.
  private func translate(
    _ texts: [String], _ progress: @escaping @Sendable (AugmentationProgress) -> Void
  ) throws -> [[Passage]] {
    typealias Outcome = Result<[Passage], any Error>
    let outcomes = Mutex([Outcome?](repeating: nil, count: pivots.count))
    let hasFailed = Atomic(false)
    let total = texts.count * pivots.reduce(0) { $0 + $1.path.count - 1 }
    let done = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: pivots.count) { index in
      if hasFailed.load(ordering: .relaxed) { return }
      let outcome = Outcome {
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
    // The first failure in the order of the pivots; a pivot is only left out after a failure.
    return try outcomes.withLock { try $0.compactMap { try $0?.get() } }
  }

  /// Compares each paraphrase with its original.
  private func score(_ groups: inout [AugmentedGroup]) throws {
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
package struct AugmentationProgress: Equatable, Sendable {
  /// The pivot that came further.
  package let pivot: String
  /// Translations that are there, of all pivots and hops.
  package let done: Int
  package let total: Int
}
