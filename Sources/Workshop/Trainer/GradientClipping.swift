import CFoxKernels
import FoxKernels
import FoxModels

/// Scales all gradients together when they are too long: `torch.nn.utils.clip_grad_norm_`.
///
/// The scale is an argument of ``AdamW/step(learningRate:gradientScale:)``, so that gradients are not
/// read and written once more. SPEC `OPT-5`.
public enum GradientClipping {
  /// How many gradients are summed in one go; fixed, so that no sum depends on the number of threads.
  static let block = 1 << 16

  /// The length of all gradients as one vector: the square root of the sum of their squares, summed in
  /// double precision.
  ///
  /// PyTorch takes the norm of the norms of tensors in float32, which differs by about 1e-7 of it.
  ///
  /// - Returns: NaN or infinity when a gradient is.
  public static func norm(_ parameters: Parameters) -> Float {
    norm(parameters.gradients.pointer, count: parameters.count)
  }

  /// The length of a vector.
  static func norm(_ vector: UnsafePointer<Float>, count: Int) -> Float {
    let blocks = (count + block - 1) / block
    let sums = [Double](unsafeUninitializedCapacity: blocks) { sums, filled in
      if let sums = sums.baseAddress {
        Parallel.ranges(blocks, grain: 4) { range in
          for index in range {
            let start = index * block
            sums[index] = fox_square_sum(vector + start, min(block, count - start))
          }
        }
      }
      filled = blocks
    }
    return Float(sums.reduce(0, +).squareRoot())
  }

  /// What gradients of length `norm` are multiplied with so that none is longer than `maximum`:
  /// `maximum / (norm + 1e-6)`, at most 1, in float32.
  ///
  /// - Parameters:
  ///   - norm: What ``norm(_:)`` returned; NaN makes the coefficient NaN.
  ///   - maximum: `max_grad_norm`. With 0 or less nothing is clipped, as in transformers' Trainer.
  public static func coefficient(norm: Float, maximum: Double) -> Float {
    guard maximum > 0 else { return 1 }
    // PyTorch divides a number by a tensor by multiplying with its reciprocal.
    let coefficient = 1 / (norm + 1e-6) * Float(maximum)
    return coefficient > 1 ? 1 : coefficient
  }
}
