import FoxFiles
import FoxKernels

extension TensorFile {
  /// The tensor called `name` as weights in a given precision (`SAFE-15`).
  ///
  /// Vectors are float32 always, by the rules of ``tensor(named:)``. Matrices in BF16 are shown in
  /// place when the file holds BF16 at an even address, else rounded to nearest, ties to even; the
  /// pages of the file that were read for it are given back.
  ///
  /// - Throws: As ``tensor(named:)``.
  /// - Complexity: O(1) in place, else O(*n*) in the number of elements.
  public func weight(
    named name: String, _ precision: Precision
  ) throws(CheckpointError) -> Weight {
    let tensor = try floatingPoint(name)
    if precision == .f32 || tensor.shape.count < 2 { return Weight(try self.tensor(named: name)) }
    let stored = try storedBytes(of: tensor)
    if tensor.dtype == .bf16,
      let inPlace = try? Weight(
        bf16: stored.storage, byteOffset: stored.range.lowerBound, shape: tensor.shape)
    {
      return inPlace
    }
    let rounded = Weight(rounding: try self.tensor(named: name))
    stored.storage.giveBack(stored.range)
    return rounded
  }
}

extension ParameterLoader {
  /// The parameter `name` as weights in a given precision; `nil` when the model has to initialise it
  /// newly.
  ///
  /// - Throws: As ``TensorFile/weight(named:_:)``.
  public func weight(
    _ name: String, _ precision: Precision
  ) throws(CheckpointError) -> Weight? {
    guard let tensor = resolved[UTF8Key(name)] else { return nil }
    return try file.weight(named: tensor, precision)
  }
}
