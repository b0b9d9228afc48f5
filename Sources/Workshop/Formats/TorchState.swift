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
      let found = try Self.tensors(members, file: file)
      if !found.isEmpty || members.isEmpty {
        tensors = found
        return
      }
      outer = members.map(\.key)  // neither tensors nor a wrapper: look everywhere
      break
    }
    // A single tensor, a list of them, or an optimizer's state.
    var gathering = Gathering(heap: heap, file: file)
    // From the top once more, through all dictionaries and lists.
    try gathering.walk(whole, name: "", depth: 0)
    if !gathering.tensors.isEmpty {
      tensors = gathering.tensors
      return
    }
    // The keys often tell what it is: "epoch", "config", …
    let keys = outer.compactMap(\.text)
    throw Fault(
      file, found: keys.isEmpty ? "no dictionary" : "a dictionary of \(shown(keys))",
      expected: "a dictionary of tensors")
  }

  /// The tensors among the members; numbers and texts beside them are not weights.
  private static func tensors(
    _ members: [(key: PickleValue, value: PickleValue)], file: String
  ) throws(Fault) -> [(name: String, tensor: TorchTensor)] {
    var tensors: [(name: String, tensor: TorchTensor)] = []
    var names: Set<UTF8Key> = []
    for (key, value) in members {
      // Steps, configurations, versions: not weights.
      guard case .tensor(let tensor) = value else { continue }
      // `{0: tensor}` is named as a list is: "0".
      guard let name = key.text ?? key.integer.map(String.init) else {
        throw Fault(file, found: "a tensor called by \(key.kind)", expected: "a name")
      }
      // A dictionary in Python has each key once, but a pickle can say SETITEM twice.
      guard names.insert(UTF8Key(name)).inserted else {
        throw .duplicateName(file: file, tensor: name)
      }
      tensors.append((name, tensor))
    }
    return tensors
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

/// The tensors of a pickle that is not a state dictionary: one alone, or any in nested dictionaries
/// and lists, named by the path to them, as `state.0.exp_avg` (TORCH-7).
private struct Gathering {
  let heap: PickleHeap
  let file: String
  private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
  private var names: Set<UTF8Key> = []
  private var left = 10_000  // values that may still be looked at

  init(heap: PickleHeap, file: String) { (self.heap, self.file) = (heap, file) }

  mutating func walk(_ value: PickleValue, name: String, depth: Int) throws(Fault) {
    if case .tensor(let tensor) = value {
      let name = name.isEmpty ? "tensor" : name  // alone, at the top: its path is empty
      // {"a.b": {"c": t}, "a": {"b.c": u}}: two paths, one name.
      guard names.insert(UTF8Key(name)).inserted else {
        throw .duplicateName(file: file, tensor: name)
      }
      tensors.append((name, tensor))
    }
    if depth == 8 { return }  // an optimizer's state is 3 deep
    // Depth alone does not bound this: a pickle of a few bytes can refer to one list a thousand
    // times, and that to another. So values are counted too, before they are looked at.
    let parts = heap.members(value)
    let items = parts == nil ? heap.items(value, .list, .tuple) ?? [] : []
    left -= parts?.count ?? items.count
    if left < 0 { throw tooMany() }
    // Keys that are neither texts nor integers name nothing, and are passed over.
    for (key, item) in parts ?? [] {
      guard let part = key.text ?? key.integer.map(String.init) else { continue }
      try walk(item, part, in: name, depth)
    }
    for (place, item) in items.enumerated() { try walk(item, "\(place)", in: name, depth) }
  }

  private mutating func walk(
    _ item: PickleValue, _ part: String, in name: String, _ depth: Int
  ) throws(Fault) {
    if part.utf8.count > 256 { throw tooMany() }
    // The path is the name, as `state_dict()` joins modules: part by part, with periods.
    try walk(item, name: name.isEmpty ? part : "\(name).\(part)", depth: depth + 1)
  }

  private func tooMany() -> Fault {
    Fault(
      file, found: "more than 10000 values, or longer names, around the tensors",
      expected: "a dictionary of tensors")
  }
}

extension Fault {
  /// Two tensors of one name.
  package static func duplicateName(file: String, tensor: String) -> Fault {
    Fault(file, at: "tensor \(shown(tensor))", found: "two of that name", expected: "one")
  }
}
