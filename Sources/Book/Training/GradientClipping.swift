import FoxNumbers

/// # Clipping the gradient
///
/// Now and then a batch has a gradient many times as long as the others, and one step along it
/// could undo a hundred good ones. So the gradients of all parameters are taken as one long vector,
/// and if it is longer than a maximum (1 by default) they are all scaled down together. Its
/// direction stays:
///
///     ‖g‖ = √(Σ gᵢ²)        g ← g · min(1, maximum / (‖g‖ + 10⁻⁶))
///
/// For example (3, 4) has length 5 and becomes (0.6, 0.8). The 10⁻⁶ guards the division.
///
/// Source: Pascanu et al. 2013, arXiv 1211.5063; `torch.nn.utils.clip_grad_norm_`. SPEC `OPT-5`.
///
/// What it does not do: it does not write to the gradients. The optimizer multiplies each by the
/// factor as it reads it, which saves a pass over the memory.
package enum GradientClipping {
  // How many squares are summed at a time. The number is fixed, so that the order of the additions,
  // and with it the last digit, never depends on how many threads share the work.
  static let block = 1 << 16

  /// The length of all gradients as one vector; NaN or infinity when one of them is.
  package static func norm(_ parameters: Parameters) -> Float {
    let (gradients, count) = (parameters.gradients.pointer, parameters.count)
    let blocks = (count + block - 1) / block  // 1,900 for GPT-2's 124 million
    var sums = [Double](repeating: 0, count: blocks)
    let operations = Operations.current
    sums.withUnsafeMutableBufferPointer { sums in
      // Threads may share the blocks out in any way: each block has its own sum.
      operations.ranges(blocks, 4) { range in
        for index in range {
          let start = index * block
          sums[index] = operations.squareSum(gradients + start, min(block, count - start))
        }
      }
    }
    // 10⁸ squares need double precision to be added up; the root is small enough for float32.
    // PyTorch takes the norm of each tensor, then the norm of those norms, which differs by about
    // 1e-7 of it.
    return Float(sums.reduce(0, +).squareRoot())
  }

  /// What gradients of length `norm` are multiplied by. `maximum` is `max_grad_norm`.
  package static func coefficient(norm: Float, maximum: Double) -> Float {
    // A maximum of 0 would scale everything to nothing; the reference takes it as "do not clip".
    guard maximum > 0 else { return 1 }
    // In float32, and as PyTorch divides a number by a tensor: by way of the reciprocal. Because of
    // the 10⁻⁶ a gradient of exactly the maximum becomes a little shorter too.
    let coefficient = 1 / (norm + 1e-6) * Float(maximum)
    return coefficient > 1 ? 1 : coefficient  // written so that NaN stays NaN
  }
}
