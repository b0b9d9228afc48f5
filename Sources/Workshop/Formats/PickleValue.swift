import FoxFiles

/// What a pickle of tensors can be made of. Tuples, lists and dictionaries are nodes of a
/// ``PickleHeap``: a pickle that refers to itself makes a circle of numbers, not of objects.
enum PickleValue: Equatable, Sendable {
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

  /// What it is, in words of ours.
  var kind: String {
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

  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// The names of Python code that a pickle may hold. Each stands for something this room does itself:
/// nothing is looked up, nothing is called (`PICK-3`).
enum PickleGlobal: Equatable, Sendable {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case size
  case storage(DType)

  /// The meaning of `module.name`; `nil` for every name that is not one of these.
  init?(module: String, name: String) {
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
  static let storages: [(name: String, dtype: DType)] = [
    ("FloatStorage", .f32), ("DoubleStorage", .f64), ("HalfStorage", .f16),
    ("BFloat16Storage", .bf16), ("LongStorage", .i64), ("IntStorage", .i32),
    ("ShortStorage", .i16), ("CharStorage", .i8), ("ByteStorage", .u8), ("BoolStorage", .bool),
  ]
}

/// A storage that a pickle refers to.
struct TorchStorage: Equatable, Sendable {
  let key: String
  let dtype: DType
  /// How many elements it has.
  let count: Int
  /// The part that is meant, in elements; old files have it.
  let part: Range<Int>?
}

/// A tensor that a pickle refers to, not checked against its storage.
struct TorchTensor: Equatable, Sendable {
  let storage: TorchStorage
  let offset: Int
  let shape: [Int]
  let strides: [Int]
}

/// The tuples, lists and dictionaries of a pickle.
struct PickleHeap: Equatable, Sendable {
  enum Kind: Equatable, Sendable { case tuple, list, dictionary, ordered }

  struct Node: Equatable, Sendable {
    let kind: Kind
    /// Elements; in dictionaries each key with its value behind it.
    var items: [PickleValue]
    /// How deep the nodes in it nested when they were put there.
    var depth: Int
  }

  private(set) var nodes: [Node] = []

  /// The elements of a node of that kind; `nil` when `value` is none.
  func items(_ value: PickleValue, _ kinds: Kind...) -> [PickleValue]? {
    guard case .node(let index) = value, kinds.contains(nodes[index].kind) else { return nil }
    return nodes[index].items
  }

  /// Keys and values of a dictionary, in order; `nil` when `value` is none.
  func members(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    guard let items = items(value, .dictionary, .ordered) else { return nil }
    return stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  func kind(of value: PickleValue) -> Kind? {
    if case .node(let index) = value { nodes[index].kind } else { nil }
  }

  func depth(of value: PickleValue) -> Int {
    if case .node(let index) = value { nodes[index].depth } else { 0 }
  }

  mutating func make(_ kind: Kind, _ items: [PickleValue] = []) -> PickleValue {
    nodes.append(Node(kind: kind, items: items, depth: 1 + deepest(items)))
    return .node(nodes.count - 1)
  }

  /// Appends to the node `index`.
  mutating func append(_ items: ArraySlice<PickleValue>, to index: Int) {
    let depth = 1 + deepest(Array(items))
    nodes[index].items += items
    nodes[index].depth = max(nodes[index].depth, depth)
  }

  private func deepest(_ items: [PickleValue]) -> Int {
    items.lazy.map { depth(of: $0) }.max() ?? 0
  }
}
