/// # What pickles are made of
///
/// The values on the stack of ``PickleReader``, and the table of names that it knows. Tuples, lists
/// and dictionaries are not nested Swift values but numbers of nodes of a ``PickleHeap``: a pickle
/// that refers to itself makes a circle of numbers, not of objects, and one list that is referred
/// to a thousand times is there once (PICK-6).
///
/// torch's `_weights_only_unpickler.py`, whose list of names is the model for ``PickleName``;
/// clauses PICK-3, PICK-4 and PICK-6. Has no objects of Python's: there is nothing to call.
package enum PickleValue: Equatable, Sendable {
  case none  // Python's None
  case bool(Bool)
  case integer(Int)
  case number(Double)  // BINFLOAT: a learning rate, for example
  case text(String)  // names of tensors, keys of storages
  case node(Int)  // a place in the heap
  case global(String)  // a name of the table, before REDUCE gives it arguments
  // Large, and few: a value on the stack should be small.
  indirect case storage(TorchStorage)
  indirect case tensor(TorchTensor)
  /// Something that is not a tensor and is not used, in the words of a fault.
  case other(String)

  /// What it is, in the words of a fault.
  package var kind: String {
    switch self {
    case .none: "None"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .text: "a text"
    case .node: "a tuple, list or dictionary"  // the heap would know which, but is not at hand
    case .global: "a name"
    case .storage: "a storage"
    case .tensor: "a tensor"
    case .other(let words): words  // "a set", "a device"
    }
  }

  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// What a name of Python code stands for. A name is compared with those of a table, never looked up
/// (PICK-3).
package enum PickleName: Sendable {
  /// What is made of the arguments; `nil` when they are not what Python's code takes.
  package typealias Make = @Sendable ([PickleValue], inout PickleHeap) -> PickleValue?

  case type(Make)  // for NEWOBJ and REDUCE
  case function(Make)  // for REDUCE
  case word  // an argument of others

  /// The name under which the table has what BINPERSID does. No name in a pickle is like it.
  package static let persistent = "BINPERSID"

  /// The names in the state dictionary of a model, module and name.
  package static let core: [String: PickleName] = storages.mapValues { _ in .word }.merging([
    "collections OrderedDict": .type { arguments, heap in
      arguments.isEmpty ? heap.make(.ordered, []) : nil  // filled later, by SETITEMS
    },
    persistent: .function { parts, heap in TorchStorage(parts).map(PickleValue.storage) },
    // `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`.
    "torch._utils _rebuild_tensor_v2": .function { arguments, heap in
      // Hooks would be Python code, so there must be none.
      guard arguments.count == 6, heap.items(arguments[5], .ordered)?.isEmpty == true else {
        return nil
      }
      return TorchTensor(arguments, heap).map(PickleValue.tensor)
    },
  ]) { _, name in name }

  /// PyTorch's classes of storages, one for each kind of numbers, named after C's types: Long has 64
  /// bits, Int 32, Short 16, Char 8. `torch.QInt8Storage` is quantized, and not here.
  package static let storages: [String: DType] = [
    "torch FloatStorage": .f32, "torch DoubleStorage": .f64, "torch HalfStorage": .f16,
    "torch BFloat16Storage": .bf16, "torch LongStorage": .i64, "torch IntStorage": .i32,
    "torch ShortStorage": .i16, "torch CharStorage": .i8, "torch ByteStorage": .u8,
    "torch BoolStorage": .bool,
  ]
}

/// A storage that a pickle refers to: numbers of one kind, one after the other.
package struct TorchStorage: Equatable, Sendable {
  package let key: String  // "0", "1", …: the record data/0
  package let dtype: DType
  /// How many elements it has.
  package let count: Int
  /// The part of it to use, in elements; only old files have one.
  package var part: Range<Int>?

  package init(key: String, dtype: DType, count: Int) {
    (self.key, self.dtype, self.count) = (key, dtype, count)
  }

  /// `('storage', type, key, device, elements)`: `('storage', FloatStorage, '0', 'cpu', 6)`.
  package init?(_ parts: [PickleValue], classes: [String: DType] = PickleName.storages) {
    // The device is ignored: a model from a GPU is read as well.
    guard parts.count == 5, parts[0].text == "storage", case .global(let name) = parts[1],
      let dtype = classes[name], let key = parts[2].text, let count = parts[4].integer, count >= 0
    else { return nil }
    self.init(key: key, dtype: dtype, count: count)
  }
}

/// A tensor that a pickle refers to, not yet checked against its storage: element [i, j] is number
/// `offset + i · strides[0] + j · strides[1]`.
package struct TorchTensor: Equatable, Sendable {
  package static let maximumDimensions = 64  // PyTorch's own bound

  package let storage: TorchStorage
  package let offset: Int
  package let shape: [Int]  // sizes, from the outermost dimension
  package let strides: [Int]  // in elements: [3, 1] for a [2, 3] in rows

  package init(storage: TorchStorage, offset: Int, shape: [Int], strides: [Int]) {
    (self.storage, self.offset) = (storage, offset)
    (self.shape, self.strides) = (shape, strides)
  }

  /// `(storage, offset, size, stride, …)`.
  package init?(_ arguments: [PickleValue], _ heap: PickleHeap) {
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      let offset = arguments[1].integer, let shape = heap.integers(arguments[2]),
      let strides = heap.integers(arguments[3])
    else { return nil }
    self.init(storage: storage, offset: offset, shape: shape, strides: strides)
  }
}

/// The tuples, lists and dictionaries of a pickle.
package struct PickleHeap: Sendable {
  // `ordered` is an OrderedDict, the only kind that BUILD is for.
  package enum Kind: Equatable, Sendable { case tuple, list, dictionary, ordered }

  // In the order in which they were made; none is removed. In the items of a dictionary each key is
  // followed by its value.
  private var nodes: [(kind: Kind, items: [PickleValue])] = []
  /// How many items were put into nodes.
  package private(set) var count = 0

  package var nodeCount: Int { nodes.count }  // nodes are numbered from 0

  /// The items of a node.
  package func items(of node: Int) -> [PickleValue] { nodes[node].items }

  /// The items of a node of one of the kinds; `nil` when `value` is something else.
  package func items(_ value: PickleValue, _ kinds: Kind...) -> [PickleValue]? {
    // The index is always one that `make` gave out.
    guard case .node(let index) = value, kinds.contains(nodes[index].kind) else { return nil }
    return nodes[index].items
  }

  /// Keys and values of a dictionary, in order; `nil` when `value` is something else.
  package func members(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    // Pairs are whole: `append` refuses an odd number of values. From 0 to -1 when empty.
    guard let items = items(value, .dictionary, .ordered) else { return nil }
    return stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
  }

  /// The integers of a tuple or list, as sizes and strides are; `nil` for everything else.
  package func integers(_ value: PickleValue) -> [Int]? {
    guard let items = items(value, .tuple, .list), items.count <= TorchTensor.maximumDimensions
    else { return nil }
    let integers = items.compactMap(\.integer)
    return integers.count == items.count ? integers : nil
  }

  func kind(of value: PickleValue) -> Kind? {
    if case .node(let index) = value { nodes[index].kind } else { nil }
  }

  package mutating func make(_ kind: Kind, _ items: [PickleValue]) -> PickleValue {
    nodes.append((kind, items))
    count += items.count
    return .node(nodes.count - 1)
  }

  /// Appends to the node `index`.
  mutating func append(_ items: [PickleValue], to index: Int) {
    nodes[index].items += items
    count += items.count
  }
}
