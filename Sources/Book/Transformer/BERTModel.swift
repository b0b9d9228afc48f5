import Foundation
import FoxDecoding
import FoxNumbers

/// # BERT
///
/// The same parts as GPT-2, put together for reading instead of writing. Every token sees the whole
/// text, the norm comes after each branch instead of before it, and what the model says about a text is
/// read off its first token, `[CLS]`:
///
///     x = norm(word[token] + type[which text] + position[column])
///     for each layer:  m = norm₁(x + attention(x))
///                      x = norm₂(m + feedForward(m))
///     logits = classifier(tanh(pooler(x of the first token)))
///
/// What goes from layer to layer is always normalized; in GPT-2 it is the sum itself that goes on. This
/// file has the names of the parts and the classifier; `Transformer.swift` runs the layers.
///
/// Source: Devlin et al. 2019, arXiv 1810.04805; `modeling_bert.py` of transformers 4.17.0. SPEC
/// `BERT-4` to `BERT-8`, `BERT-11`, `BERT-12`.
///
/// What it does not do: it has no head that guesses masked words, with which BERT was pretrained, and
/// no cache: every token sees all others, so one more would change them all. It reads no files
/// (`BERTFolder.swift` of the Workshop does).
public struct BERTModel: Sendable {
  /// The shape of the model. Its architecture is what the model has.
  public let configuration: BERTConfiguration
  /// Embeddings and layers.
  package let body: Transformer
  /// `[C] → [C]`, followed by tanh: what the first token says about the whole.
  package let pooler: Linear?
  /// `[C] → [labels]`
  package let classifier: Linear?
  /// Every parameter the model has with its name, in the order of ``BERTConfiguration/parameters``.
  public let parameters: [(name: String, tensor: Tensor)]

  /// A model of the given parameters.
  ///
  /// - Parameters:
  ///   - configuration: The shape.
  ///   - parameter: Gives the tensor of a name of ``BERTConfiguration/parameters``, in its shape; `nil`
  ///     for all of a pooler or classifier that the model is to do without.
  /// - Throws: What `parameter` throws, and ``Fault`` for sizes no model can have or for a tensor of
  ///   another shape or none.
  public init(
    _ configuration: BERTConfiguration, parameter: (_ name: String) throws -> Tensor?
  ) throws {
    try configuration.check()
    let parts = try Parts(
      configuration.parameters, epsilon: configuration.layerNormEpsilon,
      isTransposed: true, weight: { try parameter($0).map { Weight($0) } })  // [out, in]
    parameters = parts.list.map { ($0.name, $0.weight.tensor) }  // shared memory, no copy
    let embeddings = "bert.embeddings"
    body = try Transformer(
      words: parts.weight("\(embeddings).word_embeddings.weight"),
      positions: parts.weight("\(embeddings).position_embeddings.weight"),
      types: parts.weight("\(embeddings).token_type_embeddings.weight"),
      norm: parts.norm("\(embeddings).LayerNorm"),
      blocks: (0..<configuration.layers).map { try parts.bert($0, configuration) },
      heads: configuration.heads, isCausal: false, dropout: configuration.hiddenDropout,
      // `padding_idx`: gradient 0, even where [PAD] stands as a token (SPEC `BERT-14`).
      padding: configuration.padToken.map { Int32($0) },
      isAbsolute: configuration.positionKind == .absolute)
    // An encoder may have been saved without (`add_pooling_layer=False`): means need none.
    pooler = try parts.optionalLinear("bert.pooler.dense")
    classifier = try parts.optionalLinear("classifier")  // not a part of `bert.`
    var configuration = configuration
    // What is there counts, not what the file says: without its head a classifier is an encoder.
    configuration.architecture = classifier == nil ? .encoder : .classifier
    self.configuration = configuration
  }

  /// What makes logits of hidden states.
  ///
  /// - Throws: ``Fault`` when a part of it is missing.
  func head() throws(Fault) -> ClassifierHead {
    // The classifier first: that it is missing is the likelier mistake, and its hint helps.
    guard let classifier else { throw .missingPart(.classifier) }
    guard let pooler else { throw .missingPart(.pooler) }
    return ClassifierHead(
      pooler: pooler, classifier: classifier,
      dropout: configuration.classifierDropout ?? configuration.hiddenDropout)
  }
}

extension BERTModel {
  /// The classifier's outputs, `[B, labels]`. SPEC `BERT-7`.
  ///
  /// - Throws: ``Fault`` for ids, types and lengths that the model does not have, a missing pooler or
  ///   classifier, and a text that begins with padding.
  public func logits(_ batch: BERTBatch, arena: Arena = Arena()) throws(Fault) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    let head = try head()  // the cheapest refusal first
    let rows = try TokenRows(batch, configuration)
    try rows.checkFirstTokens()  // the pooler reads them
    arena.reset()  // what an earlier call left is free: results are copies
    let pass = Pass(rows, through: body, arena)
    return Tensor(copying: head.forward(body.forward(pass), pass).logits)  // [B, labels]
  }
}

