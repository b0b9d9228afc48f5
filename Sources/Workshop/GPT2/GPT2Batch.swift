import FoxKernels

extension GPT2Model {
  /// The logits of every token of a batch, padded or not.
  ///
  /// Masked tokens are not computed: the others are counted without them, which is what the
  /// reference's `position_ids = cumsum(mask) − 1` and its attention mask amount to. SPEC `GPT2-6`.
  ///
  /// - Parameters:
  ///   - ids: `[B, T]`.
  ///   - mask: `[B, T]`, 1 for tokens, 0 for padding; all tokens by default.
  ///   - positions: `[B, T]`; by default the number of tokens before.
  /// - Returns: Logits `[B, T, V]`, 0 in the rows of padding.
  /// - Throws: ``GPT2Error`` for ids outside the vocabulary, too many tokens, or parts that do not fit
  ///   each other.
  public func logits(
    _ ids: [[Int]], mask: [[Int]]? = nil, positions: [[Int]]? = nil
  ) throws(GPT2Error) -> Tensor {
    let width = ids.first?.count ?? 0
    for part in [ids, mask ?? ids, positions ?? ids]
    where part.map(\.count) != ids.map({ _ in width }) {
      throw .batch("ids, mask and positions must all be \(ids.count) rows of \(width)")
    }
    let places = ids.indices.map { row in
      (0..<width).filter { mask?[row][$0] != 0 }
    }
    let session = GPT2Session(
      model: self, sequences: ids.count, reserving: places.reduce(0) { $0 + $1.count })
    let packed = try session.advance(
      pick(ids, places), positions: positions.map { pick($0, places) }, logits: .all)
    let vocabulary = configuration.vocabularySize
    return Tensor(shape: [ids.count, width, vocabulary]) { out in
      packed.withPointer { packed in
        guard var source = packed.baseAddress else { return }
        for (row, places) in places.enumerated() {
          for place in places {
            (out + (row * width + place) * vocabulary).update(from: source, count: vocabulary)
            source += vocabulary
          }
        }
      }
    }
  }

  private func pick(_ table: [[Int]], _ places: [[Int]]) -> [[Int]] {
    zip(table, places).map { row, places in places.map { row[$0] } }
  }
}
