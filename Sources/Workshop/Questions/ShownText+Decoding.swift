import Foundation
import FoxGPT2
import FoxSearch
import FoxTries

extension HomeworkModel {
  /// A token by itself; what the tokenizer does not have is shown as U+FFFD.
  func shown(_ id: Int, logProbability: Float? = nil) throws -> ShownToken {
    let known = tokenizer.known([id])
    return ShownToken(
      id: id, text: known.isEmpty ? "\u{FFFD}" : try tokenizer.decode(known),
      logProbability: logProbability.map(Double.init))
  }

  /// Tokens whose texts, put together, are the whole text: bytes of a character that is not complete
  /// yet are held back for the token that completes it.
  func shown(_ ids: [Int], logProbabilities: [Float?]) throws -> [ShownToken] {
    var decoder = StreamingDecoder(tokenizer)
    var tokens = try zip(ids, logProbabilities).map { id, score in
      ShownToken(
        id: id, text: tokenizer.known([id]).isEmpty ? "\u{FFFD}" : try decoder.feed(id),
        logProbability: score.map(Double.init))
    }
    if let last = tokens.indices.last { tokens[last].text += decoder.flush() }
    return tokens
  }

  /// A beam, the prompt's tokens first.
  func shown(_ beam: Beam) throws -> ShownBeam {
    let prompt = [Float?](
      repeating: nil, count: beam.ids.count - beam.tokenLogProbabilities.count)
    return ShownBeam(
      tokens: try shown(beam.ids, logProbabilities: prompt + beam.tokenLogProbabilities),
      text: try beam.text(tokenizer), score: Double(beam.score),
      scorePerToken: beam.scorePerToken)
  }

  /// The first beam of a result.
  ///
  /// - Throws: ``HomeworkError/tooFew(what:found:needed:)`` when there is none.
  func best(_ result: SearchResult) throws -> ShownBeam {
    guard let beam = result.beams.first else {
      throw HomeworkError.tooFew(what: "beams", found: 0, needed: 1)
    }
    return try shown(beam)
  }

  /// How much each token of a text attends to which, rounded to three places.
  ///
  /// - Parameter limit: Longer texts are cut: the maps grow with the square.
  func attention(of ids: [Int], limit: Int = 64) throws -> AttentionMaps {
    let ids = Array(ids.prefix(limit))
    let (layers, heads) = (model.configuration.layers, model.configuration.heads)
    let values = try GPT2Trainable(model).attention(of: ids.map { Int32($0) }).elements
    let weights = (0..<layers).map { layer in
      (0..<heads).map { head in
        ids.indices.map { query in
          let start = ((layer * heads + head) * ids.count + query) * ids.count
          return values[start...start + query].map { (Double($0) * 1000).rounded() / 1000 }
        }
      }
    }
    return AttentionMaps(
      tokens: try shown(ids, logProbabilities: ids.map { _ in nil }).map(\.text), layers: layers,
      heads: heads, weights: weights)
  }
}
