/// A token as it is shown: its text and how sure the model was.
public struct ShownToken: Codable, Equatable, Sendable {
  /// Its id.
  public var id: Int
  /// Its share of the text.
  public var text: String
  /// Natural logarithm of its probability; `nil` for tokens of the prompt.
  public var logProbability: Double?
}

/// A beam as it is shown.
public struct ShownBeam: Codable, Equatable, Sendable {
  /// All tokens, the prompt's first.
  public var tokens: [ShownToken]
  /// The cleaned text, as the homework prints it.
  public var text: String
  /// Sum of the log-probabilities.
  public var score: Double
  /// ``score`` by the number of all tokens.
  public var scorePerToken: Double
}

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
