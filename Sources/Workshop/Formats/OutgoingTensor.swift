import FoxFiles
import FoxKernels

/// The kinds of numbers that float32 weights can be stored as.
public enum StoredFloat: String, CaseIterable, Sendable {
  /// As they are.
  case f32 = "F32"
  /// Rounded to half precision, to nearest, ties to even; beyond 65504 to ±∞.
  case f16 = "F16"
  /// Rounded to bfloat16, to nearest, ties to even.
  case bf16 = "BF16"

  var dtype: DType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    }
  }
}

/// A tensor on its way into a file.
public struct OutgoingTensor {
  /// The name in the file.
  public let name: String
  /// The kind of its elements in the file.
  public let dtype: DType
  /// The size of each dimension; `[]` is a scalar.
  public let shape: [Int]
  private let source: Source

  private enum Source {
    case floats(Tensor)
    case stored(any TensorFile, TensorInfo)
    case raw(UnsafeRawBufferPointer)
  }

  /// Float32 numbers, stored as they are or rounded.
  public init(_ name: String, _ tensor: Tensor, as stored: StoredFloat = .f32) {
    (self.name, dtype, shape) = (name, stored.dtype, tensor.shape)
    source = .floats(tensor)
  }

  /// A tensor of another file: bytes unchanged, or, of the kinds that are read as float32 and when
  /// `stored` says so, widened and rounded.
  ///
  /// - Throws: ``CheckpointError/noTensor(file:tensor:)``.
  public init(
    copying name: String, of file: any TensorFile, as stored: StoredFloat? = nil
  ) throws(CheckpointError) {
    let info = try file.info(name)
    (self.name, shape) = (name, info.shape)
    dtype = info.dtype.readsAsFloat ? stored?.dtype ?? info.dtype : info.dtype
    source = .stored(file, info)
  }

  /// Bytes of any dtype, little-endian, which must stay valid and unchanged until they are written:
  /// the way out of a flat buffer without a copy.
  public init(_ name: String, _ dtype: DType, _ shape: [Int], bytes: UnsafeRawBufferPointer) {
    (self.name, self.dtype, self.shape) = (name, dtype, shape)
    source = .raw(bytes)
  }
}

extension OutgoingTensor {
  /// How many bytes the tensor takes in the file.
  func byteCount(path: String) throws(CheckpointError) -> Int {
    switch dtype.byteCount(of: shape) {
    case .overflow: throw tooManyElements(path: path)
    case .partOfByte(let bits):
      throw .partOfByte(file: path, tensor: name, dtype: dtype, shape: shape, bits: bits)
    case .bytes(let expected):
      if case .raw(let bytes) = source, bytes.count != expected {
        throw .givenBytes(file: path, tensor: name, expected: expected, found: bytes.count)
      }
      return expected
    }
  }

  func tooManyElements(path: String) -> CheckpointError {
    .tooManyElements(file: path, tensor: name, dtype: dtype, shape: shape)
  }

  /// Hands the bytes to `write`, piece by piece where they are widened or rounded.
  func forEachPiece(_ write: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch source {
    case .raw(let bytes): try write(bytes)
    case .stored(let file, let info) where info.dtype == dtype:
      try file.withBytes(of: info.name, write)
    case .stored(let file, let info):
      try file.withBytes(of: info.name) { bytes in
        try forEachWidened(bytes, from: info.dtype) { try round($0, write) }
      }
    case .floats(let tensor): try tensor.withPointer { try round($0, write) }
    }
  }

  private func round(
    _ floats: UnsafeBufferPointer<Float>, _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    if dtype == .f32 {
      try write(UnsafeRawBufferPointer(floats))
    } else {
      try forEachRounded(floats, to: dtype, write)
    }
  }
}

/// A file on its way to the disk: written through ``AtomicFile``, whatever the format.
enum OutgoingFile {
  /// Writes what `body` hands over, wholly or not at all.
  static func write(
    to path: String, _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws(CheckpointError) {
    do {
      let file = OpenFile(try AtomicFile(path: path))
      try body { try file.write($0) }
      try file.commit()
    } catch let error as CheckpointError {
      throw error
    } catch let error as BytesError {
      throw .file(error)
    } catch {
      throw .file(.unwritable(path: path, reason: "\(error)"))
    }
  }

  /// An ``AtomicFile`` that several closures can write to.
  private final class OpenFile {
    private var file: AtomicFile?

    init(_ file: consuming AtomicFile) { self.file = consume file }

    func write(_ bytes: UnsafeRawBufferPointer) throws(BytesError) { try file?.write(bytes) }

    func commit() throws(BytesError) { try file.take()?.commit() }
  }

  /// Checks that the tensors have different names, by which `isName` can find them, and no more
  /// dimensions than PyTorch and NumPy have.
  static func check(
    _ tensors: [OutgoingTensor], path: String, isName: (String) -> Bool
  ) throws(CheckpointError) {
    var names: Set<UTF8Key> = []
    let limit = PickleReader.Limit.dimensions
    for tensor in tensors {
      if !isName(tensor.name) || tensor.name.utf8.count > 1 << 15 {
        throw .outgoing(file: path, tensor: tensor.name, problem: .name)
      }
      let dimensions = tensor.shape.count
      if dimensions > limit {
        throw .outgoing(
          file: path, tensor: tensor.name, problem: .dimensions(dimensions, limit: limit))
      }
      guard names.insert(UTF8Key(tensor.name)).inserted else {
        throw .duplicateName(file: path, tensor: tensor.name)
      }
    }
  }
}
