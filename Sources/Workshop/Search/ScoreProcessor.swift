/// The log-probabilities of one decoding step, `[beams, V]`, which processors change in place.
public struct StepScores {
  /// How many beams there are.
  public let beams: Int
  /// The size of the vocabulary, `V`.
  public let vocabulary: Int
  private let values: UnsafeMutablePointer<Float>

  init(_ values: UnsafeMutablePointer<Float>, beams: Int, vocabulary: Int) {
    self.values = values
    self.beams = beams
    self.vocabulary = vocabulary
  }

  /// The log-probability of `token` following `beam`.
  ///
  /// Beams and tokens outside the table read as −∞ and are not written.
  public subscript(beam: Int, token: Int) -> Float {
    get { contains(beam, token) ? values[beam * vocabulary + token] : -.infinity }
    nonmutating set {
      if contains(beam, token) { values[beam * vocabulary + token] = newValue }
    }
  }

  /// All scores of `beam`, to be changed in place; empty for a beam outside the table.
  public func row(_ beam: Int) -> UnsafeMutableBufferPointer<Float> {
    (0..<beams).contains(beam)
      ? .init(start: values + beam * vocabulary, count: vocabulary) : .init(start: nil, count: 0)
  }

  private func contains(_ beam: Int, _ token: Int) -> Bool {
    (0..<beams).contains(beam) && (0..<vocabulary).contains(token)
  }
}

/// Changes the log-probabilities of a step before the beams are chosen.
///
/// Processors run in order, each on what the one before it left. Nothing is normalised afterwards,
/// and a beam's score adds up the processed values. A processor keeps no state: all it may know is
/// in the ids so far.
///
///     struct Never: ScoreProcessor {
///       let token: Int
///       func process(_ scores: StepScores, of beams: [[Int]], step: Int) -> [Block] {
///         for beam in beams.indices { scores[beam, token] = blockedScore }
///         return []
///       }
///     }
public protocol ScoreProcessor: Sendable {
  /// Changes `scores`.
  ///
  /// - Parameters:
  ///   - scores: The log-probabilities, `[beams, V]`.
  ///   - beams: All ids of each beam, prompt included.
  ///   - step: How many tokens have been added before.
  /// - Returns: What was blocked, for those who trace it.
  func process(_ scores: StepScores, of beams: [[Int]], step: Int) -> [Block]
}

/// The log-probability that the homework's processors give to what they block.
public let blockedScore: Float = -1e9

/// One token that a processor blocked.
public struct Block: Equatable, Sendable {
  /// The beam.
  public let beam: Int
  /// The last tokens of the beam, which the token would have followed.
  public let context: [Int]
  /// The token.
  public let token: Int

  /// A block of `token` after `context`.
  public init(beam: Int, context: [Int], token: Int) {
    self.beam = beam
    self.context = context
    self.token = token
  }
}

/// Blocks every token that the beam holds already, the prompt's included. Homework Q1.4; SPEC
/// `PROC-1`.
public struct WordBlock: ScoreProcessor {
  /// A processor without settings.
  public init() {}

  /// Gives −1e9 to each token of each beam.
  ///
  /// - Complexity: O(*beams · T*).
  public func process(_ scores: StepScores, of beams: [[Int]], step: Int) -> [Block] {
    for (beam, ids) in beams.enumerated() {
      for id in ids { scores[beam, id] = blockedScore }
    }
    return []
  }
}

/// Blocks every token that would complete a trigram the beam holds already. Homework Q1.5 (beam
/// blocking: Paulus et al. 2017, section 2.5); SPEC `PROC-2`.
public struct BeamBlock: ScoreProcessor {
  /// A processor without settings.
  public init() {}

  /// Gives −1e9 to each such token; reports one block for each occurrence of the trigram.
  ///
  /// - Complexity: O(*beams · T*).
  public func process(_ scores: StepScores, of beams: [[Int]], step: Int) -> [Block] {
    var blocks: [Block] = []
    for (beam, ids) in beams.enumerated() {
      for token in NGrams.continuations(of: ids, length: 3) {
        scores[beam, token] = blockedScore
        blocks.append(Block(beam: beam, context: Array(ids.suffix(2)), token: token))
      }
    }
    return blocks
  }
}

/// Blocks every token that would complete an n-gram the beam holds already, by −∞. Source:
/// `NoRepeatNGramLogitsProcessor` of transformers 4.17.0; SPEC `PROC-3`.
public struct NoRepeatNGram: ScoreProcessor {
  /// The length of the n-grams that may not repeat; 1 blocks every token seen.
  public let length: Int

  /// A processor for n-grams of the given length.
  ///
  /// - Throws: ``DecodingError/option(name:value:expected:)`` for a length below 1.
  public init(length: Int) throws(DecodingError) {
    guard length >= 1 else {
      throw .option(name: "no-repeat-ngram", value: "\(length)", expected: "at least 1")
    }
    self.length = length
  }

  /// Gives −∞ to each such token.
  ///
  /// - Complexity: O(*beams · T · length*).
  public func process(_ scores: StepScores, of beams: [[Int]], step: Int) -> [Block] {
    for (beam, ids) in beams.enumerated() {
      for token in NGrams.continuations(of: ids, length: length) {
        scores[beam, token] = -.infinity
      }
    }
    return []
  }
}

/// Looks for repeated n-grams.
enum NGrams {
  /// The tokens that followed earlier occurrences of the last `length − 1` ids, one for each
  /// occurrence, first to last.
  static func continuations(of ids: [Int], length: Int) -> [Int] {
    guard ids.count >= length else { return [] }
    let context = ids.suffix(length - 1)
    return (length - 1..<ids.count).compactMap { end in
      ids[end - length + 1..<end].elementsEqual(context) ? ids[end] : nil
    }
  }
}
