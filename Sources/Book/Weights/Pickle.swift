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
/// Python's machine calls whatever function the pickle names, `os.system` too. This one knows how
/// to build tuples, lists and dictionaries of texts and numbers, and tensors from a few names that
/// it takes care of itself (``PickleGlobal``). Nothing is looked up, so there is nothing to call.
///
/// Python's `pickletools.py` and torch's `_weights_only_unpickler.py`; clauses PICK-1 to PICK-8.
/// Reads protocol 2, which `torch.save` writes. Does not know what the tensors are for: see
/// ``TorchFile``.
package struct PickleReader {
  /// What a pickle may use up. The largest state dictionaries of these models use a hundredth.
  package enum Limit {
    static let operations = 1_000_000  // GPT-2 small takes about 5,000
    static let stack = 100_000  // a few hundred: the pairs of one SETITEMS
    static let memo = 300_000  // one for each name, tensor and tuple
    static let text = 1 << 16  // 64 KiB; a name has a hundred bytes
    static let depth = 100  // three: arguments in arguments, metadata of modules
    package static let dimensions = 64  // four: GPT-2's causal mask is [1, 1, T, T]
  }

  private let bytes: UnsafeRawBufferPointer  // untrusted
  private let file: String
  /// The byte of the pickle, or of the file that holds it, that comes next.
  package private(set) var position: Int
  /// The tuples, lists and dictionaries among the values.
  package private(set) var heap = PickleHeap()
  /// The storages that the pickles refer to, whatever became of their tensors.
  package private(set) var storages: [TorchStorage] = []

  private var start = 0  // of the operation that runs: the place of a fault
  private var stack: [PickleValue] = []  // bottom first
  private var marks: [Int] = []  // heights of the stack where MARK was run
  private var memo: [Int: PickleValue] = [:]  // what BINPUT kept; a text used twice is written once

  /// Reads the pickles at the beginning of `bytes`; faults are about `file`.
  package init(_ bytes: UnsafeRawBufferPointer, file: String) {
    (self.bytes, self.file, position) = (bytes, file, 0)
  }

  /// Runs the next pickle: the value that it leaves on the stack.
  package mutating func next() throws(Fault) -> PickleValue {
    // A fresh machine for each pickle. The heap stays: values of earlier pickles may still be read.
    (stack, marks, memo) = ([], [], [:])
    for _ in 0..<Limit.operations {  // every turn eats a byte or more, or throws
      start = position
      let code: UInt8 = try number()  // one byte: the operation
      // Everything outside of the list is refused by its number, before it does anything.
      guard let operation = Operation(rawValue: code) else {
        throw fault("operation 0x\(hexadecimal(code))", "one that a state dictionary needs")
      }
      if operation == .stop {
        // Python returns the top and forgets the rest. What is left over shows that the pickle is
        // not what a program wrote.
        guard stack.count == 1, marks.isEmpty else {
          throw fault("\(stack.count) values, \(marks.count) marks", "one value at the end")
        }
        return stack[0]
      }
      try run(operation)
      // Checked after each operation, none of which pushes more than one value.
      if stack.count > Limit.stack { throw tooMany("values", Limit.stack) }
    }
    throw tooMany("operations", Limit.operations)
  }

  /// Checks that nothing follows.
  package func expectEnd() throws(Fault) {
    // After STOP Python reads no further, so anything could be hidden there.
    if position == bytes.count { return }
    throw fault("\(bytes.count - position) more bytes", "the end", at: position)
  }

  /// The operations by their code, with the names of `pickletools.py`.
  private enum Operation: UInt8 {
    // Below 0x80 the codes are ASCII: `(` is MARK, `)` EMPTY_TUPLE, `.` STOP. The letters follow
    // each line.
    case mark = 0x28, emptyTuple = 0x29, stop = 0x2E
    case binFloat = 0x47, binInt = 0x4A, binInt1 = 0x4B, binInt2 = 0x4D, none = 0x4E  // G J K M N
    case binPersistentID = 0x51, reduce = 0x52, shortBinString = 0x55, binUnicode = 0x58  // Q R U X
    case emptyList = 0x5D, append = 0x61, build = 0x62, global = 0x63, appends = 0x65  // ] a b c e
    // h j q r s:
    case binGet = 0x68, longBinGet = 0x6A, binPut = 0x71, longBinPut = 0x72, setItem = 0x73
    case tuple = 0x74, setItems = 0x75, emptyDictionary = 0x7D  // t u }
    // From 0x80 on: what protocol 2 added.
    case version = 0x80, newObject = 0x81, tuple1 = 0x85, tuple2, tuple3, newTrue, newFalse
    case long1 = 0x8A
  }

  private mutating func run(_ operation: Operation) throws(Fault) {
    switch operation {
    case .version:
      let version: UInt8 = try number()  // one byte: the version
      // Protocol 4 has other operations (FRAME, MEMOIZE). torch's own safe reader refuses it too.
      if version != 2 { throw fault("protocol \(version)", "2, which PyTorch writes") }
    case .mark: marks.append(stack.count)  // no value: the next TUPLE takes what is above
    case .none: stack.append(.none)
    case .newTrue: stack.append(.bool(true))
    case .newFalse: stack.append(.bool(false))
    // 4 bytes, signed, little-endian.
    case .binInt: stack.append(.integer(Int(try number() as Int32)))
    case .binInt1: stack.append(.integer(Int(try number() as UInt8)))  // 1 byte: 0 to 255
    case .binInt2: stack.append(.integer(Int(try number() as UInt16)))  // 2 bytes: 0 to 65,535
    // The one number that a pickle holds in big-endian order.
    case .binFloat: stack.append(.number(.init(bitPattern: UInt64(bigEndian: try number()))))
    case .long1: stack.append(try long())
    // 1 byte of length, then the text.
    case .shortBinString: stack.append(.text(try text(Int(try number() as UInt8))))
    // 4 bytes of length.
    case .binUnicode: stack.append(.text(try text(Int(try number() as UInt32))))
    case .global: stack.append(.global(try global()))
    // BINGET: 1 byte of number, up to 255.
    case .binGet: stack.append(try recall(Int(try number() as UInt8)))
    case .longBinGet: stack.append(try recall(Int(try number() as UInt32)))  // LONG_BINGET: 4 bytes
    case .binPut: try keep(Int(try number() as UInt8))
    case .longBinPut: try keep(Int(try number() as UInt32))
    default: try build(operation)
    }
  }

  // The rest of `run`: operations that make something of values on the stack.
  private mutating func build(_ operation: Operation) throws(Fault) {
    switch operation {
    // Swift evaluates `pop` before `push`, as the machine must.
    case .emptyTuple: try push(.tuple, [])
    case .tuple1: try push(.tuple, pop(1))
    case .tuple2: try push(.tuple, pop(2))
    case .tuple3: try push(.tuple, pop(3))
    case .tuple: try push(.tuple, popToMark())
    case .emptyList: try push(.list, [])
    case .emptyDictionary: try push(.dictionary, [])
    // The list or dictionary stays on the stack, below what is added to it.
    case .append: try append(pop(1), to: [.list], "APPEND")
    case .appends: try append(popToMark(), to: [.list], "APPENDS")
    // A key and its value.
    case .setItem: try append(pop(2), to: [.dictionary, .ordered], "SETITEM")
    case .setItems: try append(popToMark(), to: [.dictionary, .ordered], "SETITEMS")
    // "Persistent" is what the pickle does not hold itself: the numbers, in records of their own.
    case .binPersistentID: stack.append(.storage(try refer(to: pop(1)[0])))
    // Python would call the first with the second as arguments, or make an object of that class.
    case .reduce, .newObject: try call(pop(2), operation == .reduce ? "REDUCE" : "NEWOBJ")
    case .build: try ignoreState()
    // `run` has dealt with all others.
    default: throw fault("operation 0x\(hexadecimal(operation.rawValue))", "another")
    }
  }
}

