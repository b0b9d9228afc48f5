import FoxDecoding

/// # Texts as a BERT reads them
///
/// A batch may be padded or not; what is computed are its `N` real tokens, text after text. Padding
/// changes no result, since no token attends to it; but it is part of what dropout draws for. In a
/// batch of short and long texts much of the reference's work goes into padding:
///
///     ids [[a b c _ _] [d e f g h]]  →  rows a b c d e f g h,  texts 0..<3 and 3..<8
///
/// Source: `BertModel.forward` and `get_extended_attention_mask` of transformers 4.17.0, which
/// computes padding and hides it. SPEC `BERT-5`, `BERT-8`.
///
/// What it does not do: it adds no `[CLS]` or `[SEP]` and cuts nothing. Tokenizers do.

/// Texts as a BERT reads them, padded or not.
public struct BERTBatch: Sendable, Equatable {
  /// The tokens of each text. Texts shorter than others count as padded on the right.
  public let ids: [[Int32]]
  /// The type of each token: which text of a pair it is from; `nil`: all 0.
  public let typeIDs: [[Int32]]?
  /// 1 for tokens, 0 for padding; `nil`: all tokens.
  public let mask: [[Int32]]?
  /// The length to which the reference pads the texts, `T`. Padding changes no result; but it is part
  /// of what dropout draws for.
  public let width: Int

  /// A batch of texts.
  ///
  /// - Parameters:
  ///   - ids: Tokens, `[B][≤ T]`.
  ///   - typeIDs: As many for each text.
  ///   - mask: As many for each text.
  ///   - width: `T`; by default the length of the longest text.
  public init(
    _ ids: [[Int32]], typeIDs: [[Int32]]? = nil, mask: [[Int32]]? = nil, width: Int? = nil
  ) {
    self.ids = ids
    self.typeIDs = typeIDs
    self.mask = mask
    // The tokenizer's `padding=True` pads to the longest text, `max_length` to a given length.
    self.width = width ?? ids.reduce(0) { max($0, $1.count) }
  }
}

/// The tokens of a batch, text after text without padding, checked against a model.
struct PackedBERTBatch {
  /// `[N]`.
  private(set) var ids: [Int32] = []
  /// `[N]`.
  private(set) var types: [Int32] = []
  /// `[N]`: the column in the padded batch.
  private(set) var positions: [Int32] = []
  /// The rows of each text.
  private(set) var sequences: [Attention.Sequence] = []
  /// Where the rows are in the padded batch.
  let layout: PaddedLayout
  /// The first text whose first column is padding.
  private var hiddenFirst: Int?

  init(_ batch: BERTBatch, _ configuration: BERTConfiguration) throws(Fault) {
    let lengths = batch.ids.map(\.count)  // [B]: columns of each text, masked ones included
    // An empty batch has no mean loss and no vector; better a fault here than NaN later.
    if lengths.isEmpty { throw Fault("the batch", found: "no text", expected: "at least one") }
    // Indexing below relies on it.
    for (what, part) in [("list of token types", batch.typeIDs), ("mask", batch.mask)] {
      if let part, part.map(\.count) != lengths {
        throw .batch(
          found: "a \(what) of \(part.map(\.count))",
          expected: "one number for each token, \(lengths)")
      }
    }
    let longest = lengths.max() ?? 0  // never nil, as there are texts
    if longest > batch.width {
      throw .batch(
        found: "a text of \(longest) tokens", expected: "at most its width, \(batch.width)")
    }
    // The width, not the longest text: in the reference padding has positions, too.
    guard batch.width <= configuration.positions else {
      throw .tooLong(tokens: batch.width, positions: configuration.positions)
    }
    // `layout` is set once, so all columns come first.
    var columns: [[Range<Int>]] = []
    for (row, text) in batch.ids.enumerated() {
      // Where the text has tokens.
      let places = try Self.columns(row, text.count, mask: batch.mask?[row])
      // A softmax over no key has no value; the reference spreads attention over padding instead.
      if places.isEmpty {
        throw Fault("the batch", at: "text \(row)", found: "no token", expected: "at least one")
      }
      columns.append(places)  // ascending and apart
    }
    layout = PaddedLayout(width: batch.width, columns: columns)
    // Not a fault yet: hidden states and means do not care which column is the first.
    hiddenFirst = columns.firstIndex { $0.first?.lowerBound != 0 }
    for (row, text) in batch.ids.enumerated() {  // text after text: N tokens in all
      try Self.check(text, batch.typeIDs?[row], configuration)  // before any of its tokens is taken
      append(text, batch.typeIDs?[row], columns: columns[row])
    }
  }

  /// How many tokens there are, `N`.
  var rows: Int { ids.count }

  /// Refuses a text whose first column is padding: the pooler reads it.
  func checkFirstTokens() throws(Fault) {
    // The reference would read the state of a padding token and give a vector that means nothing.
    if let text = hiddenFirst {
      throw Fault(
        "the batch", at: "text \(text)", found: "a mask that hides its first token",
        expected: "one that shows it, as the pooler reads it", hint: "pad on the right")
    }
  }

  /// Where a text has tokens.
  private static func columns(
    _ row: Int, _ count: Int, mask: [Int32]?
  ) throws(Fault) -> [Range<Int>] {
    // No mask: one range, from the first to the last column.
    guard let mask else { return count > 0 ? [0..<count] : [] }
    // Runs and not single columns: dropout draws or skips a run at a time.
    var ranges: [Range<Int>] = []
    for (column, flag) in mask.enumerated() {
      // The reference adds (1 − mask) · −10,000 to scores: a 2 would outweigh every other token.
      guard flag == 0 || flag == 1 else {
        throw Fault(
          "the batch", at: "text \(row), mask, column \(column)", found: "\(flag)",
          expected: "0 or 1")
      }
      if flag == 0 { continue }  // a hole: the next token opens a new range
      // Right after the last token: its range grows.
      if let last = ranges.last, last.upperBound == column {
        ranges[ranges.count - 1] = last.lowerBound..<column + 1
      } else {
        ranges.append(column..<column + 1)  // after padding, or the first of all
      }
    }
    return ranges
  }

  /// Padding is checked too: the reference looks it up.
  private static func check(
    _ text: [Int32], _ types: [Int32]?, _ configuration: BERTConfiguration
  ) throws(Fault) {
    // Some mark padding by −1: the reference's lookup fails for it, hidden or not.
    for id in text where id < 0 || id >= configuration.vocabularySize {
      throw .token(id: Int(id), vocabulary: configuration.vocabularySize)
    }
    // 0 for the first text of a pair, 1 for the second
    for type in types ?? [] where type < 0 || type >= configuration.types {
      throw Fault(
        "the model", at: "token type", found: "\(type)",
        expected: "0 to \(configuration.types - 1), its types (type_vocab_size)")
    }
  }

  private mutating func append(_ text: [Int32], _ types: [Int32]?, columns: [Range<Int>]) {
    let first = ids.count  // the text's first row
    for column in columns.joined() {
      ids.append(text[column])  // masked tokens are left out: they have no row
      self.types.append(types?[column] ?? 0)  // one text alone is of type 0
      // The column, padding before it included: `position_ids` count columns. GPT-2 differs here.
      positions.append(Int32(column))
    }
    sequences.append(first..<ids.count)  // attention stays within these rows
  }
}
