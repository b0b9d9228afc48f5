import Bytes
import Foundation
import Tensors

#if _endian(big)
  #error("safetensors files are little-endian, and this room reads their numbers in place")
#endif

/// A safetensors file, mapped and checked; a value that can be passed between tasks.
///
///     let file = try SafeTensorsFile(path: "model.safetensors")
///     let embedding = try file.tensor(named: "wte.weight")
///
/// Opening reads the header only. Float32 tensors are shown where they are in the file, without a
/// copy. Every rule of the format is checked before anything is shown; see SPEC `SAFE-1` to `SAFE-9`.
public struct SafeTensorsFile: Sendable {
  /// The path that was opened; in errors.
  public let path: String
  /// The tensors in the order of their bytes.
  public let tensors: [TensorInfo]
  /// The `__metadata__` of the file in the order of the header, empty when there is none.
  public let metadata: [(key: String, value: String)]
  /// The size of the file in bytes.
  public var byteCount: Int { storage.byteCount }

  let storage: Storage
  let dataStart: Int
  /// The file, when this is one and not memory.
  private(set) var mapped: MappedFile?
  private let places: [UTF8Key: Int]

  /// Maps and checks the file at `path`.
  ///
  /// - Throws: ``CheckpointError`` that names the file, and the tensor at fault.
  /// - Complexity: O(*h* + *n* log *n*) in the bytes of the header and the number of tensors.
  public init(path: String) throws(CheckpointError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    try self.init(bytes: file.bytes, owner: file, path: path)
    mapped = file
  }

  /// Checks the file that `bytes` hold, which `owner` keeps alive and unchanged.
  package init(
    bytes: UnsafeRawBufferPointer, owner: AnyObject, path: String
  ) throws(CheckpointError) {
    let header = try SafeTensorsHeader(bytes, file: path)
    self.path = path
    (tensors, metadata, dataStart) = (header.tensors, header.metadata, header.dataStart)
    storage = Storage(borrowing: bytes, owner: owner)
    var places: [UTF8Key: Int] = [:]
    for (place, tensor) in tensors.enumerated() { places[UTF8Key(tensor.name)] = place }
    self.places = places
  }

  /// What the file says of the tensor called `name`, compared by bytes.
  ///
  /// - Complexity: O(1).
  public subscript(name: String) -> TensorInfo? {
    places[UTF8Key(name)].map { tensors[$0] }
  }

  /// The value of `key` in the metadata, compared by bytes.
  public func metadata(_ key: String) -> String? {
    metadata.first { UTF8Key.equal($0.key, key) }?.value
  }

  /// Calls `body` with the bytes of the tensor called `name` as they are in the file, of any dtype.
  /// They may begin at any address.
  ///
  /// - Throws: ``CheckpointError/noTensor(file:tensor:)``, and what `body` throws.
  public func withBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    let tensor = try info(name)
    return try withExtendedLifetime(storage) { try body(bytes(of: tensor)) }
  }

  /// The tensor called `name` as float32 (`SAFE-9`).
  ///
  /// F32 at a multiple of 4 bytes is shown in place. Everything else is copied: F32 at other places,
  /// F16 and BF16 (exactly), F64 (to the nearest float32, ties to even, beyond its range to ±∞).
  ///
  /// - Throws: ``CheckpointError/noTensor(file:tensor:)``;
  ///   ``CheckpointError/notFloatingPoint(file:tensor:dtype:)`` for integers, booleans and complex
  ///   numbers; ``CheckpointError/unsupported(file:tensor:dtype:)`` for floating point of 8 bits or
  ///   less.
  /// - Complexity: O(1) in place, else O(*n*) in the number of elements.
  public func tensor(named name: String) throws(CheckpointError) -> Tensor {
    let tensor = try floatingPoint(name)
    do {
      let offset = dataStart + tensor.byteRange.lowerBound
      if tensor.dtype == .f32, offset % MemoryLayout<Float>.alignment == 0 {
        return try Tensor(storage: storage, byteOffset: offset, shape: tensor.shape)
      }
      _ = try Tensor.count(of: tensor.shape)
    } catch {
      // Sizes with a 0 among them can have a product that UInt counts and Int does not.
      throw .tooManyElements(
        file: path, tensor: name, dtype: tensor.dtype, shape: tensor.shape)
    }
    return withExtendedLifetime(storage) {
      Tensor(shape: tensor.shape) { widen(bytes(of: tensor), tensor.dtype, to: $0) }
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
    withExtendedLifetime(storage) { widen(bytes(of: tensor), tensor.dtype, to: start) }
  }

  private func info(_ name: String) throws(CheckpointError) -> TensorInfo {
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
  func holdSameBytes(_ a: String, _ b: String) -> Bool {
    guard let a = self[a], let b = self[b], a.dtype == b.dtype, a.shape == b.shape else {
      return false
    }
    return withExtendedLifetime(storage) {
      let (left, right) = (bytes(of: a), bytes(of: b))
      guard let first = left.baseAddress, let second = right.baseAddress else { return true }
      return memcmp(first, second, left.count) == 0
    }
  }

  /// Valid while `storage` lives.
  private func bytes(of tensor: TensorInfo) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: storage.base + dataStart + tensor.byteRange.lowerBound, count: tensor.byteRange.count)
  }
}
