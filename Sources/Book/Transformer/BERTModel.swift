import Foundation
import FoxDecoding
import FoxNumbers

/// # BERT
///
/// The same parts as GPT-2, put together for reading instead of writing. Every token sees the whole
/// text, the norm comes after each branch instead of before it, and what the model says about a
/// text is read off its first token, `[CLS]`:
///
///     x = norm(word[token] + type[which text] + position[column])
///     for each layer:  m = norm₁(x + attention(x))
///                      x = norm₂(m + feedForward(m))
///     logits = classifier(tanh(pooler(x of the first token)))
///
/// Source: Devlin et al. 2019, arXiv 1810.04805; `modeling_bert.py` of transformers 4.17.0. SPEC
/// `BERT-4` to `BERT-8`, `BERT-11`, `BERT-12`.
///
/// What it does not do: it has no head that guesses masked words, with which BERT was pretrained,
/// and no cache: every token sees all others, so one more would change them all.
public struct BERTModel: Sendable {
  /// The shape of the model. Its architecture is what the model has.
  public let configuration: BERTConfiguration
  package let body: Transformer  // embeddings and layers
  package let pooler: Linear?  // [C] → [C], then tanh: what the first token says of the whole
  package let classifier: Linear?  // [C] → [labels]
  package let parameters: [(name: String, tensor: Tensor)]  // in the order of the state dictionary

  /// A model of the given parameters; a pooler or classifier may be missing, whole. Throws
  /// ``Fault`` for a tensor of another shape or none.
  package init(
    _ configuration: BERTConfiguration, parameter: @escaping (_ name: String) throws -> Tensor?
  ) throws {
    let c = configuration.channels
    var parts = Parts(
      epsilon: configuration.layerNormEpsilon, isTransposed: true
    ) { try parameter($0).map { Weight($0) } }
    let embeddings = "bert.embeddings"
    var body = try Transformer(
      words: parts.weight(
        "\(embeddings).word_embeddings.weight", [configuration.vocabularySize, c]),
      positions: parts.weight(
        "\(embeddings).position_embeddings.weight", [configuration.positions, c]),
      types: parts.weight("\(embeddings).token_type_embeddings.weight", [configuration.types, c]),
      norm: parts.norm("\(embeddings).LayerNorm", c),
      blocks: (0..<configuration.layers).map { try parts.bert($0, configuration) },
      heads: configuration.heads, isCausal: false, dropout: configuration.hiddenDropout,
      // `padding_idx`: gradient 0, even where [PAD] stands as a token (SPEC `BERT-14`).
      padding: configuration.padToken.flatMap { Int32(exactly: $0) })
    // The file has the table, but nothing is looked up in it.
    if configuration.relativePositions != nil { body.positions = nil }
    self.body = body
    // An encoder may have been saved without (`add_pooling_layer=False`): means need none.
    pooler = try parts.optional("bert.pooler.dense", c, c)
    var configuration = configuration
    classifier =
      try configuration.architecture == .encoder
      ? nil : parts.optional("classifier", c, configuration.labels.count)  // not a part of `bert.`
    // What is there counts, not what the file says: without its head a classifier is an encoder.
    configuration.architecture = classifier == nil ? .encoder : .classifier
    self.configuration = configuration
    parameters = parts.list.map { ($0.name, $0.weight.tensor) }  // shared memory, no copy
  }

  /// The classifier's outputs, `[B, labels]`, of texts that begin with a token.
  package func logits(_ rows: TokenRows, _ arena: Arena) throws(Fault) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    let head = try head()
    arena.reset()  // what an earlier call left is free: results are copies
    let pass = Pass(rows, through: body, arena)
    return Tensor(copying: head.forward(body.forward(pass), pass).logits)  // [B, labels]
  }

  /// What makes logits of hidden states.
  package func head() throws(Fault) -> ClassifierHead {
    guard let pooler, let classifier else {
      throw classifier == nil ? .noClassifier : .noPooler
    }
    return ClassifierHead(
      pooler: pooler, classifier: classifier,
      dropout: configuration.classifierDropout ?? configuration.hiddenDropout)
  }
}

