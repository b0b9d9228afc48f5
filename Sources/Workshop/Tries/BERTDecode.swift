import FoxDecoding

extension BERTTokenizer {
  /// The text of `ids`: tokens that continue a word are joined to it, others follow a space.
  ///
  /// As in the reference each token is cleaned up by itself on the way (`"hello , world"` comes out
  /// as `"hello, world"`), unless the tokenizer.json says `"cleanup": false`; `cleanUpSpaces`
  /// cleans up the whole text once more, which is the reference's default.
  ///
  /// - Throws: `Fault`; the reference leaves such ids out.
  ///
  /// Source: `WordPiece` of `decoders` in tokenizers 0.13.3. Spec: `WP-7`.
  public func decode(
    _ ids: some Sequence<Int>, skipSpecialTokens: Bool = false, cleanUpSpaces: Bool = false
  ) throws(Fault) -> String {
    var text: [UInt8] = []
    var isFirst = true
    for id in ids {
      guard let token = token(of: id) else { throw .unknownID(id, below: endID) }
      if skipSpecialTokens, isSpecial(id) { continue }
      text += spelled(Array(token.utf8), isFirst: isFirst)
      isFirst = false
    }
    if cleanUpSpaces { text = SpaceCleanUp.text.clean(text) }
    return String(decoding: text, as: UTF8.self)
  }

  private func spelled(_ token: [UInt8], isFirst: Bool) -> [UInt8] {
    guard let decoder = options.decoder else { return isFirst ? token : [0x20] + token }
    var text = token
    if !isFirst {
      let prefix = decoder.prefix.utf8
      text = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token
    }
    return decoder.cleansUp ? SpaceCleanUp.tokens.clean(text) : text
  }
}
