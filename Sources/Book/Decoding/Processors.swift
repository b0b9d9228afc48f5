/// # Score processors
///
/// A processor changes the scores of a step before the search chooses. It may forbid a token, or
/// make it less likely; it may not remember anything. Texts are reordered, repeated and dropped
/// between steps, so that row 3 is a different text every time: all that a processor may know is in
/// the texts.
///
/// Processors run in order, each on what the one before it left. Nothing is normalized afterwards,
/// and the beams add up what is left: a blocked token costs a beam a billion.
///
/// Source: homework Q1.4 (`WordBlock`) and Q1.5 (`BeamBlock`). Clauses `PROC-1` and `PROC-2`. Those
/// of transformers are in the Workshop: repetition penalty, n-grams of any length, bad words,
/// temperature, top-k, top-p.

/// Changes the scores of a step before the search chooses.
///
///     func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
///       for text in texts.indices { scores[text, token] = blockedScore }  // never this token
///       return []
///     }
public protocol ScoreProcessor: Sendable {
  /// Changes `scores`.
  ///
  /// - Parameters:
  ///   - scores: `[k, V]`, in place.
  ///   - texts: All tokens of each text, the prompt's included.
  ///   - step: How many tokens have been added before.
  /// - Returns: What was blocked, for those who trace it.
  func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block]
}

/// The log-probability that the homework gives to what is blocked. It is not −∞: when everything is
/// blocked, the search continues with the least bad token. But next to 1e9 numbers of float32 are
/// 64 apart, so a beam with a blocked token keeps nothing of its own score.
public let blockedScore: Float = -1e9

extension [[Float]] {
  /// The score of a token after a text. Outside the table it is −∞ and cannot be changed: a
  /// tokenizer may have tokens for which a model has no score.
  public subscript(text: Int, token: Int) -> Float {
    // What a model without this token would say: impossible. So WordBlock needs no bounds.
    get { has(text, token) ? self[text][token] : -.infinity }
    set { if has(text, token) { self[text][token] = newValue } }
  }

  private func has(_ text: Int, _ token: Int) -> Bool {
    indices.contains(text) && self[text].indices.contains(token)
  }
}

/// A token that a processor blocked.
public struct Block: Equatable, Sendable {
  /// The step, from 0.
  public let step: Int
  /// The beam.
  public let beam: Int
  /// The tokens at the end of the beam that are the reason.
  public let context: [Int]
  /// The token.
  public let token: Int

  /// A block of `token` after `context`.
  public init(step: Int, beam: Int, context: [Int], token: Int) {
    (self.step, self.beam, self.context, self.token) = (step, beam, context, token)
  }
}

/// Q1.4: no token twice. Blocks every token that the text has already, the prompt's included.
public struct WordBlock: ScoreProcessor {
  /// A processor without settings.
  public init() {}

  /// Gives −1e9 to each of those tokens.
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for (text, ids) in texts.enumerated() {  // row `text` of the scores
      // Ids, not words: "fox" and " fox" are two tokens, so blocking one leaves the other.
      for id in ids { scores[text, id] = blockedScore }  // twice is the same as once
    }
    return []  // the notebook prints nothing for this processor
  }
}

/// Q1.5: no trigram twice, also called beam blocking (Paulus et al. 2017, arXiv 1705.04304,
/// section 2.5).
///
/// A text that ends with "the fox" and has had "the fox jumps" may not continue with "jumps".
public struct BeamBlock: ScoreProcessor {
  /// A processor without settings.
  public init() {}

  /// Gives −1e9 to each of those tokens. Reports one block for each earlier occurrence, as the
  /// homework prints one line for each.
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    var blocks: [Block] = []  // in the order of the notebook's lines
    for (text, ids) in texts.enumerated() {
      for token in repeats(in: ids, length: 3) {  // O(T) for each text and step
        // The same token may come several times, once for each earlier trigram. It is blocked once
        // and traced every time: the notebook's print is inside its loop.
        scores[text, token] = blockedScore
        blocks.append(Block(step: step, beam: text, context: ids.suffix(2), token: token))
      }
    }
    return blocks  // the search adds them to its trace
  }
}

/// The tokens that would now repeat an n-gram: those that followed the last `length − 1` tokens
/// where these stood before, in the order of the text.
package func repeats(in ids: [Int], length: Int) -> [Int] {
  // Fewer tokens than an n-gram have nothing to repeat, and the range below would be upside down.
  guard ids.count >= length else { return [] }
  let context = ids.suffix(length - 1)  // how the n-gram to come begins
  // `end` is the place of the last token of every n-gram of the text.
  return (length - 1..<ids.count).compactMap { end in
    // If it begins as the text ends, its last token is what may not come again.
    ids[end - length + 1..<end].elementsEqual(context) ? ids[end] : nil
  }
}
