import CFoxKernels
import FoxDecoding
import FoxFiles
import FoxNumbers
import FoxWeights

/// The kinds of numbers that float32 weights can be stored as.
package enum StoredFloat: String, CaseIterable, Sendable {
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
package struct OutgoingTensor {
  /// The name in the file.
  package let name: String
  /// The kind of its elements in the file.
  package let dtype: DType
  /// The size of each dimension; `[]` is a scalar.
  package let shape: [Int]
  private let source: Source

  private enum Source {
    case floats(Tensor)
    case stored(any TensorFile, TensorInfo)
    case raw(UnsafeRawBufferPointer)
  }

  /// Float32 numbers, stored as they are or rounded.
  package init(_ name: String, _ tensor: Tensor, as stored: StoredFloat = .f32) {
    (self.name, dtype, shape) = (name, stored.dtype, tensor.shape)
    source = .floats(tensor)
  }

  /// A tensor of another file: bytes unchanged, or, of the kinds that are read as float32 and when
  /// `stored` says so, widened and rounded.
  package init(
    copying name: String, of file: any TensorFile, as stored: StoredFloat? = nil
  ) throws(Fault) {
    let info = try file.info(name)
    (self.name, shape) = (name, info.shape)
    dtype = info.dtype.readsAsFloat ? stored?.dtype ?? info.dtype : info.dtype
    source = .stored(file, info)
  }

  /// Bytes of any dtype, little-endian, which must stay valid and unchanged until they are written:
  /// the way out of a flat buffer without a copy.
  package init(_ name: String, _ dtype: DType, _ shape: [Int], bytes: UnsafeRawBufferPointer) {
    (self.name, self.dtype, self.shape) = (name, dtype, shape)
    source = .raw(bytes)
  }
}

extension OutgoingTensor {
  /// How many bytes the tensor takes in the file.
  func byteCount(path: String) throws(Fault) -> Int {
    guard let bits = dtype.bitCount(of: shape) else { throw tooManyElements(path: path) }
    if bits % 8 != 0 {
      throw fault("\(bits) bits of \(dtype.rawValue) \(shown(shape))", "whole bytes", path: path)
    }
    let expected = Int(bits / 8)
    if case .raw(let bytes) = source, bytes.count != expected {
      throw fault("\(bytes.count) bytes", "\(expected) bytes", path: path)
    }
    return expected
  }

  func tooManyElements(path: String) -> Fault {
    .tooManyElements(
      file: path, TensorInfo(name: name, dtype: dtype, shape: shape, byteRange: 0..<0))
  }

  /// The format has no numbers of that kind.
  func cannotBeHeld(by format: String, path: String) -> Fault {
    fault(
      dtype.rawValue, "numbers that \(format) has",
      hint: "convert to f32, or write safetensors", path: path)
  }

  fileprivate func fault(
    _ found: String, _ expected: String, hint: String? = nil, path: String
  ) -> Fault {
    Fault(path, at: "tensor \(shown(name))", found: found, expected: expected, hint: hint)
  }

  /// Hands the bytes to `write`, piece by piece where they are widened or rounded.
  func forEachPiece(_ write: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch source {
    case .raw(let bytes): try write(bytes)
    case .stored(let file, let info) where info.dtype == dtype:
      try file.storedBytes(of: info).withBytes { bytes throws in try write(bytes) }
    case .stored(let file, let info):
      try file.storedBytes(of: info).withBytes { bytes throws in
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
  ) throws(Fault) {
    do {
      let file = OpenFile(try AtomicFile(path: path))
      try body { try file.write($0) }
      try file.commit()
    } catch let fault as Fault {
      throw fault
    } catch {
      throw .unwritable(path: path, reason: "\(error)")
    }
  }

  /// An ``AtomicFile`` that several closures can write to.
  private final class OpenFile {
    private var file: AtomicFile?

    init(_ file: consuming AtomicFile) { self.file = consume file }

    func write(_ bytes: UnsafeRawBufferPointer) throws(Fault) { try file?.write(bytes) }

    func commit() throws(Fault) { try file.take()?.commit() }
  }

  /// Checks that the tensors have different names, by which `isName` can find them, and no more
  /// dimensions than PyTorch and NumPy have.
  static func check(
    _ tensors: [OutgoingTensor], path: String, isName: (String) -> Bool
  ) throws(Fault) {
    var names: Set<UTF8Key> = []
    let limit = StridedView.maximumDimensions
    for tensor in tensors {
      if !isName(tensor.name) || tensor.name.utf8.count > 1 << 15 {
        throw tensor.fault(
          "its name", "one that the format can hold", hint: "write safetensors", path: path)
      }
      let dimensions = tensor.shape.count
      if dimensions > limit {
        throw tensor.fault("\(dimensions) dimensions", "at most \(limit)", path: path)
      }
      guard names.insert(UTF8Key(tensor.name)).inserted else {
        throw .duplicateName(file: path, tensor: tensor.name)
      }
    }
  }
}

// MARK: - Rounding

/// Calls `body` with each piece of `source` rounded to `dtype`, F16 or BF16, to nearest, ties to
/// even.
private func forEachRounded(
  _ source: UnsafeBufferPointer<Float>, to dtype: DType,
  _ body: (UnsafeRawBufferPointer) throws -> Void
) rethrows {
  guard let start = source.baseAddress else { return }
  let kernel = dtype == .f16 ? fox_f32_to_f16 : fox_f32_to_bf16
  // A buffer that stays in the processor's cache.
  let capacity = 32_768
  let halves = UnsafeMutablePointer<UInt16>.allocate(capacity: capacity)
  defer { halves.deallocate() }
  for first in stride(from: 0, to: source.count, by: capacity) {
    let piece = min(capacity, source.count - first)
    kernel(start + first, halves, piece)
    try body(UnsafeRawBufferPointer(start: halves, count: 2 * piece))
  }
}

/// Calls `body` with each piece of stored numbers as float32.
private func forEachWidened(
  _ bytes: UnsafeRawBufferPointer, from dtype: DType,
  _ body: (UnsafeBufferPointer<Float>) throws -> Void
) rethrows {
  let (capacity, size) = (32_768, dtype.bits / 8)
  let floats = UnsafeMutablePointer<Float>.allocate(capacity: capacity)
  defer { floats.deallocate() }
  for start in stride(from: 0, to: bytes.count, by: capacity * size) {
    let piece = bytes[start..<min(start + capacity * size, bytes.count)]
    widen(UnsafeRawBufferPointer(rebasing: piece), dtype, to: floats)
    try body(UnsafeBufferPointer(start: floats, count: piece.count / size))
  }
}
