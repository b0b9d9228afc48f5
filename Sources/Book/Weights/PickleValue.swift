/// # What pickles are made of
///
/// The values on the stack of ``PickleReader``. Tuples, lists and dictionaries are not nested Swift
/// values but numbers of nodes of a ``PickleHeap``: a pickle that refers to itself makes a circle
/// of numbers, not of objects, and one list that is referred to a thousand times is there once
/// (PICK-6).
///
/// torch's `_weights_only_unpickler.py`, whose list of names is the model for ``PickleGlobal``;
/// clauses PICK-3, PICK-6 and PICK-7. Has no objects of Python's and no functions: there is nothing
/// to call.
package enum PickleValue: Equatable, Sendable {
  case none  // Python's None
  case bool(Bool)
  case integer(Int)
  case number(Double)  // BINFLOAT: a learning rate, for example
  case text(String)  // names of tensors, keys of storages
  /// An integer of more than 64 bits: its bytes, little-endian. Only the magic number of old files
  /// is one.
  case long([UInt8])
  case node(Int)  // a place in the heap
  case global(PickleGlobal)  // before REDUCE gives it arguments
  // Large, and few: a value on the stack should be small.
  indirect case storage(TorchStorage)
  indirect case tensor(TorchTensor)
  /// Something that is not a tensor and is not used, in the words of a fault.
  case other(String)

  /// What it is, in the words of a fault.
  package var kind: String {
    switch self {
    // Words for "SETITEM on …", so they have their article.
    case .none: "None"
    case .bool: "a boolean"
    case .integer, .long: "an integer"  // Python has integers of one kind only
    case .number: "a number"
    case .text: "a text"
    case .node: "a tuple, list or dictionary"  // the heap would know which, but is not at hand
    case .global: "a name"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .other(let words): words  // "a set", "a device"
    }
  }

  // `nil` for `.long` too: no size is that large.
  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// The names of Python code that a pickle may hold. Each stands for something that the reader does
/// itself: a name is compared with these, never looked up (PICK-3).
package enum PickleGlobal: Equatable, Sendable {
  case orderedDictionary
  case rebuildTensor  // _v2, and its predecessor
  /// Its storage is bytes; the kind of the numbers is an argument.
  case rebuildTypedTensor
  case rebuildParameter
  case size  // torch.Size
  case counter  // a dictionary that counts
  case storage(DType)  // by the kind of number in its name
  /// A kind of numbers; `nil` for those that are not read here.
  case scalarType(DType?)
  /// What may stand beside tensors, as torch's safe reader takes it; nothing is made of it
  /// (PICK-7).
  case other(String)

  /// The meaning of `module.name`; `nil` for every name that is not one of these.
  package init?(module: String, name: String) {
    // Both parts of the name: "os" may have a function called like one of PyTorch's.
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    // Both begin with storage, offset, size and strides.
    case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"):
      self = .rebuildTensor
    // For kinds of numbers that have no storage class, such as uint16.
    case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTypedTensor
    case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter  // nn.Parameter
    case ("collections", "Counter"): self = .counter
    case ("torch", "Size"): self = .size
    // Untyped: bytes, whose kind `_rebuild_tensor_v3` tells.
    case ("torch.storage", "UntypedStorage"): self = .storage(.u8)
    // Complex kinds are known but not read: `nil` inside, which is not the same as absent.
    case ("torch", let name) where Self.scalarTypes[name] != nil:
      self = .scalarType(Self.scalarTypes[name] ?? nil)
    // From the list, not by cutting the name: `torch.QInt8Storage` is quantized and not in it.
    case ("torch", let storage) where storage.hasSuffix("Storage"):
      guard let dtype = Self.storages.first(where: { $0.name == storage })?.dtype else {
        return nil
      }
      self = .storage(dtype)
    // `os.system`, `builtins.eval` and the rest of the world end here.
    default:
      guard let words = Self.others["\(module) \(name)"] else { return nil }
      self = .other(words)
    }
  }

  /// PyTorch's names for storages, in `torch`.
  package static let storages: [(name: String, dtype: DType)] = [
    // One class for each kind, named after C's types: Long has 64 bits, Int 32, Short 16, Char 8.
    ("FloatStorage", .f32), ("DoubleStorage", .f64), ("HalfStorage", .f16),
    ("BFloat16Storage", .bf16), ("LongStorage", .i64), ("IntStorage", .i32),
    ("ShortStorage", .i16), ("CharStorage", .i8), ("ByteStorage", .u8), ("BoolStorage", .bool),
  ]

  /// PyTorch's names for kinds of numbers, in `torch`.
  private static let scalarTypes: [String: DType?] = [
    // PyTorch's names are longer: float8_e4m3fn, the kind without infinities, is safetensors'
    // F8_E4M3.
    "float32": .f32, "float64": .f64, "float16": .f16, "bfloat16": .bf16, "int64": .i64,
    "int32": .i32, "int16": .i16, "int8": .i8, "uint8": .u8, "uint16": .u16, "uint32": .u32,
    "uint64": .u64, "bool": .bool, "complex64": .c64, "float8_e4m3fn": .f8e4m3,
    "float8_e5m2": .f8e5m2, "float8_e4m3fnuz": .f8e4m3fnuz, "float8_e5m2fnuz": .f8e5m2fnuz,
    "float8_e8m0fnu": .f8e8m0, "complex32": nil, "complex128": nil,
  ]

  /// Protocol 2 calls Python's own names those of Python 2.
  private static let others = [
    // bytes have no operation in protocol 2: they are `_codecs.encode(text, "latin1")`.
    "__builtin__ set": "a set", "__builtin__ bytearray": "bytes", "_codecs encode": "bytes",
    "__builtin__ complex": "a complex number", "torch device": "a device",
    "torch.serialization _get_layout": "a layout",
  ]
}

