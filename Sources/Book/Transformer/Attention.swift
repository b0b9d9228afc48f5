import FoxNumbers

/// # Attention
///
/// Every token asks a question (its *query*), every token it can see has an answer to offer (a *key*
/// to be found by and a *value* to give), and what a token takes is a mean of the values, weighted by
/// how well their keys match its query. Several *heads* do this side by side, each on its own share of
/// the channels:
///
///     P = softmax(q kᵀ · scale)        out = P v
///
/// GPT-2 is *causal*: a token sees itself and what came before. BERT sees the whole text.
///
/// This file computes whole sequences by products; `KeyValueCache.swift` has a query over what was
/// computed before. Probabilities are kept for the backward pass, so memory grows with the square of
/// the length.
///
/// Shapes: `N` tokens of all sequences, `T` of one of them, `C` channels, `H` heads of `C/H` channels;
/// `R` queries of one part and `S` keys that they see.
///
/// Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2; `GPT2Attention._attn` and
/// `BertSelfAttention` of transformers 4.17.0. SPEC `LAYER-3`, `LAYER-8`.
///
/// What it does not do: it has no mask for padding, because padding has no rows here. It does not
/// compute probabilities again in the backward pass, as FlashAttention does (arXiv 2205.14135).
package struct Attention {
  /// Query rows that are computed together. A causal block needs no keys after its last row, so
  /// nearly half of the square is not computed: of 1,024 tokens, 36 of the 64 tiles are.
  private static let block = 128

  package let heads: Int
  package let isCausal: Bool
  /// The rows of each sequence of a batch, without padding.
  package let sequences: [Range<Int>]
  /// Where the probabilities of each sequence begin when they lie one after the other.
  private let starts: [Int]
  /// How many probabilities there are: `Σ H T²`.
  package let probabilityCount: Int
  /// The column of each row: what ``RelativePositions`` tells distances by.
  var columns: [Int32] = []

  /// Attention within each of some sequences.
  package init(_ sequences: [Range<Int>], heads: Int, isCausal: Bool) {
    (self.sequences, self.heads, self.isCausal) = (sequences, heads, isCausal)
    var (starts, total): ([Int], Int) = ([], 0)
    for sequence in sequences {
      starts.append(total)  // after the squares of all sequences before it
      total += heads * sequence.count * sequence.count  // [H, T, T]
    }
    (self.starts, probabilityCount) = (starts, total)
  }

  /// Queries, keys and values, `[N, C]` each, or their gradients.
  package struct Projections {
    package let q, k, v: Matrix

    package init(q: Matrix, k: Matrix, v: Matrix) { (self.q, self.k, self.v) = (q, k, v) }

    /// Side by side in rows of `3 C`, as GPT-2 computes them.
    package init(_ qkv: Matrix) {
      // Views whose rows are 3 C apart: `c_attn(x).split(C, dim=2)` without a copy.
      let c = qkv.columns / 3
      func part(_ i: Int) -> Matrix { qkv[columns: i * c..<(i + 1) * c] }
      self.init(q: part(0), k: part(1), v: part(2))
    }

    /// Of one map or of three.
    init(_ parts: [Matrix]) {
      if parts.count == 1 {
        self.init(parts[0])
      } else {
        self.init(q: parts[0], k: parts[1], v: parts[2])
      }
    }
  }

  /// Attends, and writes `[N, C]` to `out`.
  ///
  /// - Parameters:
  ///   - kept: What dropout keeps of the probabilities, in their order: for each sequence `[H, T, T]`.
  ///   - probabilities: Room for ``probabilityCount`` numbers, those before dropout, when ``backward``
  ///     is to follow.
  package func forward(
    _ x: Projections, scale: Float, relative: RelativePositions? = nil, kept: Kept? = nil,
    keeping probabilities: Matrix? = nil, into out: Matrix, _ arena: Arena
  ) {
    // Scratch goes back when the call ends. What the backward pass needs is the caller's.
    let (operations, mark) = (Operations.current, arena.mark)
    defer { arena.release(to: mark) }
    let scratch = scratch(arena)
    // The longest parts come first, so that threads end together.
    let parts = sequences.indices
      .flatMap { s in (0..<heads).flatMap { self.parts(sequence: s, head: $0) } }
      .sorted { $0.seen.count > $1.seen.count }
    operations.forEach(parts.count) { index, thread in
      let part = parts[index]  // some rows of one head of one sequence
      let p =
        probabilities.map { square($0, part) }
        ?? Matrix(scratch[thread].p, part.rows.count, part.seen.count)
      // How well each query matches each key it can see: [R, C/H] [C/H, S] → [R, S].
      // The scale, 1/√(C/H), keeps scores from growing with the width of a head. Large scores would
      // push the softmax to 0 and 1, where it has no slope (section 3.2.1 of the paper).
      let (q, k) = (of(x.q, part, part.rows), of(x.k, part, part.seen))
      p.product(q, k.t, scale: scale)  // → [R, S]
      relative?.add(to: p, q: q, k: k, (columns[part.rows], columns[part.seen]), scale: scale)
      // Row r of a causal part is token first + r: it sees first + r + 1 keys. The rest of the row
      // becomes 0, so the product below may run over all S columns. The reference puts −10,000 in
      // place of those scores (`masked_bias`), and exp makes the same 0 of it.
      operations.softmax(p, isCausal ? part.first + 1 : nil)
      // Dropout acts on the probabilities, as in `_attn`; they no longer add up to 1 then.
      let a = dropped(p, kept, part, scratch[thread].a, operations)
      of(out, part, part.rows).product(a, of(x.v, part, part.seen))  // [R, S] [S, C/H] → [R, C/H]
    }
  }

  /// The backward pass, given `dy`, the gradient of `out`. Backwards through `out = A v` with
  /// `A = keep(P)`, through dropout, the softmax (``Plain/softmaxBackward(_:_:_:)``) and
  /// `s = q kᵀ · scale`:
  ///
  ///     dv = Aᵀ dy        dA = dy vᵀ        dP = keep(dA)
  ///     ds = scale · P (dP − Σ P dP)        dq = ds k        dk = dsᵀ q
  package func backward(
    _ dy: Matrix, _ x: Projections, scale: Float,
    relative: (part: RelativePositions, gradient: Matrix)? = nil, kept: Kept?,
    probabilities: Matrix, into d: Projections, _ arena: Arena
  ) {
    let (operations, mark) = (Operations.current, arena.mark)  // scratch, as in the forward pass
    defer { arena.release(to: mark) }
    let scratch = scratch(arena)
    // All heads share a table of distances: each adds to a copy, and the copies are added in order.
    let tables = (0..<(relative == nil ? 0 : sequences.count * heads)).compactMap { _ in
      relative.map { arena.matrix($0.gradient.rows, $0.gradient.columns) }
    }
    for table in tables { table.fill(0) }
    // A head of a sequence is one thread's: its parts add to the same keys and values.
    // Their order is fixed, so gradients do not depend on the number of threads.
    operations.forEach(sequences.count * heads) { index, thread in
      let parts = parts(sequence: index / heads, head: index % heads)
      // The last part sees every key: it overwrites what the others add to.
      for (turn, part) in parts.reversed().enumerated() {
        // P as the forward pass left it, before dropout: [R, S], rows T apart. A = keep(P) is made
        // again from the flags; keeping it as well would double the largest part of the tape.
        let p = square(probabilities, part)
        let a = dropped(p, kept, part, scratch[thread].a, operations)
        let dyh = of(dy, part, part.rows)  // [R, C/H]
        // From out = A v: a value gets the gradients of all who took of it, as much as they took.
        of(d.v, part, part.seen).product(a.t, dyh, adding: turn > 0)  // [S, R] [R, C/H] → [S, C/H]

        // Half `p` of the scratch is free here, for P is kept elsewhere. First it holds dA = dy vᵀ.
        let ds = Matrix(scratch[thread].p, p.rows, p.columns)
        ds.product(dyh, of(x.v, part, part.seen).t)  // [R, C/H] [C/H, S] → [R, S]
        // dP = keep(dA): what was dropped had no effect
        if let kept { operations.keep(ds, kept.from(part.start, stride: part.stride), ds) }
        // ds takes the place of dP. It is 0 wherever P is 0: no gradient reaches a later token.
        operations.softmaxBackward(p, scale, ds)
        // From s = q kᵀ · scale, whose scale is in ds already: [R, S] [S, C/H] → [R, C/H].
        of(d.q, part, part.rows).product(ds, of(x.k, part, part.seen))
        // And the other way round: [S, R] [R, C/H] → [S, C/H].
        of(d.k, part, part.seen).product(ds.t, of(x.q, part, part.rows), adding: turn > 0)
        relative?.part.backward(
          ds, q: (of(x.q, part, part.rows), of(d.q, part, part.rows)),
          k: (of(x.k, part, part.seen), of(d.k, part, part.seen)),
          (columns[part.rows], columns[part.seen]), addingTo: tables[index])
      }
    }
    for table in tables { relative?.gradient.add(table) }
  }

  // MARK: Parts

  /// Some queries of one head of one sequence, and the keys that the last of them sees.
  private struct Part {
    let head: Int
    /// The first query, counted within its sequence.
    let first: Int
    /// Rows of the batch: `R` queries and `S` keys.
    let rows, seen: Range<Int>
    /// Where its probabilities begin among all, and from one row of them to the next, `T`.
    let start, stride: Int
  }

  private func parts(sequence: Int, head: Int) -> [Part] {
    let (all, count) = (sequences[sequence], sequences[sequence].count)
    return stride(from: 0, to: count, by: Self.block).map { first in
      // From its place in the sequence to its rows in the batch; the last part is shorter.
      let rows = all.lowerBound + first..<min(all.lowerBound + first + Self.block, all.upperBound)
      // Never beyond the sequence: this is all that keeps texts of a batch apart.
      let seen = all.lowerBound..<(isCausal ? rows.upperBound : all.upperBound)
      // [H, T, T] of one sequence: pass over whole heads, then over whole rows.
      let start = starts[sequence] + head * count * count + first * count
      return Part(head: head, first: first, rows: rows, seen: seen, start: start, stride: count)
    }
  }

  /// One head's channels of some rows.
  private func of(_ x: Matrix, _ part: Part, _ rows: Range<Int>) -> Matrix {
    // Head h owns the channels from h · C/H on: `view(N, H, C/H)`, nothing moved.
    let size = x.columns / heads
    return x[rows: rows][columns: part.head * size..<(part.head + 1) * size]
  }

  /// The probabilities that a part can have, `[R, S]`, of rows of `T`.
  private func square(_ probabilities: Matrix, _ part: Part) -> Matrix {
    // Columns from S on are later than every row of the part: never written, never read.
    Matrix(probabilities.start + part.start, part.rows.count, part.seen.count, stride: part.stride)
  }

  /// What dropout leaves of some probabilities, which stay as they are; `a` has room for it.
  private func dropped(
    _ p: Matrix, _ kept: Kept?, _ part: Part, _ a: Writing, _ operations: Operations
  ) -> Matrix {
    guard let kept else { return p }
    let a = Matrix(a, p.rows, p.columns)
    // Flags lie as probabilities do, so the same start finds them.
    operations.keep(p, kept.from(part.start, stride: part.stride), a)
    return a
  }

  /// Memory of each thread for two matrices of a part.
  private func scratch(_ arena: Arena) -> [(p: Writing, a: Writing)] {
    // The largest part decides: up to 128 rows of the longest sequence, twice.
    let longest = sequences.reduce(0) { max($0, $1.count) }
    let count = min(Self.block, longest) * longest
    return (0..<Operations.current.threads()).map { _ in (arena.take(count), arena.take(count)) }
  }
}
