/// Attention of every layer and head over one text.
package struct AttentionMaps: Codable, Equatable, Sendable {
  package var tokens: [String]
  package var layers: Int
  package var heads: Int
  /// `[layer][head][query][key]`, rounded to three places; keys up to the query.
  package var weights: [[[[Double]]]]
}
