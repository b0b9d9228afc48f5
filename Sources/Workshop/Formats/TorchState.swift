import FoxDecoding
import FoxWeights

/// The dictionary of tensors that a pickle holds (TORCH-2).
package struct TorchState {
  /// Where a state dictionary may be in a larger one, the likeliest first: Lightning's name, that
  /// of PyTorch's tutorials, and another. Checkpoints of a training hold an epoch and an optimizer
  /// beside it.
  private static let wrappers = ["state_dict", "model_state_dict", "model"]
  private static let maximumDepth = 4  // three wrappers, then the dictionary

  /// Names and tensors, in order.
  package let tensors: [(name: String, tensor: TorchTensor)]

  /// Finds the dictionary in `value`.
  package init(_ value: PickleValue, heap: PickleHeap, file: String) throws(Fault) {
    let whole = value
    // `outer` remembers the keys that were seen last, for the fault.
    var (value, outer) = (value, [PickleValue]())
    for _ in 0..<Self.maximumDepth {
      guard let members = heap.members(value) else { break }
      // When there is a state dictionary inside, tensors beside it are a loss or a step, not
      // weights.
      if let inner = Self.inner(members, heap) {
        (value, outer) = (inner, members.map(\.key))
        continue
      }
      // A dictionary with a tensor in it is the one. An empty dictionary is a model without
      // parameters.
      if members.isEmpty || members.contains(where: { $0.value.isTensor }) {
        tensors = try Gathering.tensors(of: value, heap: heap, file: file)
        return
      }
      outer = members.map(\.key)  // neither tensors nor a wrapper: look everywhere
      break
    }
    // A single tensor, a list of them, or an optimizer's state: from the top once more.
    let found = try Gathering.tensors(of: whole, heap: heap, file: file)
    if !found.isEmpty {
      tensors = found
      return
    }
    // The keys often tell what it is: "epoch", "config", …
    let keys = outer.compactMap(\.text)
    throw Fault(
      file, found: keys.isEmpty ? "no dictionary" : "a dictionary of \(shown(keys))",
      expected: "a dictionary of tensors")
  }

  private static func inner(
    _ members: [(key: PickleValue, value: PickleValue)], _ heap: PickleHeap
  ) -> PickleValue? {
    for wrapper in wrappers {
      // Only a dictionary can be inside: a tensor may be called "model" too.
      let member = members.first { $0.key.text == wrapper && heap.members($0.value) != nil }
      if let member { return member.value }
    }
    return nil
  }
}

/// The tensors in a value and in the dictionaries and lists in it, named by the path to them, as
/// `state.0.exp_avg` (TORCH-7). Numbers and texts beside them are not weights.
private struct Gathering {
  private let heap: PickleHeap
  private let file: String
  private var tensors: [(name: String, tensor: TorchTensor)] = []
  private var names: Set<UTF8Key> = []
  private var left: Int  // values that may still be looked at

  static func tensors(
    of value: PickleValue, heap: PickleHeap, file: String
  ) throws(Fault) -> [(name: String, tensor: TorchTensor)] {
    // Depth alone does not bound the work: a pickle of a few bytes can refer to one list a thousand
    // times, and that to another. What was written once is looked at once, so this suffices.
    var gathering = Gathering(heap: heap, file: file, left: max(10_000, heap.count))
    try gathering.walk(value, name: "", depth: 0)
    return gathering.tensors
  }

  private init(heap: PickleHeap, file: String, left: Int) {
    (self.heap, self.file, self.left) = (heap, file, left)
  }

  private mutating func walk(_ value: PickleValue, name: String, depth: Int) throws(Fault) {
    if case .tensor(let tensor) = value {
      let name = name.isEmpty ? "tensor" : name  // alone, at the top: its path is empty
      // A pickle can say SETITEM twice; and {"a.b": t, "a": {"b": u}} are two paths, one name.
      guard names.insert(UTF8Key(name)).inserted else {
        throw .duplicateName(file: file, tensor: name)
      }
      tensors.append((name, tensor))
    }
    if depth == 8 { return }  // an optimizer's state is 3 deep
    let parts = heap.members(value)
    let items = parts == nil ? heap.items(value, .list, .tuple) ?? [] : []
    left -= parts?.count ?? items.count
    if left < 0 { throw tooMany() }
    for (key, item) in parts ?? [] {
      // `{0: tensor}` is named as a list is: "0". Other keys name nothing.
      if let part = key.text ?? key.integer.map(String.init) {
        try walk(item, part, in: name, depth)
      } else if item.isTensor {
        throw Fault(file, found: "a tensor called by \(key.kind)", expected: "a name")
      }
    }
    for (place, item) in items.enumerated() { try walk(item, "\(place)", in: name, depth) }
  }

  private mutating func walk(
    _ item: PickleValue, _ part: String, in name: String, _ depth: Int
  ) throws(Fault) {
    // A tensor's own name may be long. These add up, level by level.
    if depth > 0 || !item.isTensor, part.utf8.count > 256 { throw tooMany() }
    // The path is the name, as `state_dict()` joins modules: part by part, with periods.
    try walk(item, name: name.isEmpty ? part : "\(name).\(part)", depth: depth + 1)
  }

  private func tooMany() -> Fault {
    Fault(
      file, found: "too many values, or too long names, around the tensors",
      expected: "a dictionary of tensors")
  }
}

extension PickleValue {
  fileprivate var isTensor: Bool { if case .tensor = self { true } else { false } }
}

extension Fault {
  /// Two tensors of one name.
  package static func duplicateName(file: String, tensor: String) -> Fault {
    Fault(file, at: "tensor \(shown(tensor))", found: "two of that name", expected: "one")
  }
}
