import FoxDecoding
import FoxNumbers

/// # A model at work
///
/// A session holds some texts and what the model computed for them. Each call appends tokens and
/// gives the scores of what may follow; nothing is computed twice. Tokens of all texts go through
/// the model as one matrix of `N` rows, whatever the lengths of the texts are.
///
///     logits[t] = ln_f(x[t]) Wᵀ,   where x[t] depends on the tokens 0 … t and on nothing later
///
/// Source: `GPT2LMHeadModel.forward` with `past_key_values` and `position_ids`, of transformers
/// 4.17.0. SPEC `GPT2-4` to `GPT2-9`.
///
/// What it does not do: it chooses no token. That is chapter Decoding's and the Workshop's.
public final class GPT2Session {
  /// Which tokens' logits are wanted: the product with the vocabulary is the largest of all.
  public enum LogitRows: Sendable {
    /// Those of the last token of each text.
    case last
    /// Those of every appended token, text by text.
    case all
  }

  // The most tokens of a text that attend one by one; more attend by products. A product has to be
  // set up for each head, which only pays for many rows.
  private static let fewTokens = 16

  package let model: GPT2Model
  package let arena = Arena()  // what a pass computes: the next one overwrites it
  private let cache: KeyValueCache  // keys and values: what stays from pass to pass

  /// A session over empty texts, with room for `tokens` in all; more make it grow.
  public init(model: GPT2Model, sequences: Int = 1, reserving tokens: Int = 64) {
    self.model = model
    cache = KeyValueCache(
      layers: model.configuration.layers, channels: model.configuration.channels,
      sequences: sequences, capacity: tokens)
  }

  /// How many tokens each text holds.
  package var lengths: [Int] { cache.sequences.map(\.count) }

  /// Replaces the texts: the new text `i` continues the old text `parents[i]`. There may be more or
  /// fewer than before.
  package func reorder(_ parents: [Int]) throws(Fault) {
    let texts = cache.sequences.indices
    if let wrong = parents.first(where: { !texts.contains($0) }) {
      throw Fault(
        "a reordering", found: "text \(wrong)", expected: "one of the \(texts.count) there are")
    }
    cache.reorder(parents)  // moves integers only
  }

  /// Appends tokens to the texts and scores what may follow.
  ///
  /// - Parameters:
  ///   - tokens: The ids to append to each text; none is allowed.
  ///   - positions: Those of each of these tokens; by default their indices in the text.
  /// - Returns: Logits `[rows, V]`.
  /// - Throws: ``Fault`` for ids outside the vocabulary, texts longer than the model's positions, or
  ///   a batch that does not fit. The session is then as it was before.
  public func advance(
    _ tokens: [[Int]], positions: [[Int]]? = nil, logits rows: LogitRows = .last
  ) throws(Fault) -> Tensor {
    let x = try states(tokens, positions: positions, of: rows)  // [rows, C]
    // A buffer of its own, which outlives the next pass. A row of logits takes V · C
    // multiplications, as much as five blocks of GPT-2 small.
    let logits = FloatBuffer(uninitialized: x.rows * model.head.outputs)
    // [rows, C] [C, V] → [rows, V]
    model.head.forward(x, into: Matrix(logits, x.rows, model.head.outputs))
    return Tensor(shape: [x.rows, model.head.outputs], taking: logits)
  }

  /// What the head reads, `[rows, C]`: valid until the next pass.
  package func states(
    _ tokens: [[Int]], positions: [[Int]]? = nil, of wanted: LogitRows
  ) throws(Fault) -> Matrix {
    try check(tokens, positions)  // throws before the cache has changed
    arena.reset()
    var (batch, last) = (TokenRows(), [Int]())
    // A text without new tokens takes no row; its slots stay as they are.
    for (text, ids) in tokens.enumerated() where !ids.isEmpty {
      // Its first row in the batch, and how many tokens it had.
      let (first, past) = (batch.ids.count, cache.sequences[text].count)
      batch.ids += ids.map { Int32($0) }
      // Positions count on from what the text had: `past_length` in the reference.
      batch.positions += (positions?[text] ?? Array(past..<past + ids.count)).map { Int32($0) }
      // Where this pass writes its keys and values.
      batch.slots += cache.append(ids.count, to: text)
      last.append(batch.ids.count - 1)  // the row of the text's last token
      // A whole prompt sees nothing but itself, so products over its own rows do. Its keys and
      // values go to the slots all the same, for the passes to come.
      if past == 0, ids.count > Self.fewTokens {
        batch.sequences.append(first..<batch.ids.count)
      } else {
        // Each token sees the text up to itself. That is all there is to causality here: later
        // slots are not on the list.
        let slots = cache.sequences[text]
        batch.queries += ids.indices.map {
          SlotQuery(row: first + $0, slots: slots[...(past + $0)])
        }
      }
    }
    let pass = Pass(batch, through: model.body, arena)
    pass.cache = cache
    var x = model.body.forward(pass)  // [N, C]
    if case .last = wanted {
      // Last rows move up to the front. A text has at least one row, so text i ends at row i or
      // later: none is overwritten before it was moved.
      for (row, last) in last.enumerated() where row != last {
        x[rows: row..<row + 1].copy(x[rows: last..<last + 1])
      }
      x = x[rows: 0..<last.count]  // [texts, C]
    }
    model.finalNorm.forward(x, into: x)  // in place: row by row, nothing else reads x
    return x
  }

  private func check(_ tokens: [[Int]], _ positions: [[Int]]?) throws(Fault) {
    // Refuses what cannot be computed before the first slot is taken.
    let (lengths, most) = (lengths, model.configuration.positions)
    guard tokens.count == lengths.count else {
      throw .batch(found: "tokens for \(tokens.count) texts", expected: "for \(lengths.count)")
    }
    // The reference would broadcast other shapes, or fail somewhere inside.
    if let positions, positions.map(\.count) != tokens.map(\.count) {
      throw .batch(
        found: "\(positions.map(\.count)) positions",
        expected: "one for each token, \(tokens.map(\.count))")
    }
    for (text, ids) in tokens.enumerated() {
      // Also when positions are given: the reference's causal mask (`bias`) is that wide, too.
      if lengths[text] + ids.count > most {
        throw .tooLong(tokens: lengths[text] + ids.count, positions: most)
      }
      // The lookups in wte and wpe do not check.
      try Fault.check(ids, vocabulary: model.configuration.vocabularySize)
      for position in positions?[text] ?? [] where !(0..<most).contains(position) {
        throw .tooLong(tokens: position &+ 1, positions: most)
      }
    }
  }
}
