import FoxDecoding

/// # Parameters
///
/// A model in training is one long list of numbers, and so is its gradient. Named parts of the
/// lists are the tensors of the state dictionary.
///
///     values       [ wte …………… | wpe …… | h.0.ln_1.weight | h.0.ln_1.bias | … ]      θ
///     gradients    [ wte …………… | wpe …… | h.0.ln_1.weight | h.0.ln_1.bias | … ]      ∂loss/∂θ
///
/// The gradient of a value lies at the same index as the value. Because everything lies in one
/// piece, the optimizer, the norm of the gradient and a checkpoint are one loop each.
///
/// Source: `named_parameters` of `torch.nn.Module`, which gives the names and their order; FSDP's
/// `FlatParameter`, which lays them out as it is done here. SPEC `LAYER-5`. It does not know which
/// layers use which part, and it trains only in float32. Whoever holds this writes it.
public final class Parameters {
  /// A named part of the buffers.
  package struct Entry: Sendable, Equatable {
    /// The name in the state dictionary of the reference, such as `transformer.h.0.ln_1.weight`.
    package let name: String
    /// The size of each dimension.
    package let shape: [Int]
    /// Where its numbers lie.
    package let range: Range<Int>
  }

  /// All parts, in the order of the state dictionary, without gaps.
  package let entries: [Entry]
  /// The values, `[count]`.
  package let values: FloatBuffer
  /// The gradients, `[count]`, which backward passes add to.
  package let gradients: FloatBuffer
  private let byName: [String: Entry]

  // More numbers fit no memory: with the optimizer's two moments, 16 bytes for each are 2⁴⁷, all
  // that a process can address.
  private static let most = 1 << 43

  /// Parameters of the given names and shapes, all 0.
  ///
  /// - Throws: ``Fault`` for sizes that cannot be counted, or whose numbers fit no memory.
  public init(_ parameters: [(name: String, shape: [Int])]) throws(Fault) {
    var entries: [Entry] = []
    var start = 0  // part after part, each beginning where the last one ends
    for (name, shape) in parameters {
      // Shapes come from a configuration file: their sum may overflow even if no product does.
      let (end, overflow) = start.addingReportingOverflow(try Tensor.count(of: shape))
      if overflow || end > Self.most {
        throw .badShape(
          shape, of: "the parameter \(name)", expected: "at most 2⁴³ numbers in all parameters")
      }
      entries.append(Entry(name: name, shape: shape, range: start..<end))  // no gap before it
      start = end
    }
    self.entries = entries
    // A name that is given twice means its first part.
    byName = Dictionary(entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    // Backward passes add, so gradients have to start at 0. They cost as much memory as the values.
    (values, gradients) = (FloatBuffer(count: start), FloatBuffer(count: start))
  }

  /// How many numbers there are.
  package var count: Int { values.count }

  /// The part of a name.
  package subscript(name: String) -> Entry? { byName[name] }

  /// The values of a part, as they are now and will be: a view, not a copy.
  package func tensor(_ entry: Entry) throws(Fault) -> Tensor {
    // It shows every step of the optimizer, unlike other tensors, which never change.
    // An entry of another model may not fit: then this is a `Fault` and not other memory.
    let rest = max(0, count - entry.range.lowerBound)
    let part = UnsafeBufferPointer(start: values.pointer + (count - rest), count: rest)
    return try Tensor(UnsafeRawBufferPointer(part), of: values, shape: entry.shape)
  }

  /// Sets all gradients to 0.
  package func clearGradients() {
    // Threads clear a part each: at 124 million numbers this is 0.5 GB to write.
    let start = gradients.pointer
    Operations.current.ranges(count, 1 << 16) { range in
      (start + range.lowerBound).update(repeating: 0, count: range.count)
    }
  }

  /// Where the gradient of a value lies, given where the value lies: at the same index.
  ///
  /// Asking for that of a value that is not one of these is a mistake of the programmer.
  package func gradient(of value: UnsafePointer<Float>) -> UnsafeMutablePointer<Float> {
    let index = value - UnsafePointer(values.pointer)  // in numbers, not in bytes
    // Without this check the pointer of another model's weight would lead into memory that is not
    // ours. An index of `count` is a part without numbers at the very end.
    precondition(index >= 0 && index <= count, "this value has no gradient here")
    return gradients.pointer + index  // the same place in the other list
  }

  /// The gradient of a matrix of weights, in its shape. BF16 has none: nothing is trained in it.
  package func gradient(of weight: Weight) -> Matrix {
    guard case .f32(let start) = weight.stored else {
      preconditionFailure("weights in BF16 have no gradient")
    }
    // As the checkpoint stores it: [in, out] or [out, in].
    return Matrix(gradient(of: start), weight.shape[0], weight.shape[1])
  }
}
