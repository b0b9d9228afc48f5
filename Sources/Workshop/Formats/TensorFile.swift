import Foundation
import FoxFiles
import FoxKernels

/// What every format of checkpoints gives: tensors by name, as bytes and as float32.
///
/// ``Checkpoint`` finds the format by itself; ``SafeTensorsFile``, ``TorchFile``, ``NumPyFile`` and
/// ``ShardedCheckpoint`` are the formats.
public protocol TensorFile: Sendable {
  /// The path that was opened; in errors.
  var path: String { get }
  /// What the file is.
  var format: CheckpointFormat { get }
  /// The tensors, in the order of the file.
  var tensors: [TensorInfo] { get }
  /// Texts that the file holds beside its tensors.
  var metadata: [(key: String, value: String)] { get }
  /// The size of the file, or of all its parts, in bytes.
  var byteCount: Int { get }
  /// Names of one and the same tensor, in the order of the file: tied weights.
  var tied: [[String]] { get }

  /// What the file says of the tensor called `name`, compared by bytes.
  subscript(name: String) -> TensorInfo? { get }

  /// The elements of `tensor`, one of ``tensors``, row-major and little-endian: where they are in
  /// the file when they are so there, else in a copy.
  ///
  /// - Throws: ``CheckpointError`` when they are damaged, as far as the format can tell.
  func storedBytes(of tensor: TensorInfo) throws(CheckpointError) -> StoredBytes
}

/// A format of checkpoints.
public enum CheckpointFormat: String, CaseIterable, Sendable {
  /// Hugging Face's safetensors.
  case safetensors
  /// PyTorch since 1.6: a pickle and storages in a zip archive.
  case torchZip = "pytorch"
  /// PyTorch before 1.6: pickles, then storages.
  case torchLegacy = "pytorch-legacy"
  /// One NumPy array.
  case npy
  /// NumPy arrays in a zip archive.
  case npz
  /// Parts of any format, listed in an `….index.json`.
  case sharded
}

extension TensorFile {
  /// No tensors are tied.
  public var tied: [[String]] { [] }

  /// The value of `key` in the metadata, compared by bytes.
  public func metadata(_ key: String) -> String? {
    metadata.first { UTF8Key.equal($0.key, key) }?.value
  }

  /// Calls `body` with the bytes of the tensor called `name`, of any dtype, row-major and
  /// little-endian. They may begin at any address.
  ///
  /// - Throws: ``CheckpointError``, and what `body` throws.
  public func withBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let stored = try storedBytes(of: info(name))
    return try stored.withBytes { (bytes) throws in try body(bytes) }
  }

  /// The tensor called `name` as float32 (`SAFE-9`).
  ///
  /// F32 at a multiple of 4 bytes is shown in place. Everything else is copied: F32 at other places,
  /// F16 and BF16 (exactly), F64 (to the nearest float32, ties to even, beyond its range to ±∞).
  ///
  /// - Throws: ``CheckpointError/noTensor(file:tensor:)``;
  ///   ``CheckpointError/notFloatingPoint(file:tensor:dtype:)`` for integers, booleans and complex
  ///   numbers; ``CheckpointError/unsupported(file:tensor:dtype:)`` for floating point of 8 bits or
  ///   less; what the format finds wrong with the bytes.
  /// - Complexity: O(1) in place, else O(*n*) in the number of elements.
  public func tensor(named name: String) throws(CheckpointError) -> Tensor {
    let tensor = try floatingPoint(name)
    let stored = try storedBytes(of: tensor)
    do {
      let offset = stored.range.lowerBound
      if tensor.dtype == .f32, stored.isAligned(to: MemoryLayout<Float>.alignment) {
        return try Tensor(storage: stored.storage, byteOffset: offset, shape: tensor.shape)
      }
      _ = try Tensor.count(of: tensor.shape)
    } catch {
      // Sizes with a 0 among them can have a product that UInt counts and Int does not.
      throw .tooManyElements(file: path, tensor: name, dtype: tensor.dtype, shape: tensor.shape)
    }
    return Tensor(shape: tensor.shape) { target in
      stored.withBytes { widen($0, tensor.dtype, to: target) }
    }
  }

  /// Writes the elements of the tensor called `name` to `target` as float32, by the rules of
  /// ``tensor(named:)`` and without memory in between: the way into a model's flat buffer.
  ///
  /// - Throws: As ``tensor(named:)``, and ``CheckpointError/elementCount(file:tensor:shape:expected:)``
  ///   when `target` has not as many elements as the tensor.
  public func copyTensor(
    named name: String, to target: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    let tensor = try floatingPoint(name)
    guard tensor.count == target.count else {
      throw .elementCount(
        file: path, tensor: name, shape: tensor.shape, expected: target.count)
    }
    guard let start = target.baseAddress else { return }
    try storedBytes(of: tensor).withBytes { widen($0, tensor.dtype, to: start) }
  }

  func info(_ name: String) throws(CheckpointError) -> TensorInfo {
    guard let tensor = self[name] else { throw .noTensor(file: path, tensor: name) }
    return tensor
  }

  func floatingPoint(_ name: String) throws(CheckpointError) -> TensorInfo {
    let tensor = try info(name)
    try checkReadable(tensor)
    return tensor
  }

  /// Whether ``tensor(named:)`` will read the elements.
  func checkReadable(_ tensor: TensorInfo) throws(CheckpointError) {
    if tensor.dtype.readsAsFloat { return }
    if tensor.dtype.isFloatingPoint {
      throw .unsupported(file: path, tensor: tensor.name, dtype: tensor.dtype)
    }
    throw .notFloatingPoint(file: path, tensor: tensor.name, dtype: tensor.dtype)
  }

  /// Whether two tensors have the same dtype, shape and bytes.
  func holdSameBytes(_ a: String, _ b: String) throws(CheckpointError) -> Bool {
    guard let a = self[a], let b = self[b], a.dtype == b.dtype, a.shape == b.shape else {
      return false
    }
    let (left, right) = (try storedBytes(of: a), try storedBytes(of: b))
    return left.withBytes { left in
      right.withBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress,
          left.count == right.count
        else { return left.count == right.count }
        return first == second || memcmp(first, second, left.count) == 0
      }
    }
  }
}

extension StoredBytes {
  fileprivate func isAligned(to alignment: Int) -> Bool {
    UInt(bitPattern: storage.base + range.lowerBound) % UInt(alignment) == 0
  }
}
