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
public struct BERTBatch: Sendable, Equatable {
  /// The tokens of each text. Texts shorter than others count as padded on the right.
  public let ids: [[Int32]]
  /// The type of each token: which text of a pair it is from; `nil`: all 0.
  public let typeIDs: [[Int32]]?
  /// 1 for tokens, 0 for padding; `nil`: all tokens.
  public let mask: [[Int32]]?
  /// The length to which the reference pads the texts, `T`: dropout draws for as much.
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
    (self.ids, self.typeIDs, self.mask) = (ids, typeIDs, mask)
    // The tokenizer's `padding=True` pads to the longest text, `max_length` to a given length.
    self.width = width ?? ids.reduce(0) { max($0, $1.count) }
  }
}

extension TokenRows {
  /// The tokens of a batch, text after text without padding, checked against a model.
  package init(_ batch: BERTBatch, _ configuration: BERTConfiguration) throws(Fault) {
    try batch.check(configuration)  // everything below relies on it
    layout = PaddedLayout(width: batch.width, columns: [])
    for (text, tokens) in batch.ids.enumerated() {
      // Runs of tokens and not single columns: dropout draws or skips a run at a time.
      let runs =
        batch.mask.map { Array($0[text].indices(where: { $0 == 1 }).ranges) } ?? [tokens.indices]
      let first = ids.count
      for column in runs.joined() {
        ids.append(tokens[column])  // padding gets no row
        types.append(batch.typeIDs?[text][column] ?? 0)  // 0: the first text of a pair
        // The column, padding before it included: `position_ids` count columns. GPT-2 differs here.
        positions.append(Int32(column))
      }
      // A softmax over no key has no value; the reference spreads attention over padding instead.
      if first == ids.count {
        throw .batch(at: "text \(text)", found: "no token", expected: "at least one")
      }
      layout.columns.append(runs)
      sequences.append(first..<ids.count)  // attention stays within these rows
    }
  }

  /// Refuses a text whose first column is padding. The reference's pooler would read the state of a
  /// padding token and give a vector that means nothing.
  package func checkFirstTokens() throws(Fault) {
    if let text = layout.columns.firstIndex(where: { $0.first?.lowerBound != 0 }) {
      throw Fault(
        "the batch", at: "text \(text)", found: "a mask that hides its first token",
        expected: "one that shows it, as the pooler reads it", hint: "pad on the right")
    }
  }
}

extension BERTBatch {
  /// Refuses what the lookups in tables would read beyond, and what has no result.
  fileprivate func check(_ configuration: BERTConfiguration) throws(Fault) {
    let lengths = ids.map(\.count)  // [B]: columns of each text, masked ones included
    // An empty batch has no mean loss and no vector; better a fault here than NaN later.
    guard let longest = lengths.max() else {
      throw .batch(found: "no text", expected: "at least one")
    }
    for (what, part) in [("list of token types", typeIDs), ("mask", mask)] {
      if let part, part.map(\.count) != lengths {
        throw .batch(
          found: "a \(what) of \(part.map(\.count))",
          expected: "one number for each token, \(lengths)")
      }
    }
    if longest > width {
      throw .batch(found: "a text of \(longest) tokens", expected: "at most its width, \(width)")
    }
    // The width, not the longest text: in the reference padding has positions, too.
    if width > configuration.positions {
      throw .tooLong(tokens: width, positions: configuration.positions)
    }
    // Padding is checked too: the reference looks it up. Some mark it by −1, for which that fails.
    try Fault.check(ids.joined(), vocabulary: configuration.vocabularySize)
    for type in (typeIDs ?? []).joined() where type < 0 || type >= configuration.types {
      throw Fault(
        "the model", at: "token type", found: "\(type)",
        expected: "0 to \(configuration.types - 1), its types (type_vocab_size)")
    }
    // The reference adds (1 − mask) · −10,000 to scores: a 2 would outweigh every other token.
    for (text, mask) in (mask ?? []).enumerated() {
      for (column, shown) in mask.enumerated() where shown != 0 && shown != 1 {
        throw .batch(
          at: "text \(text), mask, column \(column)", found: "\(shown)", expected: "0 or 1")
      }
    }
  }
}
