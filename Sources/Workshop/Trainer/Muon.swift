import CFoxKernels
import FoxKernels
import FoxLayers

/// Momentum that is orthogonalised: each matrix of a model's blocks moves by the nearest matrix to its
/// momentum whose singular values are about 1, so that no direction of it learns much faster than another.
///
/// Embeddings, biases and LayerNorms are AdamW's, as its authors have it. Source: Jordan 2024, "Muon: an
/// optimizer for hidden layers in neural networks"; `torch/optim/_muon.py` of torch 2.13 with
/// `adjust_lr_fn="match_rms_adamw"`, which makes a step as long as AdamW's, so that one learning rate and
/// one decay serve both. SPEC `OPT-8`, `OPT-9`.
final class Muon {
  /// How much of the momentum stays each step, and how much of the gradient comes to it.
  private static let (momentum, rest): (Float, Float) = (0.95, 0.05)
  /// The quintic iteration: `X ← a X + (b G + c G²) X` with `G = X Xᵀ`.
  private static let (a, b, c): (Float, Float, Float) = (3.4445, -4.7750, 2.0315)
  private static let iterations = 5
  private static let smallestNorm: Float = 1e-7

  private let parameters: Parameters
  /// At the index of its parameter; `exp_avg` of a checkpoint.
  private let momenta: FloatBuffer
  private let weightDecay: Double
  private let matrices: [Parameters.Entry]
  private let scratch: FloatBuffer
  private let scratchOfThread: Int

  /// Steps for the matrices that ``moves(_:)`` names.
  ///
  /// - Parameters:
  ///   - momenta: `[parameters.count]`, of which those of the matrices are read and written.
  ///   - weightDecay: How much a weight shrinks each step, times the learning rate.
  init(_ parameters: Parameters, momenta: FloatBuffer, weightDecay: Double) {
    self.parameters = parameters
    self.momenta = momenta
    self.weightDecay = weightDecay
    // The largest first: threads that take every so-manieth then share the work about evenly.
    matrices = parameters.entries.filter(Muon.moves).sorted { $0.range.count > $1.range.count }
    scratchOfThread = matrices.map(Sides.init).reduce(0) { max($0, $1.scratchCount) }
    scratch = FloatBuffer(count: min(BLAS.threads, matrices.count) * scratchOfThread)
  }

  /// Whether a parameter is a matrix of a hidden layer: two dimensions, and in a block of GPT-2
  /// (`h.0.mlp.c_fc.weight`) or BERT (`layer.0.output.dense.weight`).
  static func moves(_ entry: Parameters.Entry) -> Bool {
    let modules = entry.name.split(separator: ".")
    return entry.shape.count == 2 && (modules.contains("h") || modules.contains("layer"))
  }

  /// Changes every matrix by its gradient: `m ← 0.95 m + 0.05 g`, `u = 0.05 g + 0.95 m`,
  /// `w ← (1 − λ decay) w − 0.2 λ √max(rows, columns) · orthogonal(u)`.
  ///
  /// - Complexity: 10 products of the smaller side squared and the larger, and 5 of the smaller cubed,
  ///   for each matrix. A matrix is one thread's, so results do not depend on how many there are.
  func step(learningRate: Double, gradientScale: Float) {
    Parallel.interleaved(matrices.count) { index, thread in
      move(
        matrices[index], scratch.pointer + thread * scratchOfThread, rate: learningRate,
        scale: gradientScale)
    }
  }

  /// The step of one matrix.
  private func move(
    _ entry: Parameters.Entry, _ update: UnsafeMutablePointer<Float>, rate: Double, scale: Float
  ) {
    let (start, sides) = (entry.range.lowerBound, Sides(entry))
    let (gradients, momenta) = (parameters.gradients.pointer + start, momenta.pointer + start)
    for i in 0..<sides.count {
      let g = gradients[i] * scale
      momenta[i] += Muon.rest * (g - momenta[i])
      // torch.lerp goes from the nearer end, by what float32 leaves of 1 − 0.95.
      update[i] = momenta[i] - (1 - Muon.momentum) * (momenta[i] - g)
    }
    let orthogonal = Muon.orthogonalize(update, sides)
    let length = Float(0.2 * rate * Double(max(sides.rows, sides.columns)).squareRoot())
    let keep = Float(1 - rate * weightDecay)
    let values = parameters.values.pointer + start
    for i in 0..<sides.count { values[i] = values[i] * keep - length * orthogonal[i] }
  }

  /// A matrix's sides.
  struct Sides {
    let rows: Int
    let columns: Int

    init(_ entry: Parameters.Entry) { (rows, columns) = (entry.shape[0], entry.shape[1]) }

    init(rows: Int, columns: Int) { (self.rows, self.columns) = (rows, columns) }

    var count: Int { rows * columns }
    var smaller: Int { min(rows, columns) }
    /// Twice the matrix, `G`, and `b G + c G²`.
    var scratchCount: Int { 2 * count + 2 * smaller * smaller }
  }

  /// Newton–Schulz in float32, where PyTorch rounds to bfloat16 between products. SPEC `OPT-9`.
  ///
  /// - Parameter x: ``Sides/scratchCount`` numbers, the matrix first, `[rows, columns]`; overwritten.
  /// - Returns: Where the result is among them.
  static func orthogonalize(
    _ x: UnsafeMutablePointer<Float>, _ sides: Sides
  ) -> UnsafeMutablePointer<Float> {
    var (x, next) = (x, x + sides.count)
    normalize(x, sides.count)
    for _ in 0..<iterations {
      iterate(x, sides, into: next)
      swap(&x, &next)
    }
    return x
  }

  /// Makes the root of the sum of squares 1, and no singular value larger.
  private static func normalize(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    let scale = 1 / max(Float(fox_square_sum(x, count).squareRoot()), smallestNorm)
    for i in 0..<count { x[i] *= scale }
  }

  /// `a X + (b G + c G²) X`, or for a tall X `a X + X (b G + c G²)` with `G = Xᵀ X`: of the smaller side.
  private static func iterate(
    _ x: UnsafeMutablePointer<Float>, _ sides: Sides, into next: UnsafeMutablePointer<Float>
  ) {
    let (rows, columns, smaller) = (sides.rows, sides.columns, sides.smaller)
    let isTall = rows > columns
    let gram = max(x, next) + sides.count
    let polynomial = gram + smaller * smaller
    BLAS.multiply(
      m: smaller, n: smaller, k: max(rows, columns), x, strideA: columns, transposeA: isTall,
      x, strideB: columns, transposeB: !isTall, gram, strideC: smaller)
    polynomial.update(from: gram, count: smaller * smaller)
    BLAS.multiply(
      m: smaller, n: smaller, k: smaller, alpha: c, gram, strideA: smaller,
      gram, strideB: smaller, beta: b, polynomial, strideC: smaller)
    next.update(from: x, count: sides.count)
    let (left, right) = isTall ? (x, polynomial) : (polynomial, x)
    BLAS.multiply(
      m: rows, n: columns, k: smaller, left, strideA: isTall ? columns : smaller,
      right, strideB: isTall ? smaller : columns, beta: a, next, strideC: columns)
  }
}