/// A storage that a pickle refers to: numbers of one kind, one after the other.
package struct TorchStorage: Equatable, Sendable {
  package let key: String  // "0", "1", …: the record data/0
  package let dtype: DType
  /// How many elements it has.
  package let count: Int
  /// The part of it to use, in elements; only old files have one.
  package let part: Range<Int>?
}

/// A tensor that a pickle refers to, not yet checked against its storage.
package struct TorchTensor: Equatable, Sendable {
  package let storage: TorchStorage
  package let offset: Int
  package let shape: [Int]  // sizes, from the outermost dimension
  package let strides: [Int]  // in elements: [3, 1] for a [2, 3] in rows
}

/// The tuples, lists and dictionaries of a pickle.
package struct PickleHeap: Equatable, Sendable {
  // `ordered` is an OrderedDict, the only kind that BUILD is for.
  package enum Kind: Equatable, Sendable { case tuple, list, dictionary, ordered }

  private struct Node: Equatable, Sendable {
    let kind: Kind  // never changes: REDUCE makes new nodes
    /// Elements; in dictionaries each key is followed by its value.
    var items: [PickleValue]
    /// How deep the nodes in it nested when they were put there.
    var depth: Int
  }

  private var nodes: [Node] = []  // in the order in which they were made; none is removed

  /// The elements of a node of one of the kinds; `nil` when `value` is something else.
  package func items(_ value: PickleValue, _ kinds: Kind...) -> [PickleValue]? {
    // The index is always one that `make` gave out.
    guard case .node(let index) = value, kinds.contains(nodes[index].kind) else { return nil }
    return nodes[index].items
  }

  /// Keys and values of a dictionary, in order; `nil` when `value` is something else.
  package func members(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    // Pairs are whole: `append` refuses an odd number of values.
    guard let items = items(value, .dictionary, .ordered) else { return nil }
    // From 0 to -1 when empty: no pairs.
    return stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  func kind(of value: PickleValue) -> Kind? {
    if case .node(let index) = value { nodes[index].kind } else { nil }
  }

  func depth(of value: PickleValue) -> Int {
    if case .node(let index) = value { nodes[index].depth } else { 0 }
  }

  mutating func make(_ kind: Kind, _ items: [PickleValue]) -> PickleValue {
    // One more than the deepest of its elements, whose depths are known: no walk.
    nodes.append(Node(kind: kind, items: items, depth: 1 + deepest(items)))
    return .node(nodes.count - 1)
  }

  /// Appends to the node `index`.
  mutating func append(_ items: [PickleValue], to index: Int) {
    nodes[index].items += items
    // Nodes that hold this one do not learn of it. So the depth is a bound for honest pickles, and
    // code that walks a heap counts its own steps (``TorchState``).
    nodes[index].depth = max(nodes[index].depth, 1 + deepest(items))
  }

  private func deepest(_ items: [PickleValue]) -> Int { items.map { depth(of: $0) }.max() ?? 0 }
}
