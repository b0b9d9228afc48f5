import Foundation

extension TorchGenerator {
  /// The next number of `exponential_(1)`, in float32. Two draws of 32 bits. SPEC `RAND-5`.
  public mutating func exponential() -> Float { Float(-log1p(-uniformDouble())) }

  /// `torch.multinomial(probabilities, 1)` for one row: an index, drawn with its probability.
  ///
  /// Each probability is divided by an exponential number of its own; the greatest quotient wins, of
  /// equal ones the first. Source: `ATen/native/Distributions.cpp` (the path for one sample). SPEC
  /// `RAND-6`.
  ///
  /// - Parameter probabilities: Not negative; they need not add up to 1.
  /// - Returns: The index; `nil` when there is no probability above 0.
  /// - Complexity: O(*n*), two draws of 32 bits for each element.
  public mutating func multinomial(_ probabilities: UnsafeBufferPointer<Float>) -> Int? {
    var best: (index: Int, quotient: Float)?
    for (index, probability) in probabilities.enumerated() {
      let quotient = probability / exponential()
      if quotient > (best?.quotient ?? 0) { best = (index, quotient) }
    }
    return best?.index
  }
}
