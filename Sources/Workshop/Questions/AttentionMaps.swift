/// Attention of every layer and head over one text.
public struct AttentionMaps: Codable, Equatable, Sendable {
  /// The texts of the tokens.
  public var tokens: [String]
  /// The layers.
  public var layers: Int
  /// The heads of each.
  public var heads: Int
  /// `[layer][head][query][key]`, rounded to three places; keys up to the query.
  public var weights: [[[[Double]]]]
}
