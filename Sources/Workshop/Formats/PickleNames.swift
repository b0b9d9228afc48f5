import FoxDecoding
import FoxWeights

/// # PyTorch's names
///
/// What `torch.load(weights_only=True)` lets stand in a checkpoint, in the table that the machine
/// compares names with (`PICK-3`, `PICK-4`, `PICK-7`, `PICK-8`).
extension PickleName {
  static let all: [String: PickleName] = tensors.merging(words) { name, _ in name }
    .merging(others.mapValues { words in .function { _, _ in .other(words) } }) { name, _ in name }

  private static let words: [String: PickleName] =
    storages.merging(["torch.storage UntypedStorage": .u8]) { name, _ in name }
    .mapValues { _ in .word }.merging(scalarTypes.mapValues { _ in .word }) { name, _ in name }

  private static let tensors: [String: PickleName] = [
    "collections OrderedDict": .type { arguments, heap in
      pairs(arguments, heap).map { heap.make(.ordered, $0) }
    },
    // `torch.Size([2, 3])`: a tuple to us.
    "torch Size": .type { arguments, heap in
      guard arguments.count == 1, let sizes = heap.items(arguments[0], .tuple, .list) else {
        return nil
      }
      return heap.make(.tuple, sizes)
    },
    // Counter() or Counter({…}): its counts are a dictionary. Learning-rate schedulers have one.
    "collections Counter": .function { arguments, heap in
      let counts = arguments.isEmpty ? [] : heap.items(arguments[0], .dictionary)
      return arguments.count < 2 ? counts.map { heap.make(.dictionary, $0) } : nil
    },
    persistent: .function { parts, heap in storage(parts, heap).map(PickleValue.storage) },
    "torch._utils _rebuild_tensor": .function(tensor),
    "torch._utils _rebuild_tensor_v2": .function(tensor),
    "torch._utils _rebuild_tensor_v3": .function { arguments, heap in
      typedTensor(arguments, heap).map(PickleValue.tensor)
    },
    // `_rebuild_parameter(data, requires_grad, hooks)`: a parameter is its tensor.
    "torch._utils _rebuild_parameter": .function { arguments, heap in
      guard case .tensor? = arguments.first, arguments.count == 3,
        isPlain(arguments.dropFirst(), heap)
      else { return nil }
      return arguments[0]
    },
  ]

  /// PyTorch's classes of storages, one for each kind of numbers, named after C's types: Long has
  /// 64 bits, Int 32, Short 16, Char 8. `torch.QInt8Storage` is quantized, and not here.
  static let storages: [String: DType] = [
    "torch FloatStorage": .f32, "torch DoubleStorage": .f64, "torch HalfStorage": .f16,
    "torch BFloat16Storage": .bf16, "torch LongStorage": .i64, "torch IntStorage": .i32,
    "torch ShortStorage": .i16, "torch CharStorage": .i8, "torch ByteStorage": .u8,
    "torch BoolStorage": .bool,
  ]

  /// PyTorch's names for kinds of numbers; complex kinds other than one are known but not read.
  private static let scalarTypes: [String: DType?] = [
    "torch float32": .f32, "torch float64": .f64, "torch float16": .f16, "torch bfloat16": .bf16,
    "torch int64": .i64, "torch int32": .i32, "torch int16": .i16, "torch int8": .i8,
    "torch uint8": .u8, "torch uint16": .u16, "torch uint32": .u32, "torch uint64": .u64,
    "torch bool": .bool, "torch complex64": .c64, "torch float8_e4m3fn": .f8e4m3,
    "torch float8_e5m2": .f8e5m2, "torch float8_e4m3fnuz": .f8e4m3fnuz,
    "torch float8_e5m2fnuz": .f8e5m2fnuz, "torch float8_e8m0fnu": .f8e8m0,
    "torch complex32": nil, "torch complex128": nil,
  ]

  /// What stands beside tensors and is skipped. Protocol 2 calls Python's own names those of
  /// Python 2, and has no operation for bytes: they are `_codecs.encode(text, "latin1")`.
  private static let others = [
    "__builtin__ set": "a set", "__builtin__ bytearray": "bytes", "_codecs encode": "bytes",
    "__builtin__ complex": "a complex number", "torch device": "a device",
    "torch.serialization _get_layout": "a layout",
  ]
}

// MARK: - What is made of arguments

