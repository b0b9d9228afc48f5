import FoxDecoding

/// # Pickles that can call nothing
///
/// A pickle is not data. It is a program for a machine with a stack and a memo: push a text, make a
/// tuple of the three values on top, call this function with that tuple. `{"a": 1}` is
///
///     80 02     PROTO 2          protocol 2
///     7D        EMPTY_DICT       stack: {}
///     71 00     BINPUT 0         memo 0 = {}
///     58 …      BINUNICODE "a"   stack: {} "a"
///     4B 01     BININT1 1        stack: {} "a" 1
///     73        SETITEM          stack: {"a": 1}
///     2E        STOP
///
/// Python's machine calls whatever function the pickle names, `os.system` too. This one knows how to
/// build tuples, lists and dictionaries of texts and numbers, and tensors from a few names that it
/// takes care of itself (``PickleGlobal``). Nothing is looked up, so there is nothing to call.
///
/// Python's `pickletools.py` and torch's `_weights_only_unpickler.py`; clauses PICK-1 to PICK-8. Reads
/// protocol 2, which `torch.save` writes. Does not know what the tensors are for: see ``TorchFile``.
package struct PickleReader {
  /// What a pickle may use up. The largest state dictionaries of these models use a hundredth.
  package enum Limit {
    static let operations = 1_000_000
    static let stack = 100_000
    static let memo = 300_000
    static let text = 1 << 16
    static let depth = 100
    package static let dimensions = 64
  }

  private let bytes: UnsafeRawBufferPointer
  private let file: String
  /// The byte of the pickle, or of the file that holds it, that comes next.
  package private(set) var position: Int
  /// The tuples, lists and dictionaries among the values.
  package private(set) var heap = PickleHeap()
  /// The storages that the pickles refer to, whatever became of their tensors.
  package private(set) var storages: [TorchStorage] = []

  private var start = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  /// Reads the pickles at the beginning of `bytes`; faults are about `file`.
  package init(_ bytes: UnsafeRawBufferPointer, file: String) {
    (self.bytes, self.file, position) = (bytes, file, 0)
  }

  /// Runs the next pickle: the value that it leaves on the stack.
  package mutating func next() throws(Fault) -> PickleValue {
    (stack, marks, memo) = ([], [], [:])
    for _ in 0..<Limit.operations {
      start = position
      let code: UInt8 = try number()
      guard let operation = Operation(rawValue: code) else {
        throw fault("operation 0x\(hexadecimal(code))", "one that a state dictionary needs")
      }
      if operation == .stop {
        guard stack.count == 1, marks.isEmpty else {
          throw fault("\(stack.count) values, \(marks.count) marks", "one value at the end")
        }
        return stack[0]
      }
      try run(operation)
      if stack.count > Limit.stack { throw tooMany("values", Limit.stack) }
    }
    throw tooMany("operations", Limit.operations)
  }

  /// Checks that nothing follows.
  package func expectEnd() throws(Fault) {
    if position == bytes.count { return }
    throw fault("\(bytes.count - position) more bytes", "the end", at: position)
  }

  /// The operations by their code, with the names of `pickletools.py`.
  private enum Operation: UInt8 {
    case mark = 0x28, emptyTuple = 0x29, stop = 0x2E
    case binFloat = 0x47, binInt = 0x4A, binInt1 = 0x4B, binInt2 = 0x4D, none = 0x4E
    case binPersistentID = 0x51, reduce = 0x52, shortBinString = 0x55, binUnicode = 0x58
    case emptyList = 0x5D, append = 0x61, build = 0x62, global = 0x63, appends = 0x65
    case binGet = 0x68, longBinGet = 0x6A, binPut = 0x71, longBinPut = 0x72, setItem = 0x73
    case tuple = 0x74, setItems = 0x75, emptyDictionary = 0x7D
    case version = 0x80, newObject = 0x81, tuple1 = 0x85, tuple2, tuple3, newTrue, newFalse
    case long1 = 0x8A
  }

  private mutating func run(_ operation: Operation) throws(Fault) {
    switch operation {
    case .version:
      let version: UInt8 = try number()
      if version != 2 { throw fault("protocol \(version)", "2, which PyTorch writes") }
    case .mark: marks.append(stack.count)
    case .none: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .binInt: stack.append(.integer(Int(try number() as Int32)))
    case .binInt1: stack.append(.integer(Int(try number() as UInt8)))
    case .binInt2: stack.append(.integer(Int(try number() as UInt16)))
    // The one number that a pickle holds in big-endian order.
    case .binFloat: stack.append(.number(.init(bitPattern: UInt64(bigEndian: try number()))))
    case .long1: stack.append(try long())
    case .shortBinString: stack.append(.text(try text(Int(try number() as UInt8))))
    case .binUnicode: stack.append(.text(try text(Int(try number() as UInt32))))
    case .global: stack.append(.global(try global()))
    case .binGet: stack.append(try recall(Int(try number() as UInt8)))
    case .longBinGet: stack.append(try recall(Int(try number() as UInt32)))
    case .binPut: try keep(Int(try number() as UInt8))
    case .longBinPut: try keep(Int(try number() as UInt32))
    default: try build(operation)
    }
  }

  private mutating func build(_ operation: Operation) throws(Fault) {
    switch operation {
    case .emptyTuple: try push(.tuple, [])
    case .tuple1: try push(.tuple, pop(1))
    case .tuple2: try push(.tuple, pop(2))
    case .tuple3: try push(.tuple, pop(3))
    case .tuple: try push(.tuple, popToMark())
    case .emptyList: try push(.list, [])
    case .emptyDictionary: try push(.dictionary, [])
    case .append: try append(pop(1), to: [.list], "APPEND")
    case .appends: try append(popToMark(), to: [.list], "APPENDS")
    case .setItem: try append(pop(2), to: [.dictionary, .ordered], "SETITEM")
    case .setItems: try append(popToMark(), to: [.dictionary, .ordered], "SETITEMS")
    case .binPersistentID: stack.append(.storage(try refer(to: pop(1)[0])))
    case .reduce, .newObject: try call(pop(2), operation == .reduce ? "REDUCE" : "NEWOBJ")
    case .build: try ignoreState()
    default: throw fault("operation 0x\(hexadecimal(operation.rawValue))", "another")
    }
  }
}

