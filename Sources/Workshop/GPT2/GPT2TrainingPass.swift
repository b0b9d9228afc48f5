import FoxKernels
import FoxLayers

/// What a block keeps for its backward pass.
struct GPT2BlockRecord {
  /// `[N, C]`: what came in.
  let input: UnsafeMutablePointer<Float>
  /// `[N, 2]`: mean and scale of ln₁.
  let attentionStats: UnsafeMutablePointer<Float>
  /// `[N, C]`: ln₁.
  let attentionInput: UnsafeMutablePointer<Float>
  /// `[N, 3 C]`: queries, keys, values.
  let projections: UnsafeMutablePointer<Float>
  /// `[B, H, T, T]`, before dropout.
  let probabilities: UnsafeMutablePointer<Float>
  let keptProbabilities: Rows.Kept?
  /// `[N, C]`: what attention gathered.
  let gathered: UnsafeMutablePointer<Float>
  let keptAttention: Rows.Kept?
  /// `[N, C]`: the residual stream between the branches.
  let middle: UnsafeMutablePointer<Float>
  /// `[N, 2]`: mean and scale of ln₂.
  let innerStats: UnsafeMutablePointer<Float>
  /// `[N, C]`: ln₂.
  let innerInput: UnsafeMutablePointer<Float>
  /// `[N, inner]`: before GELU.
  let inner: UnsafeMutablePointer<Float>
  /// `[N, inner]`: after GELU.
  let activated: UnsafeMutablePointer<Float>
  let keptInner: Rows.Kept?
  /// `[N, C]`: what goes out.
  let output: UnsafeMutablePointer<Float>
}

/// What a whole forward pass keeps.
struct GPT2Record {
  let keptEmbeddings: Rows.Kept?
  let blocks: [GPT2BlockRecord]
  /// `[N, 2]`: mean and scale of ln_f.
  let finalStats: UnsafeMutablePointer<Float>
  /// `[N, C]`: ln_f.
  let finalOutput: UnsafeMutablePointer<Float>
  /// `[N, C]`: what came out of the last block.
  let hidden: UnsafeMutablePointer<Float>
}

/// One forward and backward pass over a batch of `N = B · T` rows.
struct GPT2TrainingPass {
  let model: GPT2Model
  let parameters: Parameters
  let configuration: GPT2Configuration
  let arena: Arena
  let batch: GPT2TrainingBatch
  let sequences: [SequenceAttention.Sequence]
  /// Memory of a layer's pass, which the next layer overwrites.
  let scratch: UnsafeMutablePointer<Float>
  let branch: UnsafeMutablePointer<Float>

  init(_ trainable: GPT2Trainable, _ batch: GPT2TrainingBatch) {
    model = trainable.model
    parameters = trainable.parameters
    configuration = trainable.configuration
    arena = trainable.arena
    self.batch = batch
    sequences = (0..<batch.rows).map { row in
      .init(firstRow: row * batch.tokens, count: batch.tokens)
    }
    branch = arena.take(batch.ids.count * configuration.channels)
    let shape = AttentionShape(
      channels: configuration.channels, heads: configuration.heads, scale: 1)
    scratch = arena.take(
      SequenceAttention(sequences, shape: shape, isCausal: true).scratchCount)
  }

  var rows: Int { batch.ids.count }
  var channels: Int { configuration.channels }

  func attention(_ block: GPT2Model.Block) -> SequenceAttention {
    SequenceAttention(sequences, shape: block.attention, isCausal: true)
  }

  /// Queries, keys and values side by side in rows of `3 C`.
  func split<Pointer: Strideable>(
    _ start: Pointer
  ) -> SequenceAttention.Projections<Pointer> where Pointer.Stride == Int {
    .init(
      queries: start, keys: start.advanced(by: channels), values: start.advanced(by: 2 * channels),
      stride: 3 * channels)
  }

