import FoxDecoding

/// # Vocabularies
///
/// A vocabulary gives each token its number, the *id*. A model's first layer has one row for each
/// id.
///
/// A token is compared by its bytes, never as a `String`: to Swift "é" is the same text whether it
/// is one character or an `e` with an accent after it, and to the model these are two tokens:
///
///     [0xC3, 0xA9] → 2634        [0x65, 0xCC, 0x81] → no single id
///
/// Source: `encoder.json` of GPT-2, `vocab.txt` of BERT. Clause `BPE-5`. Does not read files:
/// `vocab.json` is JSON, which is chapter 4.
package struct Vocabulary: Sendable {
  // Both directions: ids for encoding, tokens for decoding. Ids may have gaps, so the second is a
  // dictionary too.
  private var ids: [[UInt8]: Int] = [:]
  private var tokens: [Int: [UInt8]] = [:]

  package init() {}

  /// Gives `token` an id.
  package mutating func insert(_ token: [UInt8], id: Int) throws(Fault) {
    func shown(_ token: [UInt8]) -> String { "\"\(String(decoding: token, as: UTF8.self))\"" }
    // The reference keeps one of the two and says nothing. One of the ids would then never come out
    // of a text, and a model trained with the other would see a wrong row.
    if let other = ids[token] {
      let found = "ids \(other) and \(id)"
      throw Fault("vocabulary", at: shown(token), found: found, expected: "one id")
    }
    // And two tokens with one id could not be told apart when decoding.
    if let other = tokens[id] {
      let found = "\(shown(other)) and \(shown(token))"
      throw Fault("vocabulary", at: "id \(id)", found: found, expected: "one token")
    }
    (ids[token], tokens[id]) = (id, token)  // both directions at once
  }

  /// How many tokens there are.
  package var count: Int { ids.count }

  /// The id of the token with these bytes.
  package subscript(token: [UInt8]) -> Int? { ids[token] }

  /// The id of a token given as text, compared by its UTF-8.
  package subscript(token: String) -> Int? { ids[Array(token.utf8)] }

  /// The bytes of the token with this id, which stands at `place` of some ids.
  package func token(_ id: Int, at place: Int) throws(Fault) -> [UInt8] {
    if let token = tokens[id] { return token }
    // The reference leaves such an id out in silence. A text with a hole in it would look right.
    throw Fault("ids", at: "\(place)", found: "\(id)", expected: "the id of a token")
  }
}
