import FoxFiles

/// Reads a pickle of protocol 2 as PyTorch writes them for state dictionaries (`PICK-1` to `PICK-6`).
///
/// A pickle is a program for a machine with a stack and a memo. Python's machine can call anything;
/// this one has only the operations that build tuples, lists and dictionaries of texts and numbers,
/// and three that make a tensor of them.
struct PickleReader {
  /// What a pickle may use up. The largest state dictionaries of these models use a hundredth.
  enum Limit {
    static let operations = 1_000_000
    static let stack = 100_000
    static let memo = 300_000
    static let text = 1 << 16
    static let depth = 100
    static let dimensions = 64
  }

  private let bytes: UnsafeRawBufferPointer
  private let file: String
  /// The byte of the pickle, or of the file that holds it, that comes next.
  private(set) var position: Int
  /// What the nodes among the values are.
  private(set) var heap = PickleHeap()
  /// The storages that the pickles refer to, whatever became of their tensors.
  private(set) var storages: [TorchStorage] = []

  private var start = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  /// Reads pickles of `bytes` from `position` on; errors name `file`.
  init(_ bytes: UnsafeRawBufferPointer, file: String, position: Int = 0) {
    (self.bytes, self.file, self.position) = (bytes, file, position)
  }

  /// The value of the next pickle.
  mutating func next() throws(CheckpointError) -> PickleValue {
    (stack, marks, memo) = ([], [], [:])
    for _ in 0..<Limit.operations {
      start = position
      let code: UInt8 = try number()
      guard let operation = Operation(rawValue: code) else { throw fault(.operation(code)) }
      if operation == .stop {
        guard stack.count == 1, marks.isEmpty else { throw fault(.stack) }
        return stack[0]
      }
      try run(operation)
      if stack.count > Limit.stack { throw fault(.tooMuch("values", limit: Limit.stack)) }
    }
    throw fault(.tooMuch("operations", limit: Limit.operations))
  }

  /// Checks that nothing follows.
  func expectEnd() throws(CheckpointError) {
    if position != bytes.count { throw fault(.trailing, at: position) }
  }

  /// The operations, by their code in Python's `pickle.py`.
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

  private mutating func run(_ operation: Operation) throws(CheckpointError) {
    switch operation {
    case .version:
      let version: UInt8 = try number()
      if version != 2 { throw fault(.version(version)) }
    case .mark: marks.append(stack.count)
    case .none: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    case .binInt: stack.append(.integer(Int(try number() as Int32)))
    case .binInt1: stack.append(.integer(Int(try number() as UInt8)))
    case .binInt2: stack.append(.integer(Int(try number() as UInt16)))
    case .binFloat:
      stack.append(.number(Double(bitPattern: UInt64(bigEndian: try number()))))
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

  private mutating func build(_ operation: Operation) throws(CheckpointError) {
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
    default: throw fault(.operation(operation.rawValue))
    }
  }
}

// MARK: - Reading

extension PickleReader {
  private mutating func number<Number: FixedWidthInteger>() throws(CheckpointError) -> Number {
    guard let number = bytes.number(at: position, as: Number.self) else { throw fault(.cut) }
    position += MemoryLayout<Number>.size
    return number
  }

  private mutating func take(_ count: Int) throws(CheckpointError) -> UnsafeRawBufferPointer {
    guard let slice = bytes.slice(at: position, count: count) else { throw fault(.cut) }
    position += count
    return slice
  }

  private mutating func text(_ count: Int) throws(CheckpointError) -> String {
    if count > Limit.text { throw fault(.tooMuch("bytes of text", limit: Limit.text)) }
    let slice = try take(count)
    guard let text = String(validating: slice, as: UTF8.self) else { throw fault(.text) }
    return text
  }

  /// An integer of up to 255 bytes, in two's complement.
  private mutating func long() throws(CheckpointError) -> PickleValue {
    let slice = try take(Int(try number() as UInt8))
    if slice.count > 8 { return .long(Array(slice)) }
    var value = slice.last.map { $0 < 0x80 ? 0 : -1 } ?? 0
    for byte in slice.reversed() { value = value << 8 | Int(byte) }
    return .integer(value)
  }

  /// Two lines, a module and a name in it.
  private mutating func global() throws(CheckpointError) -> PickleGlobal {
    let module = try line()
    let name = try line()
    guard let global = PickleGlobal(module: module, name: name) else {
      throw fault(.global("\(module).\(name)"))
    }
    return global
  }

  private mutating func line() throws(CheckpointError) -> String {
    let rest = bytes[min(position, bytes.count)...].prefix(200)
    guard let end = rest.firstIndex(of: 0x0A) else { throw fault(.cut) }
    let line = try take(end - position)
    position += 1
    // Python's names here are ASCII; Swift holds some others to be equal to ASCII ones.
    guard line.allSatisfy({ (0x21..<0x7F).contains($0) }) else { throw fault(.text) }
    return String(decoding: line, as: UTF8.self)
  }

