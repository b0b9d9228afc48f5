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
/// What goes from layer to layer is always normalized; in GPT-2 it is the sum itself that goes on. Only
/// real tokens are computed: `N` rows for all texts of a batch, no padding.
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
  /// `[V, C]`, `[positions, C]` and `[types, C]`.
  let wordEmbedding, positionEmbedding, typeEmbedding: Weight
  /// The normalization of the sum of embeddings.
  let embeddingNorm: LayerNorm
  package let layers: [TransformerBlock]  // in the order in which x passes through them
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
    wordEmbedding = try parts.weight("bert.embeddings.word_embeddings.weight")
    positionEmbedding = try parts.weight("bert.embeddings.position_embeddings.weight")
    typeEmbedding = try parts.weight("bert.embeddings.token_type_embeddings.weight")
    // GPT-2 has no norm here: its blocks begin with one, these layers end with one.
    embeddingNorm = try parts.norm("bert.embeddings.LayerNorm")
    layers = try (0..<configuration.layers).map { layer in
      // The names are those of the reference; here parts are named by what they do.
      let l = "bert.encoder.layer.\(layer)"
      return try TransformerBlock(
        attention: AttentionBranch(
          inputs: ["query", "key", "value"].map { try parts.linear("\(l).attention.self.\($0)") },
          output: parts.linear("\(l).attention.output.dense"),
          scale: 1 / Float(configuration.channels / configuration.heads).squareRoot()),
        attentionNorm: parts.norm("\(l).attention.output.LayerNorm"),
        feedForward: FeedForward(
          input: parts.linear("\(l).intermediate.dense"),
          output: parts.linear("\(l).output.dense"), activation: configuration.activation),
        feedForwardNorm: parts.norm("\(l).output.LayerNorm"))
    }
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
    guard let classifier else { throw .missingPart(.classifier) }
    guard let pooler else { throw .missingPart(.pooler) }
    return ClassifierHead(
      pooler: pooler, classifier: classifier,
      dropout: Dropout(configuration.classifierDropout ?? configuration.hiddenDropout))
  }
}

extension BERTModel {
  /// The classifier's outputs, `[B, labels]`. SPEC `BERT-7`.
  ///
  /// - Throws: As ``hiddenStates(_:arena:)``, and ``Fault`` for a model without pooler or classifier or
  ///   a text that begins with padding.
  public func logits(_ batch: BERTBatch, arena: Arena = Arena()) throws(Fault) -> Tensor {
    defer { withExtendedLifetime(arena) {} }
    let head = try head()  // the cheapest refusal first
    let packed = try PackedBERTBatch(batch, configuration)
    try packed.checkFirstTokens()
    arena.reset()
    let x = forward(packed, arena)  // [N, C]
    return Tensor(copying: head.forward(x, packed.sequences, arena, tape: nil).logits)
  }

