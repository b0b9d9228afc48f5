import FoxNumbers

/// # Attention
///
/// Every token asks a question (its *query*), every token it can see has an answer to offer (a
/// *key* to be found by and a *value* to give), and what a token takes is a mean of the values,
/// weighted by how well their keys match its query. Several *heads* do this side by side, each on
/// its own share of the channels:
///
///     P = softmax(q kᵀ · scale)        out = P v
///
/// GPT-2 is *causal*: a token sees itself and what came before. BERT sees the whole text. Shapes:
/// `N` tokens of all sequences, `T` of one of them, `C` channels, `H` heads of `C/H` channels; `R`
/// queries of one part and `S` keys that they see.
///
/// Source: Vaswani et al. 2017, arXiv 1706.03762, section 3.2; `GPT2Attention._attn` and
/// `BertSelfAttention` of transformers 4.17.0. SPEC `LAYER-3`, `LAYER-8`.
///
/// What it does not do: it has no mask for padding, because padding has no rows here. It keeps
/// probabilities; FlashAttention (arXiv 2205.14135) computes them again, which saves that memory.
package struct Attention {
  // Query rows that are computed together. A causal block needs no keys after its last row, so
  // nearly half of the square is not computed: of 1,024 tokens, 36 of the 64 tiles are.
  private static let block = 128

  let heads: Int
  private let isCausal: Bool
  private let sequences: [Range<Int>]  // the rows of each sequence, without padding
  private let starts: [Int]  // where the probabilities of each sequence begin, and where they end

  package init(_ sequences: [Range<Int>], heads: Int, isCausal: Bool) {
    (self.sequences, self.heads, self.isCausal) = (sequences, heads, isCausal)
    // [H, T, T] for each sequence, one after the other.
    starts = sequences.reduce(into: [0]) { starts, sequence in
      starts.append(starts[starts.count - 1] + heads * sequence.count * sequence.count)
    }
  }

  /// How many probabilities there are: `Σ H T²`.
  package var probabilityCount: Int { starts[sequences.count] }

  /// Queries, keys and values, or their gradients.
  package struct Projections {
    let q, k, v: Matrix  // [N, C] each

    /// From one matrix, side by side in rows of `3 C` as GPT-2 computes them, or from three.
    package init(_ parts: [Matrix]) {
      let c = parts[0].columns / (parts.count == 1 ? 3 : 1)
      // Views whose rows are 3 C apart: `c_attn(x).split(C, dim=2)` without a copy.
      func part(_ i: Int) -> Matrix {
        parts.count == 1 ? parts[0][columns: i * c..<(i + 1) * c] : parts[i]
      }
      (q, k, v) = (part(0), part(1), part(2))
    }
  }

  /// Attends, and writes `[N, C]` to `out`.
  ///
  /// - Parameters:
  ///   - bias: What else the scores are made of.
  ///   - kept: What dropout keeps of the probabilities.
  ///   - probabilities: Room for ``probabilityCount`` numbers, when ``backward`` is to follow.
  package func forward(
    _ x: Projections, scale: Float, bias: (any ScoreBias)? = nil, kept: Kept? = nil,
    keeping probabilities: Matrix? = nil, into out: Matrix, _ arena: Arena
  ) {
    // Scratch goes back when the call ends. What the backward pass needs is the caller's.
    let (operations, mark) = (Operations.current, arena.mark)
    defer { arena.release(to: mark) }
    let scratch = scratch(arena)
    // The longest parts come first, so that threads end together.
    let parts = (0..<sequences.count * heads).flatMap { self.parts(of: $0) }
      .sorted { $0.seen.count > $1.seen.count }
    operations.forEach(parts.count) { index, thread in
      let part = parts[index]  // some rows of one head of one sequence
      let p =
        probabilities.map(part.square)
        ?? Matrix(scratch[thread].p, part.rows.count, part.seen.count)
      // How well each query matches each key it can see. The scale, 1/√(C/H), keeps scores from
      // growing with the width of a head. Large scores would push the softmax to 0 and 1, where it
      // has no slope (section 3.2.1 of the paper).
      p.product(part.queries(x.q), part.keys(x.k).t, scale: scale)  // [R, C/H] [C/H, S] → [R, S]
      bias?.add(part.queries(x.q), part.keys(x.k), first: part.first, scale: scale, to: p)
      // Row r of a causal part is token first + r: it sees first + r + 1 keys. The rest of the row
      // becomes 0, so the product below may run over all S columns. The reference puts −10,000 in
      // place of those scores (`masked_bias`), and exp makes the same 0 of it.
      operations.softmax(p, isCausal ? part.first + 1 : nil)
      // Dropout acts on the probabilities, as in `_attn`; they no longer add up to 1 then.
      let a = dropped(p, kept, part, scratch[thread].a, operations)
      part.queries(out).product(a, part.keys(x.v))  // [R, S] [S, C/H] → [R, C/H]
    }
  }

  /// Backwards through `out = A v` with `A = keep(P)`, through dropout, the softmax
  /// (``Plain/softmaxBackward(_:_:_:)``) and `s = q kᵀ · scale`, given `dy`, the gradient of `out`:
  ///
  ///     dv = Aᵀ dy        dA = dy vᵀ        dP = keep(dA)
  ///     ds = scale · P (dP − Σ P dP)        dq = ds k        dk = dsᵀ q
  package func backward(
    _ dy: Matrix, _ x: Projections, scale: Float,
    biased: (bias: any ScoreBias, parameters: Parameters)? = nil, kept: Kept?,
    probabilities: Matrix, into d: Projections, _ arena: Arena
  ) {
    let (operations, mark) = (Operations.current, arena.mark)  // scratch, as in the forward pass
    defer { arena.release(to: mark) }
    let scratch = scratch(arena)
    // A head of a sequence is one thread's: its parts add to the same keys and values. Their order
    // is fixed, so gradients do not depend on the number of threads. All add to the gradient of a
    // bias, so with one a single thread takes them one after the other.
    let pairs = sequences.count * heads
    operations.forEach(biased == nil ? pairs : 1) { index, thread in
      let turns = (biased == nil ? index..<index + 1 : 0..<pairs).flatMap {
        parts(of: $0).reversed().enumerated()
      }
      // The last part sees every key: it overwrites what the others add to.
      for (turn, part) in turns {
        // P as the forward pass left it, before dropout: [R, S], rows T apart. A = keep(P) is made
        // again from the flags; keeping it as well would double the largest part of the tape.
        let p = part.square(probabilities)
        let a = dropped(p, kept, part, scratch[thread].a, operations)
        let dyh = part.queries(dy)  // [R, C/H]
        // From out = A v: a value gets the gradients of all who took of it, as much as they took.
        part.keys(d.v).product(a.t, dyh, adding: turn > 0)  // [S, R] [R, C/H] → [S, C/H]

        // Half `p` of the scratch is free here, for P is kept elsewhere. First it holds dA = dy vᵀ.
        let ds = Matrix(scratch[thread].p, p.rows, p.columns)
        ds.product(dyh, part.keys(x.v).t)  // [R, C/H] [C/H, S] → [R, S]
        // dP = keep(dA): what was dropped had no effect.
        if let kept { operations.keep(ds, part.flags(kept), ds) }
        // ds takes the place of dP. It is 0 wherever P is 0: no gradient reaches a later token.
        operations.softmaxBackward(p, scale, ds)
        // From s = q kᵀ · scale, whose scale is in ds already: [R, S] [S, C/H] → [R, C/H].
        part.queries(d.q).product(ds, part.keys(x.k))
        // And the other way round: [S, R] [R, C/H] → [S, C/H].
        part.keys(d.k).product(ds.t, part.queries(x.q), adding: turn > 0)
        if let (bias, parameters) = biased {
          bias.backward(
            ds, part.queries(x.q), part.keys(x.k), first: part.first,
            addingTo: part.queries(d.q), part.keys(d.k), parameters)
        }
      }
    }
  }

  /// Some queries of one head of one sequence, and the keys that the last of them sees.
  private struct Part {
    let head, heads: Int
    let first: Int  // the first query, counted within its sequence
    let rows, seen: Range<Int>  // rows of the batch: R queries and S keys
    let start, stride: Int  // where its probabilities begin, and from row to row of them, T

    func queries(_ x: Matrix) -> Matrix { channels(x[rows: rows]) }  // [N, C] → [R, C/H]
    func keys(_ x: Matrix) -> Matrix { channels(x[rows: seen]) }  // [N, C] → [S, C/H]

    private func channels(_ x: Matrix) -> Matrix {
      // Head h owns the channels from h · C/H on: `view(N, H, C/H)`, nothing moved.
      let size = x.columns / heads
      return x[columns: head * size..<(head + 1) * size]
    }

    func square(_ all: Matrix) -> Matrix {
      // [R, S] of the probabilities of all. Columns from S on are later than every row of the part:
      // never written, never read.
      Matrix(all.start + start, rows.count, seen.count, stride: stride)
    }

    // Flags lie as probabilities do, so the same start finds them.
    func flags(_ kept: Kept) -> Kept { kept.from(start, stride: stride) }
  }

  private func parts(of index: Int) -> [Part] {
    let (sequence, head) = (index / heads, index % heads)  // heads of a sequence are neighbors
    let (all, count) = (sequences[sequence], sequences[sequence].count)
    return stride(from: 0, to: count, by: Self.block).map { first in
      // From its place in the sequence to its rows in the batch; the last part is shorter.
      let rows = all.lowerBound + first..<min(all.lowerBound + first + Self.block, all.upperBound)
      // Never beyond the sequence: this is all that keeps texts of a batch apart.
      let seen = all.lowerBound..<(isCausal ? rows.upperBound : all.upperBound)
      // [H, T, T] of one sequence: pass over whole heads, then over whole rows.
      let start = starts[sequence] + (head * count + first) * count
      return Part(
        head: head, heads: heads, first: first, rows: rows, seen: seen, start: start,
        stride: count)
    }
  }

  private func dropped(
    _ p: Matrix, _ kept: Kept?, _ part: Part, _ a: Writing, _ operations: Operations
  ) -> Matrix {
    // The softmax's backward pass needs p as it was, so what dropout leaves of it goes to a.
    guard let kept else { return p }
    let a = Matrix(a, p.rows, p.columns)
    operations.keep(p, part.flags(kept), a)
    return a
  }

  private func scratch(_ arena: Arena) -> [(p: Writing, a: Writing)] {
    // For each thread. The largest part decides: up to 128 rows of the longest sequence, twice.
    let longest = sequences.reduce(0) { max($0, $1.count) }
    let count = min(Self.block, longest) * longest
    return (0..<Operations.current.threads()).map { _ in (arena.take(count), arena.take(count)) }
  }
}

/// What a model adds to the scores of a head. GPT-2 and BERT as they were published add nothing; the
/// Workshop has positions that are counted from token to token.
package protocol ScoreBias: Sendable {
  /// Adds to the scores `[R, S]` of queries `[R, C/H]`, of which the first is token `first` of its
  /// sequence, and of keys `[S, C/H]` from its start on.
  func add(_ q: Matrix, _ k: Matrix, first: Int, scale: Float, to scores: Matrix)
  /// Backwards, given the gradient of `q kᵀ`.
  func backward(
    _ ds: Matrix, _ q: Matrix, _ k: Matrix, first: Int, addingTo dq: Matrix, _ dk: Matrix,
    _ parameters: Parameters)
}
