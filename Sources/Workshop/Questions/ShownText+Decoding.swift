import Foundation
import FoxHomework
import FoxModels
import FoxSearch
import FoxTries

extension HomeworkModel {
  /// A text as the homework prints it: without special tokens, with the blanks cleaned up.
  func text(_ ids: [Int]) throws -> String {
    try tokenizer.decode(tokenizer.known(ids), skipSpecialTokens: true, cleanUpSpaces: true)
  }

  /// Texts of tokens that, put together, are the whole text: bytes of a character that is not complete
  /// yet are held back for the token that completes it. What the tokenizer does not have is U+FFFD.
  func pieces(_ ids: [Int]) throws -> [String] {
    var decoder = StreamingDecoder(tokenizer)
    var pieces = try ids.map { id in
      tokenizer.known([id]).isEmpty ? "\u{FFFD}" : try decoder.feed(id)
    }
    if let last = pieces.indices.last { pieces[last] += decoder.flush() }
    return pieces
  }

  /// A token by itself.
  func shown(_ id: Int, logProbability: Float? = nil) throws -> ScoredToken {
    let known = tokenizer.known([id])
    return ScoredToken(
      id: id, text: known.isEmpty ? "\u{FFFD}" : try tokenizer.decode(known),
      logProbability: logProbability.map(Double.init))
  }

  /// How much each token of a text attends to which, rounded to three places.
  ///
  /// - Parameter limit: Longer texts are cut: the maps grow with the square.
  func attention(of ids: [Int], limit: Int = 64) throws -> AttentionMaps {
    let ids = Array(ids.prefix(limit))
    let (layers, heads) = (model.configuration.layers, model.configuration.heads)
    let values = try model.attention(of: ids.map { Int32($0) }).elements
    let weights = (0..<layers).map { layer in
      (0..<heads).map { head in
        ids.indices.map { query in
          let start = ((layer * heads + head) * ids.count + query) * ids.count
          return values[start...start + query].map { (Double($0) * 1000).rounded() / 1000 }
        }
      }
    }
    return AttentionMaps(
      tokens: try pieces(ids), layers: layers, heads: heads, weights: weights)
  }
}
