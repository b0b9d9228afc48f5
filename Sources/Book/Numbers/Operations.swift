import Synchronization

/// # The table of operations
///
/// Nearly all the time of a language model goes into about two dozen loops over many numbers. Each
/// of them is an entry of this table. Its default is the plain Swift of this chapter, which is
/// written to be read and is tested against PyTorch; the Workshop replaces the entries by kernels
/// that are tested against the plain ones (`Kernels.install()`). Code that computes calls
/// `Operations.current` and does not know which of the two it gets.
///
/// Which loops stand here is not a matter of taste: a profile of a decoding step and of a training
/// step says which ones cost time. Everything else is plain Swift where it is needed.
///
/// Source: PyTorch's dispatcher does the same on a larger scale: one name, one kernel for each
/// device.
///
/// What it does not do: it does not choose by size or by device; an entry may.
///
/// Shapes: `x` is `[N, C]` and `y` has its shape, unless an entry says otherwise.
package final class Operations: @unchecked Sendable {
  // A class, because `installed` below can only hold a reference, and a copy of two dozen closures
  // for each call would not be free. It is @unchecked Sendable because its entries are only changed
  // by whoever made it, before anybody else sees it.

  /// What this table is called in test names.
  package let name: String

  /// A table of plain Swift, whose entries may be replaced before anybody computes with it.
  package init(name: String) { self.name = name }

  // MARK: Products (Products.swift)
  // All weights of a model are read here, once for each step: nine tenths of the time. The two with
  // slots are attention over a cache, where the keys of one text may lie anywhere in a table.

  /// `y = scale · a b`, or `y += scale · a b` when `adding`.
  package var product:
    (_ a: Factor, _ b: Factor, _ scale: Float, _ adding: Bool, _ y: Matrix) -> Void = Plain.product
  /// `y = x w + bias`, the bias being `[columns of y]` or `nil`.
  package var linear:
    (_ x: Matrix, _ w: Factor, _ bias: UnsafePointer<Float>?, _ y: Matrix) -> Void =
      Plain.linear
  /// `scores[i] = scale · q · keys[slots[i]]`.
  package var slotScores:
    (
      _ q: UnsafePointer<Float>, _ keys: Matrix, _ slots: UnsafeBufferPointer<Int32>,
      _ scale: Float, _ scores: UnsafeMutablePointer<Float>
    ) -> Void = Plain.slotScores
  /// `out = Σ weights[i] · values[slots[i]]`.
  package var slotSum:
    (
      _ values: Matrix, _ slots: UnsafeBufferPointer<Int32>, _ weights: UnsafePointer<Float>,
      _ out: UnsafeMutablePointer<Float>
    ) -> Void = Plain.slotSum

  // MARK: Softmax and losses (Softmax.swift)
  // Attention takes the softmax of [T, T] for every head, the loss that of 50,257 numbers for every
  // token. Forward and backward are one loop for the loss: the gradient is the softmax itself, less
  // 1.

  /// Each row becomes its softmax. With `seen`, row `r` sees only its first `seen + r` numbers; the
  /// others become 0.
  package var softmax: (_ x: Matrix, _ seen: Int?) -> Void = Plain.softmax
  /// `ds = scale · p (dp − Σ p dp)` for each row, written over `dp`.
  package var softmaxBackward: (_ p: Matrix, _ scale: Float, _ dp: Matrix) -> Void =
    Plain.softmaxBackward
  /// `y = log softmax(x)` for each row; `y` may be `x`. `totals`, one for each row, are
  /// `log Σ exp x`: not finite exactly when the row holds a NaN or +∞ or nothing but −∞.
  package var logSoftmax:
    (_ x: Matrix, _ y: Matrix, _ totals: UnsafeMutablePointer<Float>) -> Void =
      Plain.logSoftmax
  /// The losses `−log softmax(x)[label]` of each row; `x` becomes their gradient times `scale`.
  /// Rows whose label is negative have neither.
  package var crossEntropy:
    (
      _ x: Matrix, _ labels: UnsafePointer<Int32>, _ scale: Float,
      _ losses: UnsafeMutablePointer<Float>
    ) -> Void = Plain.crossEntropy

  // MARK: Layers (GELU.swift, Normalization.swift, Kept.swift)
  // A few operations for each number, so memory is what they wait for. That is why most may write
  // over what they read.

  /// `y = gelu(x)`; `y` may be `x`.
  package var gelu: (_ form: GELU, _ x: Matrix, _ y: Matrix) -> Void = Plain.gelu
  /// `dy · gelu′(x)`, written over `dy`.
  package var geluBackward: (_ form: GELU, _ x: Matrix, _ dy: Matrix) -> Void = Plain.geluBackward
  /// `y = (x − μ) / σ · w + b` for each row; `y` may be `x`. `stats`, `[rows, 2]`, are `μ` and
  /// `1/σ`.
  package var layerNorm:
    (
      _ x: Matrix, _ w: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ epsilon: Float,
      _ y: Matrix, _ stats: Matrix?
    ) -> Void = Plain.layerNorm
  /// `dx += ∂loss/∂x`, given `dy`.
  package var layerNormBackward:
    (_ x: Matrix, _ w: UnsafePointer<Float>, _ stats: Matrix, _ dy: Matrix, _ dx: Matrix) -> Void =
      Plain.layerNormBackward
  /// `dw += Σ dy x̂`, `db += Σ dy`.
  package var layerNormBackwardColumns:
    (
      _ x: Matrix, _ stats: Matrix, _ dy: Matrix, _ dw: UnsafeMutablePointer<Float>,
      _ db: UnsafeMutablePointer<Float>
    ) -> Void = Plain.layerNormBackwardColumns
  /// `y = keep(x)`; `y` may be `x`.
  package var keep: (_ x: Matrix, _ kept: Kept, _ y: Matrix) -> Void = Plain.keep
  /// `y = sum + keep(x)`, or `sum + x` without flags. `y` may be `sum`.
  package var addKept: (_ sum: Matrix, _ x: Matrix, _ kept: Kept?, _ y: Matrix) -> Void =
    Plain.addKept

  // MARK: Sums and scans (Sums.swift, TopK.swift)
  // Gradients of biases (`addColumns`), their clipping (`squareSum`), the greedy choice (`largest`)
  // and beam search (`firstAbove`): 50,257 numbers, of which a few matter.

  /// `y += x`
  package var add: (_ x: Matrix, _ y: Matrix) -> Void = Plain.add
  /// `y += Σ rows of x`
  package var addColumns: (_ x: Matrix, _ y: UnsafeMutablePointer<Float>) -> Void = Plain.addColumns
  /// `Σ x²`, in double precision.
  package var squareSum: (_ x: UnsafePointer<Float>, _ count: Int) -> Double = Plain.squareSum
  /// The index of the greatest number; of equal ones the first, 0 when all are NaN.
  package var largest: (_ x: UnsafePointer<Float>, _ count: Int) -> Int = Plain.largest
  /// The first index where `x + offset` is above `threshold` or one of them is NaN; else `count`.
  package var firstAbove:
    (_ x: UnsafePointer<Float>, _ offset: Float, _ threshold: Float, _ count: Int) -> Int =
      Plain.firstAbove

  // MARK: Optimizers (Adam.swift)
  // Four buffers as long as the model in each training step: the values, their gradients, m and v.

  /// One step of transformers' AdamW over `count` parameters.
  package var adamHF: Adam.Update = Plain.adamHF
  /// One step of PyTorch's AdamW over `count` parameters.
  package var adamTorch: Adam.Update = Plain.adamTorch

  // MARK: Precisions and random numbers (Weight.swift, MersenneTwister.swift)
  // A mask of dropout takes two words of the generator for each number of a matrix: six million for
  // one mask of 8 texts of 512 tokens in GPT-2.

  /// BF16 to float32.
  package var widen:
    (_ x: UnsafePointer<UInt16>, _ y: UnsafeMutablePointer<Float>, _ count: Int) -> Void =
      Plain.widen
  /// Float32 to BF16, to nearest, ties to even.
  package var round:
    (_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<UInt16>, _ count: Int) -> Void =
      Plain.round
  /// The next 624 words of a Mersenne Twister, in place of the last ones.
  package var twist: (_ words: UnsafeMutablePointer<UInt32>) -> Void = Plain.twist
  /// Of `count` draws of two words each, 1 where the lower 53 bits are below `limit`, else 0.
  package var drawsBelow:
    (
      _ words: UnsafePointer<UInt32>, _ limit: UInt64, _ flags: UnsafeMutablePointer<UInt8>,
      _ count: Int
    ) -> Void = Plain.drawsBelow

  // MARK: Loops
  // How work is shared among threads. The plain table has one thread, so nothing here is parallel
  // before kernels are installed.

  /// How many loops may run at once. The `thread` of ``forEach`` is less than this.
  package var threads: () -> Int = { 1 }
  /// Runs `body` on each of `0 ..< count`. Results must not depend on the order.
  package var forEach: (_ count: Int, _ body: (_ element: Int, _ thread: Int) -> Void) -> Void =
    { count, body in for element in 0..<count { body(element, 0) } }
  /// Runs `body` on ranges that together are `0 ..< count`, each a multiple of `grain` long but the
  /// last. `grain` says how much work is worth waking a thread for.
  package var ranges: (_ count: Int, _ grain: Int, _ body: (Range<Int>) -> Void) -> Void =
    { count, _, body in if count > 0 { body(0..<count) } }
}

extension Operations {
  /// The plain Swift of this chapter.
  package static let plain = Operations(name: "plain")

  /// What the current task computes with instead of what is installed: for tests, which run side by
  /// side, each with a table of its own. Plain entries never leave the calling thread, so that it
  /// holds for all of a computation.
  @TaskLocal package static var override: Operations?

  // Written once, and read without a lock.
  private static let installed = AtomicLazyReference<Operations>()

  /// What everybody computes with.
  package static var current: Operations { override ?? installed.load() ?? plain }

  /// Makes `table` what everybody computes with. Only the first call has an effect: a table that
  /// changed in the middle of a computation would change its last digits.
  package static func install(_ table: Operations) { _ = installed.storeIfNil(table) }
}

/// The plain entries, each in the file of its idea.
package enum Plain {}