// MARK: - Reading

extension PickleReader {
  private mutating func number<Number: FixedWidthInteger>() throws(Fault) -> Number {
    guard let number = bytes.number(at: position, as: Number.self) else { throw cut() }
    position += MemoryLayout<Number>.size
    return number
  }

  private mutating func take(_ count: Int) throws(Fault) -> UnsafeRawBufferPointer {
    guard let slice = bytes.slice(at: position, count: count) else { throw cut() }
    position += count
    return slice
  }

  private mutating func text(_ count: Int) throws(Fault) -> String {
    if count > Limit.text { throw tooMany("bytes of text", Limit.text) }
    let slice = try take(count)
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw fault("bytes that are not UTF-8", "a text")
    }
    return text
  }

  /// An integer of up to 255 bytes, in two's complement.
  private mutating func long() throws(Fault) -> PickleValue {
    let slice = try take(Int(try number() as UInt8))
    if slice.count > 8 { return .long(Array(slice)) }
    var value = slice.last.map { $0 < 0x80 ? 0 : -1 } ?? 0
    for byte in slice.reversed() { value = value << 8 | Int(byte) }
    return .integer(value)
  }

  /// Two lines: a module, and a name in it.
  private mutating func global() throws(Fault) -> PickleGlobal {
    let module = try line()
    let name = try line()
    if let global = PickleGlobal(module: module, name: name) { return global }
    throw fault(
      shown("\(module).\(name)"), "one of the few names that stand for tensors",
      hint: "nothing was called; if you trust the file, load it in Python and save its state_dict")
  }

  private mutating func line() throws(Fault) -> String {
    let rest = bytes[min(position, bytes.count)...].prefix(200)
    guard let end = rest.firstIndex(of: 0x0A) else { throw cut() }
    let line = try take(end - position)
    position += 1
    // The names are ASCII; Swift holds some others to be equal to ASCII ones.
    guard line.allSatisfy({ (0x21..<0x7F).contains($0) }) else {
      throw fault("a name that is not ASCII", "a name of Python code")
    }
    return String(decoding: line, as: UTF8.self)
  }

  private func fault(
    _ found: String, _ expected: String, at place: Int? = nil, hint: String? = nil
  ) -> Fault {
    Fault(
      file, at: "byte \(place ?? start) of the pickle", found: found, expected: expected,
      hint: hint)
  }

  private func cut() -> Fault {
    fault("the end of the pickle", "the rest of an operation", hint: "is the download complete?")
  }

  private func tooMany(_ what: String, _ limit: Int) -> Fault {
    fault("too many \(what)", "at most \(limit)")
  }

  private func misuse(_ operation: String, _ what: String) -> Fault {
    fault("\(operation) on \(what)", "what builds tensors")
  }
}

