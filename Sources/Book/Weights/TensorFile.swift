import FoxDecoding
import FoxNumbers

/// # What every weights file gives
///
/// Tensors by name: their kind and shape, their bytes, and their numbers as float32. Each format is
/// a type that says where the bytes are (``SafeTensorsFile``, and more in the Workshop); the rest
/// is here, once.
///
/// Source: `safe_open` of safetensors, `torch.load(mmap=True)`. Clause SAFE-9. Does not know which
/// tensors a model wants: ``ParameterLoader`` does.
package protocol TensorFile: Sendable {
  var path: String { get }  // the subject of faults
  var tensors: [TensorInfo] { get }  // in the order of the file
  /// What the file says of the tensor called `name`, compared by bytes.
  subscript(name: String) -> TensorInfo? { get }
  /// The elements of one of ``tensors``, row-major and little-endian: where they lie in the file
  /// when they lie so there, else in a copy.
  func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes
}

extension TensorFile {
  /// The tensor called `name` as float32: shown where it lies if it is F32 at a multiple of 4
  /// bytes, else copied by ``widen(_:_:to:)``.
  package func tensor(named name: String) throws(Fault) -> Tensor {
    let tensor = try floatingPoint(name)
    let stored = try storedBytes(of: tensor)  // inflated here, if the format compresses
    do {
      // The processor would load a float from any address, but Swift's typed pointers must be
      // aligned. Today's writers pad the header to 8 bytes, which makes sure of that.
      if tensor.dtype == .f32, stored.isAligned(to: MemoryLayout<Float>.alignment) {
        // No number is copied; the tensor keeps the file mapped as long as it lives.
        return try Tensor(stored.bytes, of: stored.owner, shape: tensor.shape)
      }
      _ = try Tensor.count(of: tensor.shape)  // checked before memory is asked for
    } catch {
      // [2, 2⁶², 0] has no bytes, but 2 · 2⁶² does not fit the `Int` in which `Tensor` counts.
      throw .tooManyElements(file: path, tensor)
    }
    return Tensor(shape: tensor.shape) { target in  // [shape], written once, row-major
      stored.withBytes { widen($0, tensor.dtype, to: target) }  // the one copy there is
    }
  }

  package func info(_ name: String) throws(Fault) -> TensorInfo {
    if let tensor = self[name] { return tensor }  // compared by bytes
    throw Fault(path, found: "no tensor \(shown(name))", expected: "one of that name")
  }

  /// What the file says of a tensor that ``tensor(named:)`` can read.
  package func floatingPoint(_ name: String) throws(Fault) -> TensorInfo {
    let tensor = try info(name)
    if tensor.dtype.readsAsFloat { return tensor }  // F16, BF16, F32, F64
    // Floats of 8 bits could be converted by whoever knows their scale; token ids under a weight's
    // name are a mistake.
    let isFloat = tensor.dtype.rawValue.hasPrefix("F")
    throw Fault(
      path, at: "tensor \(shown(name))", found: tensor.dtype.rawValue,
      expected: isFloat ? "F64, F32, F16 or BF16" : "floating point")
  }

  /// Whether two tensors have the same kind, shape and bytes.
  package func holdSameBytes(_ a: String, _ b: String) throws(Fault) -> Bool {
    // Two precisions of one tensor are not copies: they would give different logits.
    guard let a = self[a], let b = self[b], a.dtype == b.dtype, a.shape == b.shape else {
      return false
    }
    let (left, right) = (try storedBytes(of: a), try storedBytes(of: b))
    // One call inside the other, so that both owners live.
    return left.withBytes { left in right.withBytes { left.holdsSame(as: $0) } }
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