extension PickleName {
  /// What an OrderedDict is made of: nothing, or, by Python 2, one list of pairs.
  private static func pairs(_ arguments: [PickleValue], _ heap: PickleHeap) -> [PickleValue]? {
    if arguments.isEmpty { return [] }
    guard arguments.count == 1, let list = heap.items(arguments[0], .list) else { return nil }
    // What is not a pair has no two elements.
    let pairs = list.map { heap.items($0, .list, .tuple) ?? [] }
    return pairs.allSatisfy { $0.count == 2 } ? pairs.flatMap { $0 } : nil
  }

  /// `('storage', type, key, device, elements)`, and in old files the part to use:
  /// `(key, offset, elements)` or None. The device is ignored: a model from a GPU is read as well.
  private static func storage(_ parts: [PickleValue], _ heap: PickleHeap) -> TorchStorage? {
    guard (5...6).contains(parts.count), parts[0].text == "storage",
      case .global(let name) = parts[1],
      // Untyped: bytes, whose kind `_rebuild_tensor_v3` tells.
      let dtype = name == "torch.storage UntypedStorage" ? .u8 : storages[name],
      let key = parts[2].text, let count = parts[4].integer, count >= 0
    else { return nil }
    var storage = TorchStorage(key: key, dtype: dtype, count: count)
    if parts.count == 5 || parts[5] == .none { return storage }
    // Without overflow: `offset + length` could be beyond 64 bits, `count - offset` cannot.
    guard let view = heap.items(parts[5], .tuple), view.count == 3, let offset = view[1].integer,
      let length = view[2].integer, offset >= 0, length >= 0, offset <= storage.count,
      length <= storage.count - offset
    else { return nil }
    storage.part = offset..<offset + length
    return storage
  }

  /// `_rebuild_tensor(storage, offset, size, stride)`; later versions add to it.
  private static let tensor: Make = { arguments, heap in
    guard (4...8).contains(arguments.count), isPlain(arguments.dropFirst(4), heap) else {
      return nil
    }
    return view(arguments, heap).map(PickleValue.tensor)
  }

  /// `(storage, offset, size, stride, …)`.
  private static func view(_ arguments: [PickleValue], _ heap: PickleHeap) -> TorchTensor? {
    func integers(_ value: PickleValue) -> [Int]? {
      guard let items = heap.items(value, .tuple, .list),
        items.count <= StridedView.maximumDimensions
      else { return nil }
      let integers = items.compactMap(\.integer)
      return integers.count == items.count ? integers : nil
    }
    guard arguments.count >= 4, case .storage(let storage) = arguments[0],
      let offset = arguments[1].integer, let shape = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { return nil }
    return TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
  }

  /// `_rebuild_tensor_v3(bytes, offset, size, stride, requires_grad, hooks, dtype, metadata)`: how
  /// PyTorch saves kinds of numbers that have no storage of their own, as uint16 and float8.
  private static func typedTensor(
    _ arguments: [PickleValue], _ heap: PickleHeap
  ) -> TorchTensor? {
    guard (7...8).contains(arguments.count), case .global(let name) = arguments[6],
      case let dtype?? = scalarTypes[name],
      // Its storage is plain bytes, of whole numbers.
      let tensor = view(arguments, heap), tensor.storage.dtype == .u8,
      tensor.storage.part == nil, tensor.storage.count % (dtype.bits / 8) == 0,
      // `requires_grad` and hooks, and metadata after the dtype.
      isPlain(arguments[4...5] + arguments.dropFirst(7), heap)
    else { return nil }
    // From here on the storage counts in elements of its true kind, as the view does.
    let count = tensor.storage.count / (dtype.bits / 8)
    return TorchTensor(
      storage: TorchStorage(key: tensor.storage.key, dtype: dtype, count: count),
      offset: tensor.offset, shape: tensor.shape, strides: tensor.strides)
  }

  /// What a pickle may say of a tensor besides its numbers: `requires_grad`, which means nothing to
  /// a reader; hooks, which would be Python code, so there must be none; and metadata, which say
  /// whether the numbers are meant conjugated or negated: they must not be (`PICK-8`).
  private static func isPlain(_ rest: ArraySlice<PickleValue>, _ heap: PickleHeap) -> Bool {
    guard let gradient = rest.first else { return true }  // the oldest form says nothing more
    guard case .bool = gradient, (2...3).contains(rest.count) else { return false }
    // None, an empty dictionary, or one whose values are all False: {"conj": False, "neg": False}.
    return rest.dropFirst().allSatisfy { value in
      value == .none
        || heap.members(value)?.allSatisfy { $0.value == .bool(false) } ?? false
    }
  }
}