// MARK: - The stack and the memo

extension PickleReader {
  /// The top values. Those below the last mark belong to somebody else.
  private mutating func pop(_ count: Int) throws(Fault) -> [PickleValue] {
    let floor = marks.last ?? 0
    guard stack.count - floor >= count else { throw tooFew() }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(Fault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault("no mark", "a mark on the stack") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private func tooFew() -> Fault {
    fault("too few values on the stack", "those that the operation takes")
  }

  private mutating func push(_ kind: PickleHeap.Kind, _ items: [PickleValue]) throws(Fault) {
    let value = heap.make(kind, items)
    try checkDepth(value)
    stack.append(value)
  }

  private func checkDepth(_ value: PickleValue) throws(Fault) {
    if heap.depth(of: value) > Limit.depth { throw tooMany("levels", Limit.depth) }
  }

  private mutating func append(
    _ items: [PickleValue], to kinds: [PickleHeap.Kind], _ operation: String
  ) throws(Fault) {
    guard let target = stack.last, stack.count > marks.last ?? 0 else { throw tooFew() }
    guard case .node(let index) = target, let kind = heap.kind(of: target), kinds.contains(kind),
      kind == .list || items.count % 2 == 0
    else { throw misuse(operation, target.kind) }
    heap.append(items, to: index)
    try checkDepth(target)
  }

  private mutating func keep(_ number: Int) throws(Fault) {
    guard let value = stack.last else { throw tooFew() }
    memo[number] = value
    if memo.count > Limit.memo { throw tooMany("memo entries", Limit.memo) }
  }

  private func recall(_ number: Int) throws(Fault) -> PickleValue {
    if let value = memo[number] { return value }
    throw fault("memo entry \(number), which is empty", "one that was kept")
  }

  /// BUILD on an OrderedDict, which holds the versions of modules: nothing that a tensor needs.
  private mutating func ignoreState() throws(Fault) {
    _ = try pop(1)
    guard let target = stack.last, heap.kind(of: target) == .ordered else {
      throw misuse("BUILD", stack.last?.kind ?? "nothing")
    }
  }
}

// MARK: - What the names stand for

extension PickleReader {
  /// REDUCE and NEWOBJ: what Python would do by a call.
  private mutating func call(
    _ pair: [PickleValue], _ operation: String
  ) throws(Fault) {
    guard case .global(let global) = pair[0], let arguments = heap.items(pair[1], .tuple) else {
      throw misuse(operation, pair[0].kind)
    }
    switch (global, operation) {
    case (.orderedDictionary, _):
      guard let items = pairs(arguments) else { break }
      return try push(.ordered, items)
    case (.size, _):
      guard arguments.count == 1, let sizes = heap.items(arguments[0], .tuple, .list) else { break }
      return try push(.tuple, sizes)
    case (.counter, "REDUCE"):
      let counts = arguments.isEmpty ? [] : heap.items(arguments[0], .dictionary)
      guard arguments.count < 2, let counts else { break }
      return try push(.dictionary, counts)
    case (.other(let words), "REDUCE"): return stack.append(.other(words))
    case (.rebuildTensor, "REDUCE"):
      guard let tensor = tensor(arguments), isPlain(arguments.dropFirst(4)) else { break }
      return stack.append(.tensor(tensor))
    case (.rebuildTypedTensor, "REDUCE"):
      guard let tensor = typedTensor(arguments) else { break }
      return stack.append(.tensor(tensor))
    case (.rebuildParameter, "REDUCE"):
      guard case .tensor? = arguments.first, arguments.count == 3, isPlain(arguments.dropFirst())
      else { break }
      return stack.append(arguments[0])
    default: break
    }
    throw misuse(operation, "these arguments")
  }

  /// What an OrderedDict is made of: nothing, or, by Python 2, one list of pairs.
  private func pairs(_ arguments: [PickleValue]) -> [PickleValue]? {
    if arguments.isEmpty { return [] }
    guard arguments.count == 1, let list = heap.items(arguments[0], .list) else { return nil }
    let pairs = list.map { heap.items($0, .list, .tuple) ?? [] }
    return pairs.allSatisfy { $0.count == 2 } ? pairs.flatMap { $0 } : nil
  }

  /// What a pickle may say of a tensor beside its numbers: `requires_grad`, which means nothing to a
  /// reader; hooks, which would be Python code, so there must be none; and metadata, which say whether
  /// the numbers are meant conjugated or negated: they must not be (PICK-8).
  private func isPlain(_ rest: ArraySlice<PickleValue>) -> Bool {
    guard let gradient = rest.first else { return true }
    guard case .bool = gradient, rest.count > 1, rest.count < 4 else { return false }
    let extras = rest.dropFirst()
    return extras.allSatisfy { value in
      guard value != .none else { return true }
      let items = heap.items(value, .dictionary, .ordered)
      return items?.enumerated().allSatisfy { $0 % 2 == 0 || $1 == .bool(false) } ?? false
    }
  }

  /// `_rebuild_tensor_v3(bytes, offset, size, stride, requires_grad, hooks, dtype, metadata)`: how
  /// PyTorch saves kinds of numbers that have no storage of their own, as uint16 and float8.
  private func typedTensor(_ arguments: [PickleValue]) -> TorchTensor? {
    guard (7...8).contains(arguments.count), case .global(.scalarType(let dtype?)) = arguments[6],
      let tensor = tensor(arguments), tensor.storage.dtype == .u8, tensor.storage.part == nil,
      isPlain(arguments[4...5] + arguments.dropFirst(7)),
      tensor.storage.count % (dtype.bits / 8) == 0
    else { return nil }
    let storage = TorchStorage(
      key: tensor.storage.key, dtype: dtype, count: tensor.storage.count / (dtype.bits / 8),
      part: nil)
    return TorchTensor(
      storage: storage, offset: tensor.offset, shape: tensor.shape, strides: tensor.strides)
  }

  /// `_rebuild_tensor(storage, offset, size, stride)`; later versions add to it.
  private func tensor(_ arguments: [PickleValue]) -> TorchTensor? {
    guard (4...8).contains(arguments.count), case .storage(let storage) = arguments[0],
      let offset = arguments[1].integer, let shape = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { return nil }
    return TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard let items = heap.items(value, .tuple, .list), items.count <= Limit.dimensions else {
      return nil
    }
    let integers = items.compactMap(\.integer)
    return integers.count == items.count ? integers : nil
  }

  private mutating func refer(to value: PickleValue) throws(Fault) -> TorchStorage {
    guard let storage = storage(value) else {
      throw misuse("BINPERSID", "something else than a storage")
    }
    storages.append(storage)
    return storage
  }

  /// `('storage', type, key, device, elements)`, and in old files the part that is meant:
  /// `(key, offset, elements)` or None.
  private func storage(_ value: PickleValue) -> TorchStorage? {
    guard let parts = heap.items(value, .tuple), (5...6).contains(parts.count),
      parts[0].text == "storage", case .global(.storage(let dtype)) = parts[1],
      let key = parts[2].text, let count = parts[4].integer, count >= 0
    else { return nil }
    guard parts.count == 6, parts[5] != .none else {
      return TorchStorage(key: key, dtype: dtype, count: count, part: nil)
    }
    guard let view = heap.items(parts[5], .tuple), view.count == 3, let offset = view[1].integer,
      let length = view[2].integer, offset >= 0, length >= 0, offset <= count,
      length <= count - offset
    else { return nil }
    return TorchStorage(key: key, dtype: dtype, count: count, part: offset..<offset + length)
  }
}
