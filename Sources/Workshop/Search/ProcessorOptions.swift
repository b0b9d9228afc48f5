/// The usual options of generation, made into processors in the reference's order.
///
/// Source: `_get_logits_processor` and `_get_logits_warper` of transformers 4.40.2; SPEC `PROC-12`.
package struct ProcessorOptions: Sendable, Equatable {
  package var repetitionPenalty: Float?
  package var noRepeatNGram: Int?
  package var badWords: [[Int]] = []
  /// See ``MinLength``.
  package var minNewTokens: Int?
  package var temperature: Float?
  /// See ``TopKFilter``.
  package var topK: Int?
  /// See ``TopPFilter``.
  package var topP: Double?

  package init() {}

  /// The processors that are set: repetition penalty, n-grams, bad words, least length; then the
  /// warpers: temperature, top-k, top-p.
  ///
  /// - Parameter endTokens: The tokens that end a text.
  /// - Throws: ``Fault`` for the first value out of range.
  package func processors(endTokens: [Int]) throws(Fault) -> [any ScoreProcessor] {
    var list: [any ScoreProcessor] = []
    if let repetitionPenalty { list.append(try RepetitionPenalty(repetitionPenalty)) }
    if let noRepeatNGram { list.append(try NoRepeatNGram(length: noRepeatNGram)) }
    if !badWords.isEmpty { list.append(try BadWords(badWords, endTokens: endTokens)) }
    if let minNewTokens {
      list.append(try MinLength(minNewTokens, of: .newTokens, endTokens: endTokens))
    }
    if let temperature { list.append(try Temperature(temperature)) }
    if let topK { list.append(try TopKFilter(topK)) }
    if let topP { list.append(try TopPFilter(topP)) }
    return list
  }
}
