import FoxNumbers

/// # Weights in eight bits
///
/// A step of decoding reads every weight once, so its time is the size of the model over the speed of
/// memory. A byte instead of a float32 is a quarter of the size. A byte holds no fraction; so each number
/// becomes a whole number of *steps*, its level, and the step is stored beside it:
///
///     w = (0.5  −1.27  0.004)      step = 1.27 / 127 = 0.01      levels = (50  −127  0)
///
/// The greatest number of a row has the level ±127, so that none is cut off, and no number is off by
/// more than half a step. A number far greater than the others makes the step coarse for all of them.
/// That is why each output of a matrix has a step of its own, and so has each row of `x`.
///
/// If `x ≈ s p` and `w ≈ t q`, with steps `s` and `t` and levels `p` and `q`, then the steps can be taken
/// out of the sum, and what is left is a sum of products of whole numbers:
///
///     Σₖ xₖ wₖ  ≈  Σₖ (s pₖ) (t qₖ)  =  s t Σₖ pₖ qₖ
///
/// By hand, with two inputs and one output. x = (1, 0.3) has the step 1/127 and the levels (127, 38);
/// w = (0.6, −0.2) has 0.6/127 and (127, −42):
///
///     exact      1 · 0.6 − 0.3 · 0.2                     = 0.54
///     levels     127 · 127 − 38 · 42 = 14,533
///     result     14,533 · (1/127) · (0.6/127)            = 0.5406
///
/// Processors multiply 64 such pairs with one instruction. Sums of whole numbers are exact, so that
/// their order does not matter: every processor and every number of threads or rows gives the same bits.
/// Errors of rounding have either sign, and most of them cancel: of 768 products the sum is off by about
/// √768 times the error of one, while the sum itself may grow with 768.
///
/// Source: Jacob et al. 2018, arXiv 1712.05877, with steps for each row and output as in Dettmers et al.
/// 2022, arXiv 2208.07339, section 2. What it costs a model is measured in `INT8-4` of SPEC.md.
///
/// What it does not do: it looks for no better step than the greatest number's, and trains nothing.
package final class Int8Weight: PackedWeight, @unchecked Sendable {
  // Unchecked: nothing is written after `init`.

  /// How many inputs a sum may have: 127 · 127 · 133,144 is the last below 2³¹.
  package static let mostInputs = 133_144

  package let inputs: Int
  package let outputs: Int
  /// Whether the checkpoint stores `[outputs, inputs]`.
  let isTransposed: Bool
  /// The levels, in blocks of 16 outputs: `fox_int8_pack` says how. Four to the room of a float32.
  let levels: FloatBuffer
  /// The step of each output.
  let steps: FloatBuffer

  /// How many float32 numbers take as much room as a block.
  var blockSize: Int { (inputs + 3) / 4 * 16 }
  var blocks: Int { (outputs + 15) / 16 }

  package var byteCount: Int { 4 * (blocks * blockSize + outputs) }

  /// Rounds a matrix.
  ///
  /// - Parameter isTransposed: Whether it is `[outputs, inputs]`.
  /// - Complexity: O(*n*).
  package init(_ matrix: Tensor, isTransposed: Bool) {
    self.isTransposed = isTransposed
    (inputs, outputs) = (
      matrix.shape[isTransposed ? 1 : 0], matrix.shape[isTransposed ? 0 : 1]
    )
    precondition(inputs <= Self.mostInputs, "whoever makes one has asked")
    let blocks = (outputs + 15) / 16
    levels = FloatBuffer(uninitialized: blocks * ((inputs + 3) / 4 * 16))
    steps = FloatBuffer(count: outputs)
    pack(matrix)
  }

  /// The level of an input for an output.
  private func level(_ input: Int, _ output: Int) -> Int32 {
    // 64 bytes are four inputs of sixteen outputs.
    let block = UnsafeRawPointer(levels.pointer + output / 16 * blockSize)
    let place = input / 4 * 64 + output % 16 * 4 + input % 4
    return Int32(block.load(fromByteOffset: place, as: Int8.self))
  }

  package subscript(index: Int) -> Float {
    let (row, column) = index.quotientAndRemainder(dividingBy: isTransposed ? inputs : outputs)
    let (input, output) = isTransposed ? (column, row) : (row, column)
    return Float(level(input, output)) * steps.pointer[output]
  }

  /// `y = x w` in plain Swift; ``multiply(_:into:finish:)`` is the fast one.
  package func product(_ x: Matrix, into y: Matrix) {
    for r in 0..<x.rows {
      let row = Int8Row(x[r])  // [in], rounded
      for j in 0..<outputs {
        var sum: Int32 = 0
        for k in 0..<inputs { sum += Int32(row.levels[k]) * level(k, j) }
        y[r][j] = Float(sum) * row.step * steps.pointer[j]
      }
    }
  }
}

/// A row of numbers as whole numbers of steps.
package struct Int8Row {
  package let levels: [Int8]
  package let step: Float

  /// Rounds to the nearest level, ties to even.
  package init(_ numbers: some Collection<Float>) {
    // `max` passes over NaN, which must not get lost: a damaged weight shows in what comes of it.
    let isFinite = numbers.allSatisfy(\.isFinite)
    let greatest = numbers.reduce(0) { max($0, abs($1)) }
    // One over something smaller than 10⁻³⁰ could be infinite.
    guard isFinite, greatest >= 1e-30 else {
      levels = numbers.map { _ in 0 }
      step = isFinite ? 0 : .nan
      return
    }
    let perStep = 127 / greatest
    levels = numbers.map { Int8(($0 * perStep).rounded(.toNearestOrEven)) }
    step = greatest / 127
  }
}

extension Weight {
  /// A matrix with a level of eight bits for each number; what no sum of 32 bits can hold stays as it is.
  ///
  /// - Parameter isTransposed: Whether it is `[outputs, inputs]`.
  package init(int8 weight: Weight, isTransposed: Bool) {
    guard weight.shape.count == 2,
      weight.shape[isTransposed ? 1 : 0] <= Int8Weight.mostInputs
    else {
      self = weight
      return
    }
    let packed = Int8Weight(weight.tensor, isTransposed: isTransposed)
    self.init(.packed(packed), of: packed, shape: weight.shape)
  }
}
