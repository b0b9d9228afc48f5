/// What a pickle of tensors can be made of. Tuples, lists and dictionaries are numbers of nodes of a
/// ``PickleHeap``: a pickle that refers to itself makes a circle of numbers, not of objects (PICK-6).
package enum PickleValue: Equatable, Sendable {
  case none
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  /// An integer of more than 64 bits: its bytes, little-endian.
  case long([UInt8])
  case node(Int)
  case global(PickleGlobal)
  // Large, and few: a value on the stack should be small.
  indirect case storage(TorchStorage)
  indirect case tensor(TorchTensor)

  /// What it is, in the words of a fault.
  package var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a boolean"
    case .integer, .long: "an integer"
    case .number: "a number"
    case .text: "a text"
    case .node: "a tuple, list or dictionary"
    case .global: "a name"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }

  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// The names of Python code that a pickle may hold. Each stands for something that the reader does
/// itself: a name is compared with these, never looked up (PICK-3).
package enum PickleGlobal: Equatable, Sendable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case size
  case storage(DType)

  /// The meaning of `module.name`; `nil` for every name that is not one of these.
  package init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"):
      self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch.storage", "UntypedStorage"): self = .storage(.u8)
    case ("torch", let storage):
      guard let dtype = Self.storages.first(where: { $0.name == storage })?.dtype else {
        return nil
      }
      self = .storage(dtype)
    default: return nil
    }
  }

  /// PyTorch's names for storages, in `torch`.
  package static let storages: [(name: String, dtype: DType)] = [
    ("FloatStorage", .f32), ("DoubleStorage", .f64), ("HalfStorage", .f16),
    ("BFloat16Storage", .bf16), ("LongStorage", .i64), ("IntStorage", .i32),
    ("ShortStorage", .i16), ("CharStorage", .i8), ("ByteStorage", .u8), ("BoolStorage", .bool),
  ]
}

/// A storage that a pickle refers to: numbers of one kind, one after the other.
package struct TorchStorage: Equatable, Sendable {
  package let key: String
  package let dtype: DType
  /// How many elements it has.
  package let count: Int
  /// The part that is meant, in elements; old files have it.
  package let part: Range<Int>?
}

/// A tensor that a pickle refers to, not yet checked against its storage.
package struct TorchTensor: Equatable, Sendable {
  package let storage: TorchStorage
  package let offset: Int
  package let shape: [Int]
  package let strides: [Int]
}

/// The tuples, lists and dictionaries of a pickle.
package struct PickleHeap: Equatable, Sendable {
  package enum Kind: Equatable, Sendable { case tuple, list, dictionary, ordered }

  private struct Node: Equatable, Sendable {
    let kind: Kind
    /// Elements; in dictionaries each key is followed by its value.
    var items: [PickleValue]
    /// How deep the nodes in it nested when they were put there.
    var depth: Int
  }

  private var nodes: [Node] = []

  /// The elements of a node of one of the kinds; `nil` when `value` is something else.
  package func items(_ value: PickleValue, _ kinds: Kind...) -> [PickleValue]? {
    guard case .node(let index) = value, kinds.contains(nodes[index].kind) else { return nil }
    return nodes[index].items
  }

  /// Keys and values of a dictionary, in order; `nil` when `value` is something else.
  package func members(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    guard let items = items(value, .dictionary, .ordered) else { return nil }
    return stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  func kind(of value: PickleValue) -> Kind? {
    if case .node(let index) = value { nodes[index].kind } else { nil }
  }

  func depth(of value: PickleValue) -> Int {
    if case .node(let index) = value { nodes[index].depth } else { 0 }
  }

  mutating func make(_ kind: Kind, _ items: [PickleValue]) -> PickleValue {
    nodes.append(Node(kind: kind, items: items, depth: 1 + deepest(items)))
    return .node(nodes.count - 1)
  }

  /// Appends to the node `index`.
  mutating func append(_ items: [PickleValue], to index: Int) {
    nodes[index].items += items
    nodes[index].depth = max(nodes[index].depth, 1 + deepest(items))
  }

  private func deepest(_ items: [PickleValue]) -> Int { items.map { depth(of: $0) }.max() ?? 0 }
}