  private func fault(_ problem: PickleProblem, at place: Int? = nil) -> CheckpointError {
    .pickle(file: file, position: place ?? start, problem: problem)
  }
}

// MARK: - The stack and the memo

extension PickleReader {
  private mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleValue] {
    let floor = marks.last ?? 0
    guard stack.count - floor >= count else { throw fault(.stack) }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(CheckpointError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault(.stack) }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func push(
    _ kind: PickleHeap.Kind, _ items: [PickleValue]
  ) throws(CheckpointError) {
    let value = heap.make(kind, items)
    try checkDepth(value)
    stack.append(value)
  }

  private func checkDepth(_ value: PickleValue) throws(CheckpointError) {
    if heap.depth(of: value) > Limit.depth { throw fault(.tooMuch("levels", limit: Limit.depth)) }
  }

  private mutating func append(
    _ items: [PickleValue], to kinds: [PickleHeap.Kind], _ operation: String
  ) throws(CheckpointError) {
    guard let target = stack.last, stack.count > marks.last ?? 0 else { throw fault(.stack) }
    guard case .node(let index) = target, let kind = heap.kind(of: target), kinds.contains(kind),
      kind == .list || items.count % 2 == 0
    else { throw fault(.misuse(operation: operation, of: target.kind)) }
    heap.append(items[...], to: index)
    try checkDepth(target)
  }

  private mutating func keep(_ number: Int) throws(CheckpointError) {
    guard let value = stack.last else { throw fault(.stack) }
    memo[number] = value
    if memo.count > Limit.memo { throw fault(.tooMuch("memo entries", limit: Limit.memo)) }
  }

  private func recall(_ number: Int) throws(CheckpointError) -> PickleValue {
    guard let value = memo[number] else { throw fault(.memo(number)) }
    return value
  }

  /// BUILD on an OrderedDict, which holds the versions of modules: nothing a tensor needs.
  private mutating func ignoreState() throws(CheckpointError) {
    _ = try pop(1)
    guard let target = stack.last, heap.kind(of: target) == .ordered else {
      throw fault(.misuse(operation: "BUILD", of: stack.last?.kind ?? "nothing"))
    }
  }
}

// MARK: - The five things a name can stand for

extension PickleReader {
  private mutating func call(
    _ pair: [PickleValue], _ operation: String
  ) throws(CheckpointError) {
    guard case .global(let global) = pair[0], let arguments = heap.items(pair[1], .tuple) else {
      throw fault(.misuse(operation: operation, of: pair[0].kind))
    }
    let misuse = fault(.misuse(operation: operation, of: "these arguments"))
    switch (global, operation) {
    case (.orderedDictionary, _):
      guard let items = pairs(arguments) else { throw misuse }
      try push(.ordered, items)
    case (.size, _):
      guard arguments.count == 1, let sizes = heap.items(arguments[0], .tuple, .list) else {
        throw misuse
      }
      try push(.tuple, sizes)
    case (.rebuildTensor, "REDUCE"):
      guard let tensor = tensor(arguments) else { throw misuse }
      stack.append(.tensor(tensor))
    case (.rebuildParameter, "REDUCE"):
      guard case .tensor? = arguments.first, arguments.count == 3 else { throw misuse }
      stack.append(arguments[0])
    default: throw misuse
    }
  }

  /// What an OrderedDict is made of: nothing, or, by Python 2, one list of pairs.
  private func pairs(_ arguments: [PickleValue]) -> [PickleValue]? {
    if arguments.isEmpty { return [] }
    guard arguments.count == 1, let list = heap.items(arguments[0], .list) else { return nil }
    let pairs = list.map { heap.items($0, .list, .tuple) ?? [] }
    return pairs.allSatisfy { $0.count == 2 } ? pairs.flatMap { $0 } : nil
  }

  /// `_rebuild_tensor(storage, offset, size, stride)`; the second version has `requires_grad`, hooks
  /// and sometimes metadata behind.
  private func tensor(_ arguments: [PickleValue]) -> TorchTensor? {
    guard (4...7).contains(arguments.count), case .storage(let storage) = arguments[0],
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

  private mutating func refer(to value: PickleValue) throws(CheckpointError) -> TorchStorage {
    let storage = try storage(value)
    storages.append(storage)
    return storage
  }

  /// `('storage', type, key, device, elements)`, and in old files the part that is meant:
  /// `(key, offset, elements)` or None.
  private func storage(_ value: PickleValue) throws(CheckpointError) -> TorchStorage {
    let misuse = fault(.misuse(operation: "BINPERSID", of: "something else than a storage"))
    guard let parts = heap.items(value, .tuple), (5...6).contains(parts.count),
      parts[0].text == "storage", case .global(.storage(let dtype)) = parts[1],
      let key = parts[2].text, let count = parts[4].integer, count >= 0
    else { throw misuse }
    guard parts.count == 6, parts[5] != .none else {
      return TorchStorage(key: key, dtype: dtype, count: count, part: nil)
    }
    guard let view = heap.items(parts[5], .tuple), view.count == 3, let offset = view[1].integer,
      let length = view[2].integer, offset >= 0, length >= 0, offset <= count,
      length <= count - offset
    else { throw misuse }
    return TorchStorage(key: key, dtype: dtype, count: count, part: offset..<offset + length)
  }
}
