import CFoxKernels
import FoxKernels
import FoxModels

/// # A GPT-2 as a function from texts to scores
///
/// From outside this is the chapter's ``NextTokens``: what it says about a text does not depend on what
/// it was asked before. Inside it remembers the texts of the last call, whose keys and values are in a
/// session's cache. A text that continues one of them costs only its new tokens, and equal texts are
/// computed once: a search that begins with `k` copies of a prompt reads the prompt once.
package final class GPT2Scorer {
  package enum Output {
    /// log p(token | text), as beam search adds them up.
    case logProbabilities
    /// As the model gives them, for processors that were made for those.
    case logits
  }

  private let session: GPT2Session
  private let output: Output
  /// The texts that the session's sequences hold, and their places. One sequence is always empty:
  /// a text that continues no other continues that one.
  private var held: [[Int]: Int] = [[]: 0]

  /// A table that is no longer needed. The next call fills it again: fresh memory for five rows of
  /// 50,257 numbers would cost a tenth of a small model's step.
  package var spare: [[Float]] = []

  /// A function.
  ///
  /// - Parameter tokens: How many tokens to make room for, in all; more make the cache grow.
  package init(_ model: GPT2Model, _ output: Output, reserving tokens: Int) {
    session = GPT2Session(model: model, reserving: tokens)
    self.output = output
  }

  /// The scores of what may follow, a row for each text.
  ///
  /// - Throws: `Fault` for empty texts, ids outside the vocabulary, texts longer than the model's
  ///   positions, or weights that are not finite.
  package func next(_ texts: [[Int]]) throws(Fault) -> [[Float]] {
    if texts.contains(where: \.isEmpty) { throw .emptyPrompt }
    var (places, distinct): ([[Int]: Int], [[Int]]) = ([:], [])
    for text in texts where places[text] == nil {
      places[text] = distinct.count
      distinct.append(text)
    }
    let logits = try advance(distinct, places)
    return try table(texts.map { places[$0] ?? 0 }, of: logits)
  }

  /// Makes the session's sequences hold these texts, and computes the logits of what follows.
  private func advance(_ texts: [[Int]], _ places: [[Int]: Int]) throws(Fault) -> Matrix {
    let lengths = Set(held.keys.map(\.count)).sorted(by: >)
    let parents = texts.map { parent(of: $0, lengths) }
    let empty = held[[]] ?? 0
    // If the pass fails, the sequences hold the parents: of those only the empty one is used again.
    held = [[]: texts.count]
    try session.reorder(parents.map(\.place) + [empty])
    let new = zip(texts, parents).map { Array($0.dropFirst($1.length)) }
    let logits = try session.scores(new + [[]], of: .last)
    held = places
    held[[]] = texts.count
    return logits
  }

  /// The longest text held that this one continues. In a search that is all but its last token.
  private func parent(of text: [Int], _ lengths: [Int]) -> (place: Int, length: Int) {
    for length in lengths where length < text.count {
      if let place = held[Array(text.prefix(length))] { return (place, length) }
    }
    return (0, 0)  // not reached: the empty text is always held
  }

  /// A row for each of `rows`, which are rows of the logits.
  private func table(_ rows: [Int], of logits: Matrix) throws(Fault) -> [[Float]] {
    let vocabulary = session.model.configuration.vocabularySize
    // A processor may have done anything to a spare row.
    var table = spare.allSatisfy { $0.count == vocabulary } ? spare : []
    spare = []  // `table` is now the only owner: its rows are written in place
    if table.count > rows.count { table.removeLast(table.count - rows.count) }
    while table.count < rows.count { table.append([Float](repeating: 0, count: vocabulary)) }
    let isSound = table.withUnsafeMutableBufferPointer { table in
      fill(table, from: rows, of: logits)
    }
    if let bad = isSound.firstIndex(of: false) {
      throw session.model.firstBadWeight() ?? .badLogits(sequence: bad)
    }
    return table
  }

  /// - Returns: Of each row, whether its numbers are finite.
  private func fill(
    _ table: UnsafeMutableBufferPointer<[Float]>, from rows: [Int], of logits: Matrix
  ) -> [Bool] {
    return [Bool](unsafeUninitializedCapacity: rows.count) { isSound, filled in
      let isSound = isSound
      Parallel.ranges(rows.count, grain: max(1, 16_384 / max(1, logits.columns))) { range in
        for row in range {
          let source = logits.row(rows[row])
          let isFinite = table[row].withUnsafeMutableBufferPointer { self.fill($0, from: source) }
          isSound.initializeElement(at: row, to: isFinite)
        }
      }
      filled = rows.count
    }
  }

  private func fill(
    _ row: UnsafeMutableBufferPointer<Float>, from logits: UnsafePointer<Float>
  ) -> Bool {
    guard let start = row.baseAddress else { return true }
    switch output {
    case .logProbabilities:
      return Rows.logSoftmax(logits, start, count: row.count).isFinite
    case .logits:
      // Whether they are finite shows when a token is chosen.
      start.update(from: logits, count: row.count)
      return true
    }
  }
}

/// The chapter's `firstAbove` with vector instructions.
package func firstAboveByVectors(
  _ row: [Float], _ start: Int, _ offset: Float, _ threshold: Float
) -> Int {
  row.withUnsafeBufferPointer { row in
    guard let first = row.baseAddress, start < row.count else { return row.count }
    return start + fox_first_above(first + start, offset, threshold, row.count - start)
  }
}