// MARK: - Reading

extension PickleReader {
  private mutating func number<Number: FixedWidthInteger>() throws(Fault) -> Number {
    // Where the pickle ends in the middle of a number, no byte is read.
    guard let number = bytes.number(at: position, as: Number.self) else { throw cut() }
    position += MemoryLayout<Number>.size
    return number
  }

  private mutating func take(_ count: Int) throws(Fault) -> UnsafeRawBufferPointer {
    // A length of 4 GiB is refused here too.
    guard let slice = bytes.slice(at: position, count: count) else { throw cut() }
    position += count
    return slice
  }

  private mutating func text(_ count: Int) throws(Fault) -> String {
    // Before the bytes are looked at: the length is the file's claim.
    if count > Limit.text { throw tooMany("bytes of text", Limit.text) }
    let slice = try take(count)
    // SHORT_BINSTRING is bytes to Python 3, but `torch` writes only ASCII with it.
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw fault("bytes that are not UTF-8", "a text")
    }
    return text
  }

  /// An integer of up to 255 bytes, in two's complement.
  private mutating func long() throws(Fault) -> PickleValue {
    let slice = try take(Int(try number() as UInt8))  // 1 byte: how many follow
    // The magic number of files before PyTorch 1.6 has 10 bytes; nothing else here is that long.
    if slice.count > 8 { return .long(Array(slice)) }
    // Two's complement, lowest byte first: the sign is in the last byte. No bytes at all mean 0.
    var value = slice.last.map { $0 < 0x80 ? 0 : -1 } ?? 0
    for byte in slice.reversed() { value = value << 8 | Int(byte) }
    return .integer(value)
  }

  /// Two lines: a module, and a name in it.
  private mutating func global() throws(Fault) -> PickleGlobal {
    let module = try line()  // "collections\n"
    let name = try line()  // "OrderedDict\n"
    // The heart of the matter: from text to action there is only a switch over names that we know.
    if let global = PickleGlobal(module: module, name: name) { return global }
    throw fault(
      shown("\(module).\(name)"), "one of the few names that stand for tensors",
      hint: "nothing was called; if you trust the file, load it in Python and save its state_dict")
  }

  private mutating func line() throws(Fault) -> String {
    // 200 is more than any known name has; without a bound, a gigabyte could be searched.
    let rest = bytes[min(position, bytes.count)...].prefix(200)
    guard let end = rest.firstIndex(of: 0x0A) else { throw cut() }
    let line = try take(end - position)
    position += 1  // the line feed
    // The names are ASCII. Swift takes some others for equal to ASCII ones: U+212A, the sign for
    // kelvin, is a K to `==`.
    guard line.allSatisfy({ (0x21..<0x7F).contains($0) }) else {  // visible, no space
      throw fault("a name that is not ASCII", "a name of Python code")
    }
    return String(decoding: line, as: UTF8.self)
  }

  private func fault(
    _ found: String, _ expected: String, at place: Int? = nil, hint: String? = nil
  ) -> Fault {
    // The place of the operation, where `pickletools.dis` lists it, not of the byte inside of it.
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
  /// The top values. Those below the last mark belong to an outer collection.
  private mutating func pop(_ count: Int) throws(Fault) -> [PickleValue] {
    let floor = marks.last ?? 0  // a mark is a floor
    // Fewer values than the operation takes. In Python that is an IndexError.
    guard stack.count - floor >= count else { throw tooFew() }
    defer { stack.removeLast(count) }  // after the values were copied
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(Fault) -> [PickleValue] {
    // The mark goes too.
    guard let mark = marks.popLast() else { throw fault("no mark", "a mark on the stack") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])  // in the order in which they were pushed
  }

  private func tooFew() -> Fault {
    fault("too few values on the stack", "those that the operation takes")
  }

  private mutating func push(_ kind: PickleHeap.Kind, _ items: [PickleValue]) throws(Fault) {
    let value = heap.make(kind, items)  // a number, however large the list is
    try checkDepth(value)
    stack.append(value)
  }

  private func checkDepth(_ value: PickleValue) throws(Fault) {
    if heap.depth(of: value) > Limit.depth { throw tooMany("levels", Limit.depth) }
  }

  private mutating func append(
    _ items: [PickleValue], to kinds: [PickleHeap.Kind], _ operation: String
  ) throws(Fault) {
    // The target must be above the last mark, else it belongs to what is being collected below.
    guard let target = stack.last, stack.count > marks.last ?? 0 else { throw tooFew() }
    // A dictionary takes pairs; a tuple takes nothing once it is made.
    guard case .node(let index) = target, let kind = heap.kind(of: target), kinds.contains(kind),
      kind == .list || items.count % 2 == 0
    else { throw misuse(operation, target.kind) }
    heap.append(items, to: index)
    try checkDepth(target)  // a list of lists of lists grows level by level
  }

  private mutating func keep(_ number: Int) throws(Fault) {
    // BINPUT keeps the top and leaves it where it is.
    guard let value = stack.last else { throw tooFew() }
    memo[number] = value
    // Numbers may have gaps: entries are counted.
    if memo.count > Limit.memo { throw tooMany("memo entries", Limit.memo) }
  }

  private func recall(_ number: Int) throws(Fault) -> PickleValue {
    // The same node, not a copy: PyTorch's tied tensors, and a thousand references to one list.
    if let value = memo[number] { return value }
    throw fault("memo entry \(number), which is empty", "one that was kept")
  }

  /// BUILD on an OrderedDict, which holds the versions of modules: nothing that a tensor needs.
  private mutating func ignoreState() throws(Fault) {
    _ = try pop(1)  // the state: {"_metadata": …} from `state_dict()`
    // On anything else Python would set attributes, or call `__setstate__`.
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
    // What is called must be one of our names, and its arguments a tuple.
    guard case .global(let global) = pair[0], let arguments = heap.items(pair[1], .tuple) else {
      throw misuse(operation, pair[0].kind)
    }
    // An argument that does not fit ends in `break`, and then in the fault below.
    switch (global, operation) {
    case (.orderedDictionary, _):  // by either operation: `OrderedDict()`
      guard let items = pairs(arguments) else { break }
      return try push(.ordered, items)
    case (.size, _):
      // `torch.Size([2, 3])`: a tuple to us.
      guard arguments.count == 1, let sizes = heap.items(arguments[0], .tuple, .list) else { break }
      return try push(.tuple, sizes)
    case (.counter, "REDUCE"):
      // Counter() or Counter({…}): its counts are a dictionary. Learning-rate schedulers have one.
      let counts = arguments.isEmpty ? [] : heap.items(arguments[0], .dictionary)
      guard arguments.count < 2, let counts else { break }
      return try push(.dictionary, counts)
    // Its arguments are dropped unread.
    case (.other(let words), "REDUCE"): return stack.append(.other(words))
    case (.rebuildTensor, "REDUCE"):
      // `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, metadata)`.
      guard let tensor = tensor(arguments), isPlain(arguments.dropFirst(4)) else { break }
      return stack.append(.tensor(tensor))
    case (.rebuildTypedTensor, "REDUCE"):
      guard let tensor = typedTensor(arguments) else { break }
      return stack.append(.tensor(tensor))
    case (.rebuildParameter, "REDUCE"):
      // `_rebuild_parameter(data, requires_grad, hooks)`: the tensor is `data`.
      guard case .tensor? = arguments.first, arguments.count == 3, isPlain(arguments.dropFirst())
      else { break }
      return stack.append(arguments[0])  // a parameter is its tensor
    default: break
    }
    throw misuse(operation, "these arguments")
  }

  /// What an OrderedDict is made of: nothing, or, by Python 2, one list of pairs.
  private func pairs(_ arguments: [PickleValue]) -> [PickleValue]? {
    if arguments.isEmpty { return [] }  // as Python 3 has it: filled later by SETITEMS
    guard arguments.count == 1, let list = heap.items(arguments[0], .list) else { return nil }
    // What is not a pair has no two elements.
    let pairs = list.map { heap.items($0, .list, .tuple) ?? [] }
    // Key, value, key, value.
    return pairs.allSatisfy { $0.count == 2 } ? pairs.flatMap { $0 } : nil
  }

  /// What a pickle may say of a tensor besides its numbers: `requires_grad`, which means nothing to
  /// a reader; hooks, which would be Python code, so there must be none; and metadata, which say
  /// whether the numbers are meant conjugated or negated: they must not be (PICK-8).
  private func isPlain(_ rest: ArraySlice<PickleValue>) -> Bool {
    guard let gradient = rest.first else { return true }  // the oldest form says nothing more
    // First `requires_grad`, then hooks, then perhaps metadata.
    guard case .bool = gradient, rest.count > 1, rest.count < 4 else { return false }
    let extras = rest.dropFirst()
    // None, an empty dictionary, or one whose values are all False: {"conj": False, "neg": False}.
    return extras.allSatisfy { value in
      guard value != .none else { return true }
      let items = heap.items(value, .dictionary, .ordered)
      // Even places are keys.
      return items?.enumerated().allSatisfy { $0 % 2 == 0 || $1 == .bool(false) } ?? false
    }
  }

  /// `_rebuild_tensor_v3(bytes, offset, size, stride, requires_grad, hooks, dtype, metadata)`: how
  /// PyTorch saves kinds of numbers that have no storage of their own, as uint16 and float8.
  private func typedTensor(_ arguments: [PickleValue]) -> TorchTensor? {
    // The kind must be one that is read here: `complex128` is known by name, but has no ``DType``.
    guard (7...8).contains(arguments.count), case .global(.scalarType(let dtype?)) = arguments[6],
      // Its storage is plain bytes.
      let tensor = tensor(arguments), tensor.storage.dtype == .u8, tensor.storage.part == nil,
      // `requires_grad` and hooks, and metadata after the dtype.
      isPlain(arguments[4...5] + arguments.dropFirst(7)),
      tensor.storage.count % (dtype.bits / 8) == 0  // whole numbers only
    else { return nil }
    // From here on the storage counts in elements of its true kind, as the view does.
    let storage = TorchStorage(
      key: tensor.storage.key, dtype: dtype, count: tensor.storage.count / (dtype.bits / 8),
      part: nil)
    return TorchTensor(
      storage: storage, offset: tensor.offset, shape: tensor.shape, strides: tensor.strides)
  }

  /// `_rebuild_tensor(storage, offset, size, stride)`; later versions add to it.
  private func tensor(_ arguments: [PickleValue]) -> TorchTensor? {
    // Four arguments make a view; whatever follows them was looked at by `isPlain`.
    guard (4...8).contains(arguments.count), case .storage(let storage) = arguments[0],
      let offset = arguments[1].integer, let shape = integers(arguments[2]),
      let strides = integers(arguments[3])
    else { return nil }
    // Not checked against the storage yet: `StridedView.check`.
    return TorchTensor(storage: storage, offset: offset, shape: shape, strides: strides)
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    // A size is a tuple or a `torch.Size`; a list does no harm.
    guard let items = heap.items(value, .tuple, .list), items.count <= Limit.dimensions else {
      return nil
    }
    let integers = items.compactMap(\.integer)
    // One that is not an integer: none of them.
    return integers.count == items.count ? integers : nil
  }

  private mutating func refer(to value: PickleValue) throws(Fault) -> TorchStorage {
    guard let storage = storage(value) else {
      throw misuse("BINPERSID", "something else than a storage")
    }
    // Kept for files before PyTorch 1.6, in which the storages follow without any names.
    storages.append(storage)
    return storage
  }

  /// `('storage', type, key, device, elements)`, and in old files the part to use:
  /// `(key, offset, elements)` or None.
  private func storage(_ value: PickleValue) -> TorchStorage? {
    // ('storage', FloatStorage, '0', 'cpu', 6): the device is ignored, a model from a GPU is read
    // as well.
    guard let parts = heap.items(value, .tuple), (5...6).contains(parts.count),
      parts[0].text == "storage", case .global(.storage(let dtype)) = parts[1],
      let key = parts[2].text, let count = parts[4].integer, count >= 0
    else { return nil }
    // The sixth part is of old files: a storage that was itself a piece of another.
    guard parts.count == 6, parts[5] != .none else {
      return TorchStorage(key: key, dtype: dtype, count: count, part: nil)
    }
    // Without overflow: `offset + length` could be beyond 64 bits, `count - offset` cannot.
    guard let view = heap.items(parts[5], .tuple), view.count == 3, let offset = view[1].integer,
      let length = view[2].integer, offset >= 0, length >= 0, offset <= count,
      length <= count - offset
    else { return nil }
    // In elements.
    return TorchStorage(key: key, dtype: dtype, count: count, part: offset..<offset + length)
  }
}
