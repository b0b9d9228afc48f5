import FoxKernels

extension GPT2Model {
  /// A model of the given parameters; their memory is shared.
  ///
  /// - Parameter parameter: Gives the tensor of a name of ``GPT2Configuration/parameters``.
  /// - Throws: What `parameter` throws, and ``Fault`` for a tensor of another shape.
  package init(
    _ configuration: GPT2Configuration, parameter: @escaping (_ name: String) throws -> Tensor
  ) throws {
    try self.init(configuration, weight: { Weight(try parameter($0)) })
  }

  /// Every parameter with its name as float32: shared memory, but widened copies of what is held in
  /// fewer bits.
  package var parameters: [(name: String, tensor: Tensor)] {
    weights.map { ($0.name, $0.weight.tensor) }
  }

  /// How many bytes the parameters take that a pass reads: of a tied embedding, what the head reads.
  package var byteCount: Int {
    let tied = configuration.tiesEmbeddings ? "wte.weight" : ""
    return weights.reduce(0) { sum, entry in
      sum + (entry.name == tied ? head.weight : entry.weight).byteCount
    }
  }

  /// How well the model foresees the tokens of a text after its first, in its own precision.
  ///
  /// - Returns: The mean loss of a token, and the likeliest token after each.
  /// - Throws: ``Fault`` for ids outside the vocabulary, too many tokens, or weights that are not
  ///   finite.
  package func foresight(of ids: [Int]) throws(Fault) -> (loss: Float, likeliest: [Int32]) {
    let session = GPT2Session(model: self, reserving: ids.count)
    let states = try session.states([ids], of: .all)  // [T, C]
    var likeliest = [Int32](repeating: 0, count: ids.count)
    let loss = CrossEntropy.loss(
      states, labels: ids.dropFirst().map { Int32($0) } + [CrossEntropy.ignored], head: head, nil,
      session.arena
    ) { rows, logits in
      for (r, row) in rows.enumerated() {
        likeliest[row] = Int32(Operations.current.largest(logits.row(r), logits.columns))
      }
    }
    if !loss.isFinite { throw firstBadWeight() ?? .badLogits(sequence: 0) }
    return (loss, likeliest)
  }

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
  /// - Throws: ``Fault`` for ids outside the vocabulary, too many tokens, or parts that do not fit each
  ///   other.
  package func logits(
    _ ids: [[Int]], mask: [[Int]]? = nil, positions: [[Int]]? = nil
  ) throws(Fault) -> Tensor {
    let width = ids.first?.count ?? 0
    for part in [ids, mask ?? ids, positions ?? ids]
    where part.map(\.count) != ids.map({ _ in width }) {
      throw .batch(
        found: "rows of \(part.map(\.count))",
        expected: "ids, mask and positions of \(ids.count) rows of \(width)")
    }
    // For each row the columns of its tokens. Without a mask `nil != 0` holds, and all are.
    let places = ids.indices.map { row in (0..<width).filter { mask?[row][$0] != 0 } }
    func pick(_ table: [[Int]]) -> [[Int]] {
      zip(table, places).map { row, places in places.map { row[$0] } }
    }
    let session = GPT2Session(
      model: self, sequences: ids.count, reserving: places.reduce(0) { $0 + $1.count })
    let packed = try session.advance(pick(ids), positions: positions.map(pick), logits: .all)
    let v = configuration.vocabularySize
    // Back to where the tokens were: [N, V] → [B, T, V].
    return Tensor(shape: [ids.count, width, v]) { out in
      packed.withPointer { packed in
        guard var source = packed.baseAddress else { return }
        for (row, places) in places.enumerated() {
          for place in places {
            (out + (row * width + place) * v).update(from: source, count: v)
            source += v
          }
        }
      }
    }
  }

  /// How much each token attends to each of those before it and to itself: the reference's
  /// `output_attentions`. SPEC `GPT2-18`.
  ///
  /// - Parameter ids: `[T]`, at least one.
  /// - Returns: `[layers, H, T, T]`: layer, head, the token that looks, the token looked at. Rows add up
  ///   to 1; what comes later has 0.
  /// - Throws: ``Fault`` for no tokens, too many, or one outside the vocabulary.
  package func attention(of ids: [Int32]) throws -> Tensor {
    let (arena, t) = (Arena(), ids.count)
    let pass = Pass(try TokenRows([ids], configuration), through: body, arena, keeps: true)
    _ = body.forward(pass)
    return Tensor(shape: [pass.blocks.count, configuration.heads, t, t]) { out in
      defer { withExtendedLifetime(arena) {} }
      for (layer, block) in pass.blocks.enumerated() {
        for row in 0..<configuration.heads * t {
          // What lies after a row's own token may never have been written; here it is 0 already.
          (out + (layer * configuration.heads * t + row) * t).update(
            from: block.attention.branch.probabilities.start + row * t, count: row % t + 1)
        }
      }
    }
  }
}

extension GPT2Trainable {
  /// The forward pass without dropout.
  ///
  /// - Parameters:
  ///   - ids: `[B, T]`.
  ///   - labels: As in ``train(_:labels:scale:generator:)``.
  ///   - predictions: Whether the likeliest next token of every token is asked for.
  ///   - watch: Is shown what the head reads, `[N, C]`, and the label of each row.
  /// - Returns: The mean loss over all labels, NaN when there are none; and, when asked for, `[B, T]`
  ///   predictions, the lower of equally likely ones.
  /// - Throws: As ``train(_:labels:scale:generator:)``.
  package func evaluate(
    _ ids: [[Int32]], labels: [[Int32]], predictions: Bool = false,
    watch: (_ x: Matrix, _ labels: [Int32]) -> Void = { _, _ in }
  ) throws(Fault) -> (loss: Float, predictions: [[Int32]]) {
    let (rows, labels) = try rows(ids, labels)
    arena.reset()
    let x = model.body.forward(Pass(rows, through: model.body, arena))
    model.finalNorm.forward(x, into: x)  // no backward pass, so ln_f may overwrite x
    watch(x, labels)
    let (best, operations) = (arena.takeIDs(predictions ? x.rows : 0), Operations.current)
    let loss = CrossEntropy.loss(x, labels: labels, head: model.head, nil, arena) { rows, logits in
      if !predictions { return }
      operations.ranges(rows.count, 1) { range in  // V numbers are work enough for a thread
        for r in range {
          best[rows.lowerBound + r] = Int32(operations.largest(logits.row(r), logits.columns))
        }
      }
    }
    // [N] → [B, T]
    return (loss, predictions ? rows.sequences.map { rows in rows.map { best[$0] } } : [])
  }
}

extension GPT2Configuration {
  /// How many numbers the parameters have; `nil` when they cannot be counted.
  package var parameterCount: Int? { Tensor.count(ofAll: parameters.map(\.shape)) }
}

extension GPT2Session {
  /// As ``advance(_:positions:logits:)``, without memory of its own for the logits.
  ///
  /// - Returns: `[rows, V]`, which the caller may overwrite. Valid until the next pass.
  package func scores(
    _ tokens: [[Int]], of rows: LogitRows
  ) throws(Fault) -> Matrix {
    model.head.forward(try states(tokens, of: rows), arena)
  }
}