  /// Embeddings and layers.
  ///
  /// - Returns: `[N, C]`.
  package func forward(_ batch: PackedBERTBatch, _ arena: Arena, tape: Tape? = nil) -> Matrix {
    let (n, c) = (batch.ids.count, configuration.channels)
    // Every token sees the whole text.
    let attention = Attention(batch.sequences, heads: configuration.heads, isCausal: false)
    let keeps = tape != nil  // whatever the backward pass reads must stay
    func kept() -> Kept? {  // [B, T, C] drawn, [N, C] kept
      tape.flatMap {
        Dropout(configuration.hiddenDropout).drawRows(
          batch.layout, channels: c, from: &$0.generator, arena)
      }
    }

    // x = dropout(norm(word[token] + type[t] + position[p]))
    tape?.keptEmbeddings = kept()
    let sum = arena.matrix(n, c)  // [N, C]
    // The order of the reference: words, types, positions. Float sums depend on it.
    Embedding.forward(
      [
        (wordEmbedding, batch.ids), (typeEmbedding, batch.types),
        (positionEmbedding, batch.positions),
      ], into: sum)
    let (normed, stats) = embeddingNorm.forward(sum, arena)  // [N, C], [N, 2]
    tape?.embeddings = (sum, stats)
    // In place: the norm's backward pass needs its input, not its output.
    Dropout.apply(tape?.keptEmbeddings, to: normed, into: normed)
    var x = normed  // [N, C]

    // What a branch adds: used up at once, so one matrix serves all.
    let branch = arena.matrix(n, c)
    for layer in layers {
      let mark = arena.mark  // x and branch lie before it, all that this layer takes after it
      // m = norm₁(x + dropout(attention(x)))
      let keptP = tape.flatMap {  // [B, H, T, T] drawn, [n, n] kept for each text and head
        Dropout(configuration.attentionDropout).drawPairs(
          batch.layout, heads: configuration.heads, from: &$0.generator, arena)
      }
      let attended = layer.attention.forward(
        x, attention, kept: keptP, keeps: keeps, into: branch, arena)
      let kept1 = kept()
      // Not over x: the norm's backward pass needs the sum, those of the linear maps need x.
      let sum1 = arena.matrix(n, c)
      Operations.current.addKept(x, branch, kept1, sum1)
      let (m, s1) = layer.attentionNorm.forward(sum1, arena)  // [N, C], [N, 2]

      // y = norm₂(m + dropout(feedForward(m)))
      let fed = layer.feedForward.forward(m, keeps: keeps, into: branch, arena)
      let kept2 = kept()
      let sum2 = arena.matrix(n, c)
      Operations.current.addKept(m, branch, kept2, sum2)
      // Without a tape nobody asks for x again: y takes its place.
      let (y, s2) = (keeps ? arena.matrix(n, c) : x, arena.matrix(n, 2))
      layer.feedForwardNorm.forward(sum2, into: y, stats: s2)

      if let attended {
        tape?.blocks.append(
          Tape.Block(
            attention: attended, feedForward: fed, attentionNorm: (sum1, s1),
            feedForwardNorm: (sum2, s2), keptAttention: kept1, keptFeedForward: kept2))
      } else {
        arena.release(to: mark)  // m, the sums and the wide matrices are free for the next layer
      }
      x = y
    }
    return x
  }
}

/// `classifier(dropout(tanh(pooler(first token))))`: the label of a text, read off `[CLS]`.
struct ClassifierHead {
  let pooler, classifier: Linear
  let dropout: Dropout

  struct Tape {
    /// `[B, C]`: the first token of each text, the tanh of the pooler, and what dropout left of it.
    let first, pooled, dropped: Matrix
    let kept: Kept?
    /// `[B, labels]`
    let logits: Matrix
  }

  func forward(
    _ x: Matrix, _ sequences: [Range<Int>], _ arena: Arena, tape: FoxTransformer.Tape?
  ) -> Tape {
    let first = BERTModel.firstTokens(x, sequences, arena)  // [N, C] → [B, C]
    let pooled = BERTModel.pool(first, pooler, arena)
    // No padding here: every text has one first token.
    let kept = tape.flatMap {
      dropout.draw(pooled.rows, pooled.columns, from: &$0.generator, arena)
    }
    // Of its own: tanh's backward pass needs pooled as it was.
    let dropped = arena.matrix(pooled.rows, pooled.columns)
    Dropout.apply(kept, to: pooled, into: dropped)
    let logits = classifier.forward(dropped, arena)  // [B, C] [C, labels] → [B, labels]
    return Tape(first: first, pooled: pooled, dropped: dropped, kept: kept, logits: logits)
  }

  /// Adds to the rows of `dx`, `[N, C]`, that are first tokens. The tape's logits are their gradient.
  func backward(
    _ tape: Tape, _ sequences: [Range<Int>], addingTo dx: Matrix, _ parameters: Parameters,
    _ arena: Arena
  ) {
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
    for (text, rows) in sequences.enumerated() {
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
