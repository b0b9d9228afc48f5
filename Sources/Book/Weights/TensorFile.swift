import Foundation
import FoxDecoding
import FoxNumbers

/// # What every weights file gives
///
/// Tensors by name: their kind and shape, their bytes, and their numbers as float32. Each format is
/// a type that says where the bytes are (``SafeTensorsFile``, and more in the Workshop); what
/// follows from that is here, once.
///
/// Bytes that need no change are shown where they lie; everything else is copied, once. The idea is
/// that of `safe_open` in safetensors and of `torch.load(mmap=True)`. Clause SAFE-9.
/// Does not know which tensors a model wants: ``ParameterLoader`` does.
package protocol TensorFile: Sendable {
  /// The path that was opened; the subject of faults.
  var path: String { get }
  /// The tensors, in the order of the file.
  var tensors: [TensorInfo] { get }

  /// What the file says of the tensor called `name`, compared by bytes.
  subscript(name: String) -> TensorInfo? { get }

  /// The elements of one of ``tensors``, row-major and little-endian: where they lie in the file
  /// when they lie so there, else in a copy.
  func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes
}

extension TensorFile {
  /// Calls `body` with the bytes of the tensor called `name`, whatever its kind. They may begin at
  /// any address.
  package func withBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    // `info` throws for a name that is not there.
    let stored = try storedBytes(of: info(name))
    // The owner lives until `body` returns.
    return try stored.withBytes { bytes throws in try body(bytes) }
  }

  /// The tensor called `name` as float32 (SAFE-9).
  ///
  /// F32 at a multiple of 4 bytes is shown where it lies. Everything else is copied: F32 at other
  /// places, F16 and BF16 (exactly), F64 (to the nearest float32, ties to even, beyond its range to
  /// ±∞).
  package func tensor(named name: String) throws(Fault) -> Tensor {
    let tensor = try floatingPoint(name)
    let stored = try storedBytes(of: tensor)
    do {
      // The processor would load a float from any address, but Swift's typed pointers must be
      // aligned. A header padded to 8 bytes makes sure of that in files of today's writers.
      if tensor.dtype == .f32, stored.isAligned(to: MemoryLayout<Float>.alignment) {
        // No number is copied; the tensor keeps the file mapped as long as it lives.
        return try Tensor(stored.bytes, of: stored.owner, shape: tensor.shape)
      }
      _ = try Tensor.count(of: tensor.shape)  // checked before memory is asked for
    } catch {
      // Sizes with a 0 among them: [2, 2⁶², 0] has no bytes, but 2 · 2⁶² does not fit the `Int` in
      // which `Tensor` counts.
      throw .tooManyElements(file: path, tensor)
    }
    return Tensor(shape: tensor.shape) { target in  // [shape], written once, row-major
      stored.withBytes { widen($0, tensor.dtype, to: target) }  // exact for F16 and BF16
    }
  }

  package func info(_ name: String) throws(Fault) -> TensorInfo {
    if let tensor = self[name] { return tensor }  // compared by bytes
    throw Fault(path, found: "no tensor \(shown(name))", expected: "one of that name")
  }

  package func floatingPoint(_ name: String) throws(Fault) -> TensorInfo {
    let tensor = try info(name)
    try checkReadable(tensor)
    return tensor
  }

  /// Checks that ``tensor(named:)`` will read the elements.
  package func checkReadable(_ tensor: TensorInfo) throws(Fault) {
    if tensor.dtype.readsAsFloat { return }  // F16, BF16, F32, F64
    // Two reasons, two hints: floats of 8 bits could be converted by whoever knows their scale;
    // token ids under a weight's name are a mistake.
    let isFloat = tensor.dtype.isFloatingPoint
    throw Fault(
      path, at: "tensor \(shown(tensor.name))", found: tensor.dtype.rawValue,
      expected: isFloat ? "F64, F32, F16 or BF16" : "floating point",
      hint: isFloat ? "convert it to one of these" : nil)
  }

  /// Whether two tensors have the same kind, shape and bytes.
  package func holdSameBytes(_ a: String, _ b: String) throws(Fault) -> Bool {
    // A copy in another precision is not a copy: the two would give different logits.
    guard let a = self[a], let b = self[b], a.dtype == b.dtype, a.shape == b.shape else {
      return false
    }
    let (left, right) = (try storedBytes(of: a), try storedBytes(of: b))
    // Both owners must live at once, hence one call inside the other.
    return left.withBytes { left in
      right.withBytes { right in
        // Tensors without elements may have no address.
        guard let first = left.baseAddress, let second = right.baseAddress,
          left.count == right.count
        else { return left.count == right.count }
        // One storage under two names, without looking at it; else byte by byte.
        return first == second || memcmp(first, second, left.count) == 0
      }
    }
  }
}

extension Fault {
  /// Sizes whose product 64 bits do not hold.
  package static func tooManyElements(file: String, _ tensor: TensorInfo) -> Fault {
    Fault(
      file, at: "tensor \(shown(tensor.name))", found: tensor.words,
      expected: "sizes whose product can be counted")
  }
}
