import FoxNumbers
import FoxTraining

/// # Muon
///
/// Adds an optimizer for training from scratch. Each matrix of a model's blocks moves by the orthogonal
/// matrix nearest to its momentum: all singular values of the step are about 1, so that no direction
/// learns much faster than another.
///
///     m ← 0.95 m + 0.05 g        u = 0.05 g + 0.95 m
///     w ← (1 − rate · decay) w − 0.2 rate √max(rows, columns) · orthogonal(u)
///
/// Embeddings, biases and LayerNorms are left to AdamW, as Muon's author does. The factor
/// `0.2 √max(rows, columns)` makes a step about as long as AdamW's, so that one learning rate and one
/// decay serve both.
///
/// Source: Jordan 2024, "Muon: an optimizer for hidden layers in neural networks"; `torch/optim/_muon.py`
/// of torch 2.13 with `adjust_lr_fn="match_rms_adamw"`. SPEC `OPT-8`, `OPT-9`.
final class Muon: Optimizer {
  /// How much of the momentum stays each step, and how much of the gradient comes to it.
  private static let (momentum, rest): (Float, Float) = (0.95, 0.05)
  /// The iteration `X ← a X + (b G + c G²) X` with `G = X Xᵀ`.
  private static let (a, b, c): (Float, Float, Float) = (3.4445, -4.7750, 2.0315)
  private static let iterations = 5
  private static let smallestNorm: Float = 1e-7

  private let parameters: Parameters
  private let adamW: AdamW
  private let matrices: [Parameters.Entry]
  /// Room for the products of one matrix; each thread has its own.
  private let scratchOfThread: Int
  private var scratch = FloatBuffer(count: 0)

  /// Moves the matrices of the blocks.
  ///
  /// - Parameter adamW: Moves all other parameters. Its first moments of the matrices, which it does not
  ///   use itself, are their momenta, so that checkpoints hold both as `exp_avg`.
  init(_ parameters: Parameters, beside adamW: AdamW) {
    self.parameters = parameters
    self.adamW = adamW
    // The largest first: threads that take every n-th then share the work about evenly.
    matrices = parameters.entries.filter(Muon.moves).sorted { $0.range.count > $1.range.count }
    scratchOfThread = matrices.map { Muon.scratchCount($0.shape[0], $0.shape[1]) }.max() ?? 0
  }

  /// Whether a parameter is a matrix of a hidden layer: two dimensions, and in a block of GPT-2
  /// (`h.0.mlp.c_fc.weight`) or BERT (`layer.0.output.dense.weight`).
  static func moves(_ entry: Parameters.Entry) -> Bool {
    let modules = entry.name.split(separator: ".")
    return entry.shape.count == 2 && (modules.contains("h") || modules.contains("layer"))
  }

  /// Moves every parameter by its gradient.
  ///
  /// - Complexity: 10 products of the smaller side squared and the larger, and 5 of the smaller cubed,
  ///   for each matrix. A matrix is one thread's, so results do not depend on how many there are.
  func step(learningRate: Double, gradientScale: Float) {
    adamW.step(learningRate: learningRate, gradientScale: gradientScale)
    let operations = Operations.current
    let needed = min(operations.threads(), matrices.count) * scratchOfThread
    if scratch.count < needed { scratch = FloatBuffer(count: needed) }
    operations.forEach(matrices.count) { index, thread in
      move(
        matrices[index], scratch.pointer + thread * scratchOfThread, rate: learningRate,
        scale: gradientScale)
    }
  }

  /// The step of one matrix.
  private func move(
    _ entry: Parameters.Entry, _ scratch: UnsafeMutablePointer<Float>, rate: Double, scale: Float
  ) {
    let (start, count) = (entry.range.lowerBound, entry.range.count)
    let update = Matrix(scratch, entry.shape[0], entry.shape[1])
    let gradients = parameters.gradients.pointer + start
    let momenta = adamW.firstMoments.pointer + start
    for i in 0..<count {
      let g = gradients[i] * scale
      momenta[i] += Muon.rest * (g - momenta[i])
      // torch.lerp goes from the nearer end, by what float32 leaves of 1 − 0.95.
      update.start[i] = momenta[i] - (1 - Muon.momentum) * (momenta[i] - g)
    }
    let orthogonal = Muon.orthogonalize(update)
    let length = Float(0.2 * rate * Double(max(update.rows, update.columns)).squareRoot())
    let keep = Float(1 - rate * adamW.options.weightDecay)
    let values = parameters.values.pointer + start
    for i in 0..<count { values[i] = values[i] * keep - length * orthogonal.start[i] }
  }

  // MARK: - The nearest orthogonal matrix

  /// How many numbers ``orthogonalize(_:)`` needs: the matrix twice, `G`, and `b G + c G²`.
  static func scratchCount(_ rows: Int, _ columns: Int) -> Int {
    2 * rows * columns + 2 * min(rows, columns) * min(rows, columns)
  }

  /// Newton–Schulz in float32, where PyTorch rounds to bfloat16 between products. SPEC `OPT-9`.
  ///
  /// - Parameter x: Overwritten, like the ``scratchCount(_:_:)`` numbers that begin with it.
  /// - Returns: Where the result is among those numbers.
  static func orthogonalize(_ x: Matrix) -> Matrix {
    let count = x.rows * x.columns
    var (x, next) = (x, Matrix(x.start + count, x.rows, x.columns))
    let side = min(x.rows, x.columns)
    let gram = Matrix(x.start + 2 * count, side, side)
    let polynomial = Matrix(gram.start + side * side, side, side)
    normalize(x)
    for _ in 0..<iterations {
      iterate(x, gram, polynomial, into: next)
      swap(&x, &next)
    }
    return x
  }

  /// Makes the root of the sum of squares 1, and with it no singular value larger.
  private static func normalize(_ x: Matrix) {
    let count = x.rows * x.columns
    let norm = Float(Operations.current.squareSum(x.start, count).squareRoot())
    let scale = 1 / max(norm, smallestNorm)
    for i in 0..<count { x.start[i] *= scale }
  }

  /// `next = a X + (b G + c G²) X`, or for a tall X `a X + X (b G + c G²)` with `G = Xᵀ X`: G has the
  /// smaller side of the two.
  private static func iterate(
    _ x: Matrix, _ gram: Matrix, _ polynomial: Matrix, into next: Matrix
  ) {
    let isTall = x.rows > x.columns
    if isTall { gram.product(x.t, x) } else { gram.product(x, x.t) }
    for i in 0..<gram.rows * gram.columns { polynomial.start[i] = b * gram.start[i] }
    polynomial.product(gram, gram, scale: c, adding: true)
    for i in 0..<x.rows * x.columns { next.start[i] = a * x.start[i] }
    if isTall {
      next.product(x, polynomial, adding: true)
    } else {
      next.product(polynomial, x, adding: true)
    }
  }
}
