import Foundation

extension TorchGenerator {
  /// The next number of `exponential_(1)`, in float32. Two draws of 32 bits. SPEC `RAND-5`.
  public mutating func exponential() -> Float { Float(-log1p(-uniformDouble())) }
}