extension Parts {
  fileprivate mutating func bert(
    _ layer: Int, _ configuration: BERTConfiguration
  ) throws -> TransformerBlock {
    let l = "bert.encoder.layer.\(layer)"
    let (c, inner) = (configuration.channels, configuration.innerChannels)
    var inputs: [Linear] = []  // three maps, where GPT-2 has one
    for name in ["query", "key", "value"] {
      inputs.append(try linear("\(l).attention.self.\(name)", c, c))
    }
    var bias: (any ScoreBias)?
    if let relative = configuration.relativePositions {
      bias = relative.bias(
        try weight(
          "\(l).attention.self.distance_embedding.weight",
          [2 * configuration.positions - 1, c / configuration.heads]))
    }
    let mix = try linear("\(l).attention.output.dense", c, c)  // `BertSelfOutput`
    let first = try norm("\(l).attention.output.LayerNorm", c)
    let wide = try linear("\(l).intermediate.dense", c, inner)  // of the feed-forward network
    let narrow = try linear("\(l).output.dense", inner, c)
    let second = try norm("\(l).output.LayerNorm", c)
    return TransformerBlock(
      attention: Residual(
        branch: AttentionBranch(
          inputs: inputs, output: mix, scale: 1 / Float(c / configuration.heads).squareRoot(),
          dropout: configuration.attentionDropout, layer: layer, bias: bias),
        norm: first, normsFirst: false, dropout: configuration.hiddenDropout),
      feedForward: Residual(
        branch: FeedForward(input: wide, output: narrow, activation: configuration.activation),
        norm: second, normsFirst: false, dropout: configuration.hiddenDropout))
  }
}

/// `classifier(dropout(tanh(pooler(first token))))`: the label of a text, read off `[CLS]`.
package struct ClassifierHead {
  let pooler, classifier: Linear
  let dropout: Double  // the probability that training drops a number of what the pooler gives

  // [B, C]: first tokens, the tanh, and what dropout left of it; [B, labels].
  typealias Tape = (first: Matrix, pooled: Matrix, dropped: Matrix, kept: Kept?, logits: Matrix)

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
    return (first, pooled, dropped, kept, logits)
  }

  /// Adds to the rows of `dx`, `[N, C]`, that are first tokens. The tape's logits are gradients.
  func backward(_ tape: Tape, addingTo dx: Matrix, _ pass: Pass, _ parameters: Parameters) {
    // [B, C] each: the gradient of what the classifier reads, then of what the pooler reads.
    let dy = pass.arena.matrix(tape.first.rows, dx.columns)
    let dfirst = pass.arena.matrix(tape.first.rows, dx.columns)
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
  package static func firstTokens(
    _ x: Matrix, _ sequences: [Range<Int>], _ arena: Arena
  ) -> Matrix {
    let first = arena.matrix(sequences.count, x.columns)  // [CLS] of each text: [N, C] → [B, C]
    for (text, rows) in sequences.enumerated() {
      first[rows: text..<text + 1].copy(x[rows: rows.lowerBound..<rows.lowerBound + 1])
    }
    return first
  }

  package static func pool(_ first: Matrix, _ pooler: Linear, _ arena: Arena) -> Matrix {
    let pooled = pooler.forward(first, arena)  // [B, C] [C, C] → [B, C]
    // B · C numbers: too few for an operation of their own.
    for r in 0..<pooled.rows { for c in 0..<pooled.columns { pooled[r][c] = tanh(pooled[r][c]) } }
    return pooled
  }
}

extension Fault {
  package static let noPooler = Fault(
    "the model", found: "no pooler", expected: "one", hint: "mean and cls need none")

  /// A model that was never fine-tuned has none.
  package static let noClassifier = Fault(
    "the model", found: "no classification head", expected: "classifier.weight",
    hint: "train one: fox train classifier")
}

extension Tensor {
  /// A copy of a matrix, out of its arena. A view may have gaps between rows, a tensor has none.
  package init(copying x: Matrix) {
    self.init(shape: [x.rows, x.columns]) { Matrix($0, x.rows, x.columns).copy(x) }
  }
}
