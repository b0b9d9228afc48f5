import FoxDecoding
import FoxNumbers

/// # What goes into a model
///
/// Texts become rows of tokens, one text after the other. A batch may be padded; what is computed
/// are its `N` real tokens. Padding changes no result, since no token attends to it:
///
///     ids [[a b c _ _] [d e f g h]]  →  rows a b c d e f g h,  texts 0..<3 and 3..<8
///
/// Only attention has to know where a text ends: all other layers work row by row. Tables are
/// looked up without a check, so ids are checked before anything is computed or drawn.
///
/// Source: `BertModel.forward` of transformers 4.17.0, which computes padding and hides it. SPEC
/// `GPT2-9`, `GPT2-17`, `BERT-5`, `BERT-8`.
///
/// What it does not do: it adds no `[CLS]` and cuts nothing; tokenizers do. It does not check a
/// BERT's batch; `BERTBatchCheck.swift` of the Workshop does.
package struct TokenRows {
  // [N] each: the tokens, text after text, their types (of BERT) and their positions.
  var ids: [Int32] = []
  var types: [Int32] = []
  var positions: [Int32] = []
  // The rows of each text, which attend to each other; none that look into a cache.
  package var sequences: [Range<Int>] = []
  // The slot of each row in the cache, if there is one, and the rows that look into it.
  var slots: [Int32] = []
  var queries: [SlotQuery] = []
  // Where the rows lie in the reference's batch, which is padded: dropout draws for all of it.
  var layout = PaddedLayout(width: 0, columns: [])
}

extension TokenRows {
  /// Texts of one length, as training data is cut into blocks.
  package init(_ ids: [[Int32]], _ configuration: GPT2Configuration) throws(Fault) {
    let tokens = ids.first?.count ?? 0
    guard tokens > 0, ids.allSatisfy({ $0.count == tokens }) else {
      throw .batch(
        found: "rows of \(ids.map(\.count))", expected: "rows of one length, at least 1")
    }
    if tokens > configuration.positions {
      throw .tooLong(tokens: tokens, positions: configuration.positions)
    }
    try Fault.check(ids.joined(), vocabulary: configuration.vocabularySize)
    self.ids = ids.flatMap { $0 }  // [B, T] → [N]
    positions = ids.flatMap { row in row.indices.map { Int32($0) } }
    sequences = ids.indices.map { $0 * tokens..<($0 + 1) * tokens }  // row b: from b · T on
    // No padding: dropout keeps all it draws.
    layout = PaddedLayout(width: tokens, columns: ids.map { [$0.indices] })
  }

  /// The tokens of a batch that was checked, text after text without padding.
  package init(_ batch: BERTBatch) {
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
      layout.columns.append(runs)
      sequences.append(first..<ids.count)  // attention stays within these rows
    }
  }
}

/// Texts as a BERT reads them.
public struct BERTBatch: Sendable, Equatable {
  package let ids: [[Int32]]  // [B][≤ T]: texts shorter than others count as padded on the right
  package let typeIDs: [[Int32]]?  // which text of a pair each token is from; nil: all 0
  package let mask: [[Int32]]?  // 1 for tokens, 0 for padding; nil: all tokens
  package let width: Int  // the length to which the reference pads, T: dropout draws for as much

  /// A batch of texts; its width is by default the length of the longest.
  public init(
    _ ids: [[Int32]], typeIDs: [[Int32]]? = nil, mask: [[Int32]]? = nil, width: Int? = nil
  ) {
    (self.ids, self.typeIDs, self.mask) = (ids, typeIDs, mask)
    // The tokenizer's `padding=True` pads to the longest text, `max_length` to a given length.
    self.width = width ?? ids.reduce(0) { max($0, $1.count) }
  }
}

extension Fault {
  package static func check(
    _ ids: some Sequence<some BinaryInteger>, vocabulary: Int, except allowed: Int? = nil
  ) throws(Fault) {
    for id in ids where !(0..<vocabulary).contains(Int(id)) && Int(id) != allowed {
      throw .token(id: Int(id), vocabulary: vocabulary)
    }
  }

  package static func token(id: Int, vocabulary: Int) -> Fault {
    Fault(
      "the model", at: "token id", found: "\(id)",
      expected: "0 to \(vocabulary - 1), its vocabulary",
      hint: "does the tokenizer belong to the model?")  // nearly always the cause
  }

  package static func tooLong(tokens: Int, positions: Int) -> Fault {
    Fault(  // positions are learned: wpe has no row for one more
      "the text", found: "\(tokens) tokens", expected: "at most the model's \(positions) positions",
      hint: "give fewer")
  }

  package static func batch(at place: String? = nil, found: String, expected: String) -> Fault {
    Fault("the batch", at: place, found: found, expected: expected)
  }
}
