import FoxWeights

/// # What pickles are made of
///
/// The values on the stack of ``PickleReader``. Tuples, lists and dictionaries are not nested Swift
/// values but numbers of nodes of a ``PickleHeap``: a pickle that refers to itself makes a circle
/// of numbers, not of objects, and one list that is referred to a thousand times is there once.
///
/// Source: torch's `_weights_only_unpickler.py`. Clauses PICK-3 and PICK-6. Has no objects of
/// Python's: there is nothing to call.
package enum PickleValue: Equatable, Sendable {
  case none  // Python's None
  case bool(Bool)
  case integer(Int)
  case number(Double)  // a learning rate, for example
  case text(String)  // names of tensors, keys of storages
  case node(Int)  // a place in the heap
  case global(String)  // a name of the table, before REDUCE gives it arguments
  indirect case storage(TorchStorage)  // large, and few: a value on the stack should be small
  indirect case tensor(TorchTensor)
  case other(String)  // not a tensor and not used: "a set", "a device"

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
    case .other(let words): words
    }
  }

  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var text: String? { if case .text(let value) = self { value } else { nil } }
}

/// What a name of Python code stands for: an entry of the table ``all``.
package enum PickleName: Sendable {
  /// What is made of the arguments; `nil` when they are not what Python's code takes.
  package typealias Make = @Sendable ([PickleValue], inout PickleHeap) -> PickleValue?

  case type(Make)  // for NEWOBJ and REDUCE: `collections OrderedDict`
  case function(Make)  // for REDUCE: `torch._utils _rebuild_tensor_v2`
  case word  // an argument of others: `torch FloatStorage`

  /// The entry that has what BINPERSID does. No name in a pickle is like it: they have two parts.
  package static let persistent = "BINPERSID"
}

/// A storage that a pickle refers to: numbers of one kind, one after the other.
package struct TorchStorage: Equatable, Sendable {
  package let key: String  // "0", "1", …: the record data/0
  package let dtype: DType
  package let count: Int  // of elements
  package var part: Range<Int>?  // the elements to use; only old files say so

  package init(key: String, dtype: DType, count: Int) {
    (self.key, self.dtype, self.count) = (key, dtype, count)
  }
}

/// A tensor that a pickle refers to, not yet checked against its storage: element [i, j] is number
/// `offset + i · strides[0] + j · strides[1]`.
package struct TorchTensor: Equatable, Sendable {
  package let storage: TorchStorage
  package let offset: Int
  package let shape: [Int]  // sizes, from the outermost dimension
  package let strides: [Int]  // in elements: [3, 1] for a [2, 3] in rows

  package init(storage: TorchStorage, offset: Int, shape: [Int], strides: [Int]) {
    (self.storage, self.offset, self.shape, self.strides) = (storage, offset, shape, strides)
  }
}

/// The tuples, lists and dictionaries of a pickle.
package struct PickleHeap: Sendable {
  // `ordered` is an OrderedDict, the only kind that BUILD is for.
  package enum Kind: Sendable { case tuple, list, dictionary, ordered }

  /// In the order in which they were made; none is removed. In the items of a dictionary each key
  /// is followed by its value.
  package private(set) var nodes: [(kind: Kind, items: [PickleValue])] = []
  package private(set) var count = 0  // of items in all nodes

  /// The items of a node of one of the kinds; `nil` when `value` is something else.
  package func items(_ value: PickleValue, _ kinds: Kind...) -> [PickleValue]? {
    // The index is always one that `make` gave out.
    guard case .node(let index) = value, kinds.contains(nodes[index].kind) else { return nil }
    return nodes[index].items
  }

  /// Keys and values of a dictionary, in order; `nil` when `value` is something else.
  package func members(_ value: PickleValue) -> [(key: PickleValue, value: PickleValue)]? {
    items(value, .dictionary, .ordered).map { items in
      // Pairs are whole: the machine refuses an odd number of values.
      stride(from: 0, to: items.count - 1, by: 2).map { (items[$0], items[$0 + 1]) }
    }
  }

  package mutating func make(_ kind: Kind, _ items: [PickleValue]) -> PickleValue {
    nodes.append((kind, []))
    append(items, to: nodes.count - 1)
    return .node(nodes.count - 1)
  }

  mutating func append(_ items: [PickleValue], to index: Int) {
    nodes[index].items += items
    count += items.count
  }
}