  /// `dropout(wte[id] + wpe[position])`, the blocks, ln_f.
  ///
  /// - Parameter generator: Draws what is dropped; `nil` outside training.
  func forward(dropping generator: inout TorchGenerator?) -> GPT2Record {
    let dropout = Dropout(configuration.embeddingDropout)
    let kept = dropout.draw(rows * channels, from: &generator, arena: arena)
    let embedded = arena.take(rows * channels)
    embed(into: embedded)
    Dropout.apply(kept, to: embedded, rows: rows, count: channels, into: embedded)
    var blocks: [GPT2BlockRecord] = []
    for block in model.blocks {
      let input = blocks.last?.output ?? embedded
      blocks.append(forward(block, input: input, dropping: &generator))
    }
    let hidden = blocks.last?.output ?? embedded
    let (stats, output) = (arena.take(2 * rows), arena.take(rows * channels))
    model.finalNorm.forward(hidden, rows: rows, into: output, stats: stats)
    return GPT2Record(
      keptEmbeddings: kept, blocks: blocks, finalStats: stats, finalOutput: output, hidden: hidden)
  }

  private func embed(into hidden: UnsafeMutablePointer<Float>) {
    Parallel.ranges(rows, grain: 64) { range in
      for row in range {
        let x = hidden + row * channels
        model.tokenEmbedding.copy(
          from: Int(batch.ids[row]) * channels, count: channels, to: x)
        model.positionEmbedding.copy(
          from: Int(batch.positions[row]) * channels, count: channels, to: branch + row * channels)
        Rows.add(branch + row * channels, to: x, count: channels)
      }
    }
  }

  /// `m = x + dropout(project(attention(ln₁ x)))`, `y = m + dropout(down(gelu(up(ln₂ m))))`.
  private func forward(
    _ block: GPT2Model.Block, input: UnsafeMutablePointer<Float>,
    dropping generator: inout TorchGenerator?
  ) -> GPT2BlockRecord {
    let inner = configuration.innerChannels
    let attention = attention(block)
    let (attentionStats, attentionInput) = (arena.take(2 * rows), arena.take(rows * channels))
    block.attentionNorm.forward(input, rows: rows, into: attentionInput, stats: attentionStats)
    let projections = arena.take(rows * 3 * channels)
    block.queryKeyValue.forward(attentionInput, rows: rows, into: projections)
    let keptProbabilities = Dropout(configuration.attentionDropout).draw(
      batch.rows * configuration.heads * batch.tokens * batch.tokens, from: &generator,
      arena: arena)
    let probabilities = arena.take(attention.probabilityCount)
    let gathered = arena.take(rows * channels)
    attention.forward(
      split(UnsafePointer(projections)), kept: keptProbabilities, probabilities: probabilities,
      scratch: scratch, into: gathered)
    let keptAttention = residualFlags(&generator)
    let middle = arena.take(rows * channels)
    block.attentionOutput.forward(gathered, rows: rows, into: branch)
    Dropout.add(input, keptAttention, of: branch, rows: rows, count: channels, into: middle)

    let (innerStats, innerInput) = (arena.take(2 * rows), arena.take(rows * channels))
    block.innerNorm.forward(middle, rows: rows, into: innerInput, stats: innerStats)
    let (before, after) = (arena.take(rows * inner), arena.take(rows * inner))
    block.inner.forward(innerInput, rows: rows, into: before)
    Activation.forward(before, count: rows * inner, into: after, Rows.geluTanh)
    let keptInner = residualFlags(&generator)
    let output = arena.take(rows * channels)
    block.innerOutput.forward(after, rows: rows, into: branch)
    Dropout.add(middle, keptInner, of: branch, rows: rows, count: channels, into: output)
    return GPT2BlockRecord(
      input: input, attentionStats: attentionStats, attentionInput: attentionInput,
      projections: projections, probabilities: probabilities, keptProbabilities: keptProbabilities,
      gathered: gathered, keptAttention: keptAttention, middle: middle, innerStats: innerStats,
      innerInput: innerInput, inner: before, activated: after, keptInner: keptInner,
      output: output)
  }

  private func residualFlags(_ generator: inout TorchGenerator?) -> Rows.Kept? {
    Dropout(configuration.residualDropout).draw(
      rows * channels, from: &generator, arena: arena)
  }
}
