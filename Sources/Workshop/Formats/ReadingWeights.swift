import Foundation
import FoxDecoding
import FoxKernels
import FoxNumbers
import FoxWeights

extension TensorFile {
  /// Writes the elements of the tensor called `name` to `target` as float32, without memory in
  /// between: the way into a model's flat buffer.
  package func copyTensor(
    named name: String, to target: UnsafeMutableBufferPointer<Float>
  ) throws(Fault) {
    let tensor = try floatingPoint(name)
    // By number, not by shape: a part of a flat buffer has none. Shapes were compared before.
    guard tensor.count == target.count else {
      throw Fault(
        path, at: "tensor \(shown(name))", found: "shape \(shown(tensor.shape))",
        expected: "\(target.count) elements")
    }
    guard let start = target.baseAddress else { return }  // nothing to write
    // The one copy there is: from the mapped file straight to the place where the model computes.
    try storedBytes(of: tensor).withBytes { widen($0, tensor.dtype, to: start) }
  }

  /// The tensor called `name` as weights in float32 or BF16 (SAFE-15).
  ///
  /// Vectors are float32 always. Matrices in BF16 are shown where they lie when the file holds BF16
  /// at an even address, else rounded, and the memory that was read for it is given back.
  package func weight(named name: String, _ precision: Precision) throws(Fault) -> Weight {
    let tensor = try floatingPoint(name)
    // Biases and LayerNorm's weights are so few that halving them saves nothing.
    if precision != .bf16 || tensor.shape.count < 2 { return Weight(try self.tensor(named: name)) }
    let stored = try storedBytes(of: tensor)
    // As it lies in the file: a model of 250 MB in BF16 is ready as soon as it is mapped.
    if tensor.dtype == .bf16,
      // Fails at an odd address.
      let inPlace = try? Weight(bf16: stored.bytes, of: stored.owner, shape: tensor.shape)
    {
      return inPlace
    }
    // For a moment, this tensor takes its full size.
    let rounded = Weight(rounding: try self.tensor(named: name))
    // Otherwise the file's pages would stay in memory beside the rounded numbers.
    stored.giveBack()
    return rounded
  }
}

extension ParameterLoader {
  /// Gives back the memory of a parameter of a mapped file that is not needed soon.
  package func giveBack(_ name: String) throws(Fault) {
    guard let tensor = nameInFile(of: name) else { return }
    try file.storedBytes(of: file.floatingPoint(tensor)).giveBack()
  }

  /// The parameter `name` in a given precision; `nil` when the model has to initialize it.
  package func weight(_ name: String, _ precision: Precision) throws(Fault) -> Weight? {
    guard let tensor = nameInFile(of: name) else { return nil }
    // BF16 if the model computes in it: half the memory.
    return try file.weight(named: tensor, precision)
  }
}

extension MappedFile {
  /// Gives back the memory of a part of the file that is not needed soon. Whoever reads it again
  /// reads the file again.
  package func giveBack(_ range: Range<Int>) {
    // Whole pages only: the neighbors may be in use.
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    // The first page that begins in the range.
    let first = (range.lowerBound + page - 1) / page * page
    // The end of the last page that ends in it.
    let last = min(range.upperBound, bytes.count) / page * page
    guard first < last, let start = bytes.baseAddress else { return }
    // On pages of a file this loses nothing: the next look at them fetches them again.
    madvise(UnsafeMutableRawPointer(mutating: start + first), last - first, MADV_DONTNEED)
  }
}

extension StoredBytes {
  /// Gives back the memory of bytes of a mapped file that are not needed soon; others stay.
  package func giveBack() {
    // A buffer has no file to be read from again, so its memory must stay.
    guard let file = owner as? MappedFile, let start = bytes.baseAddress,
      let first = file.bytes.baseAddress
    else { return }
    // From addresses back to places in the file.
    file.giveBack(start - first..<start - first + count)
  }
}