extension Parts {
  /// The layer of an index. The reference calls the maps of the feed-forward network `intermediate` and
  /// `output`.
  fileprivate func bert(
    _ layer: Int, _ configuration: BERTConfiguration
  ) throws -> TransformerBlock {
    let (l, hidden) = ("bert.encoder.layer.\(layer)", configuration.hiddenDropout)
    return try TransformerBlock(
      attention: Residual(
        branch: AttentionBranch(
          inputs: ["query", "key", "value"].map { try linear("\(l).attention.self.\($0)") },
          output: linear("\(l).attention.output.dense"),  // `BertSelfOutput`
          scale: 1 / Float(configuration.channels / configuration.heads).squareRoot(),  // 1/√(C/H)
          dropout: configuration.attentionDropout, layer: layer,
          relative: relative(layer, configuration)),
        norm: norm("\(l).attention.output.LayerNorm"), normsFirst: false, dropout: hidden),
      feedForward: Residual(
        branch: FeedForward(
          input: linear("\(l).intermediate.dense"), output: linear("\(l).output.dense"),
          activation: configuration.activation),
        norm: norm("\(l).output.LayerNorm"), normsFirst: false, dropout: hidden))
  }
}

extension Parts {
  private func relative(
    _ layer: Int, _ configuration: BERTConfiguration
  ) throws(Fault) -> RelativePositions? {
    if configuration.positionKind == .absolute { return nil }
    return try RelativePositions(
      table: weight("bert.encoder.layer.\(layer).attention.self.distance_embedding.weight"),
      hasKeys: configuration.positionKind == .relativeKeyQuery)
  }
}

/// `classifier(dropout(tanh(pooler(first token))))`: the label of a text, read off `[CLS]`.
struct ClassifierHead {
  let pooler, classifier: Linear
  /// The probability that training drops a number of what the pooler gives.
  let dropout: Double

  struct Tape {
    /// `[B, C]`: the first token of each text, the tanh of the pooler, and what dropout left of it.
    let first, pooled, dropped: Matrix
    let kept: Kept?
    /// `[B, labels]`
    let logits: Matrix
  }

  func forward(_ x: Matrix, _ pass: Pass) -> Tape {
    let arena = pass.arena
    let first = BERTModel.firstTokens(x, pass.rows.sequences, arena)  // [N, C] → [B, C]
    let pooled = BERTModel.pool(first, pooler, arena)
    // No padding here: every text has one first token.
    let kept = Dropout.draw(
      Region(all: pooled.rows * pooled.columns), columns: pooled.columns, dropping: dropout,
      from: &pass.generator, arena)
    // Of its own: tanh's backward pass needs pooled as it was.
    let dropped = arena.matrix(pooled.rows, pooled.columns)
    Dropout.apply(kept, to: pooled, into: dropped)  // outside training a copy
    let logits = classifier.forward(dropped, arena)  // [B, C] [C, labels] → [B, labels]
    return Tape(first: first, pooled: pooled, dropped: dropped, kept: kept, logits: logits)
  }

  /// Adds to the rows of `dx`, `[N, C]`, that are first tokens. The tape's logits are their gradient.
  func backward(_ tape: Tape, addingTo dx: Matrix, _ pass: Pass, _ parameters: Parameters) {
    let arena = pass.arena
    // [B, C] each: the gradient of what the classifier reads, then of what the pooler reads.
    let (dy, dfirst) = (
      arena.matrix(tape.first.rows, dx.columns), arena.matrix(tape.first.rows, dx.columns)
    )
    // dlogits Wᵀ: [B, labels] [labels, C] → [B, C]
    classifier.backward(tape.logits, x: tape.dropped, into: dy, parameters)
    Dropout.apply(tape.kept, to: dy, into: dy)  // now that of the tanh's output
    // tanh′ = 1 − tanh²
    for r in 0..<dy.rows {
      for c in 0..<dy.columns { dy[r][c] *= 1 - tape.pooled[r][c] * tape.pooled[r][c] }
    }
    pooler.backward(dy, x: tape.first, into: dfirst, parameters)  // [B, C] [C, C] → [B, C]
    // Back to the row where the first token was read; no other row had a part in the logits.
    for (text, rows) in pass.rows.sequences.enumerated() {
      dx[rows: rows.lowerBound..<rows.lowerBound + 1].add(dfirst[rows: text..<text + 1])
    }
  }
}

extension BERTModel {
  /// The first token of each text, `[CLS]`: `[N, C]` → `[B, C]`.
  package static func firstTokens(
    _ x: Matrix, _ sequences: [Range<Int>], _ arena: Arena
  ) -> Matrix {
    let first = arena.matrix(sequences.count, x.columns)
    for (text, rows) in sequences.enumerated() {
      // [CLS] is the first row of each text
      first[rows: text..<text + 1].copy(x[rows: rows.lowerBound..<rows.lowerBound + 1])
    }
    return first
  }

  /// `tanh(dense(first token))`
  package static func pool(_ first: Matrix, _ pooler: Linear, _ arena: Arena) -> Matrix {
    let pooled = pooler.forward(first, arena)  // [B, C] [C, C] → [B, C]
    // B · C numbers: too few for an operation of their own.
    for r in 0..<pooled.rows { for c in 0..<pooled.columns { pooled[r][c] = tanh(pooled[r][c]) } }
    return pooled
  }
}

extension Tensor {
  /// A copy of a matrix, out of its arena. A view may have gaps between rows, a tensor has none.
  package init(copying x: Matrix) {
    self.init(shape: [x.rows, x.columns]) { Matrix($0, x.rows, x.columns).copy(x) }
  }
}
