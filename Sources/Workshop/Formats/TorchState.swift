import FoxFiles

/// The dictionary of tensors that a pickle holds (`TORCH-2`).
struct TorchState {
  /// Where a state dictionary may be in a larger one, the likeliest first.
  private static let wrappers = ["state_dict", "model_state_dict", "model"]
  private static let maximumDepth = 4

  /// Names and tensors, in order.
  let tensors: [(name: String, tensor: TorchTensor)]

  /// Finds the dictionary in `value`.
  init(_ value: PickleValue, heap: PickleHeap, file: String) throws(CheckpointError) {
    var (value, outer) = (value, [PickleValue]())
    for _ in 0..<Self.maximumDepth {
      guard let members = heap.members(value) else { break }
      // A state dictionary has tensors only: beside one, tensors are a loss or a step.
      if let inner = Self.inner(members, heap) {
        (value, outer) = (inner, members.map(\.key))
        continue
      }
      let found = try Self.tensors(members, file: file)
      if !found.isEmpty || members.isEmpty {
        tensors = found
        return
      }
      outer = members.map(\.key)
      break
    }
    let keys = outer.compactMap(\.text)
    throw .torch(file: file, problem: .noStateDictionary(keys: keys))
  }

  /// The tensors among the members; numbers and texts beside them are no weights.
  private static func tensors(
    _ members: [(key: PickleValue, value: PickleValue)], file: String
  ) throws(CheckpointError) -> [(name: String, tensor: TorchTensor)] {
    var tensors: [(name: String, tensor: TorchTensor)] = []
    var names: Set<UTF8Key> = []
    for (key, value) in members {
      guard case .tensor(let tensor) = value else { continue }
      guard let name = key.text else {
        throw .torch(file: file, problem: .name(found: key.kind))
      }
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
      let member = members.first { $0.key.text == wrapper && heap.members($0.value) != nil }
      if let member { return member.value }
    }
    return nil
  }
}
