import FoxDecoding
import FoxWeights

/// # Pickles that can call nothing
///
/// `pytorch_model.bin` holds a pickle, and a pickle is not data. It is a program for a machine with
/// a stack and a memo: push a text, make a tuple of the three values on top, call this function
/// with that tuple. `{"a": 1}` is
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
/// to build tuples, lists and dictionaries of texts and numbers, and has a table of a few names
/// that it takes care of itself (``PickleName``). Nothing is looked up, so there is nothing to
/// call.
///
/// Source: Python's `pickletools.py`, torch's `_weights_only_unpickler.py`; clauses PICK-1 to
/// PICK-4. Reads protocol 2, which `torch.save` writes, within the bounds of ``PickleLimit``. Does
/// not open the archive around the pickle: ``TorchFile`` does.
struct PickleReader {
  private let bytes: UnsafeRawBufferPointer  // untrusted
  private let file: String
  private(set) var position = 0  // of the byte that comes next
  private var start = 0  // of the operation that runs: the place of a fault
  private(set) var operations = 0  // that were run

  private(set) var heap = PickleHeap()  // the tuples, lists and dictionaries
  private(set) var stack: [PickleValue] = []  // bottom first
  private var marks: [Int] = []  // heights of the stack where MARK was run
  private(set) var memo: [Int: PickleValue] = [:]  // a text used twice is written once

  /// Reads the pickles at the beginning of `bytes`; faults are about `file`.
  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    (self.bytes, self.file) = (bytes, file)
  }

  /// Runs the next pickle: the value that it leaves on the stack.
  mutating func next() throws(Fault) -> PickleValue {
    // A fresh machine for each pickle. The heap stays: values of earlier pickles may still be read.
    (stack, marks, memo, operations) = ([], [], [:], 0)
    while true {  // every turn eats a byte or more, or throws
      start = position
      let code = Unicode.Scalar(try number() as UInt8)
      try run(code)
      operations += 1
      try PickleLimit.check(self, isAtEnd: code == ".")
      if code == "." { return stack[0] }
    }
  }

  /// Checks that nothing follows.
  func expectEnd() throws(Fault) {
    // After STOP Python reads no further, so anything could be hidden there.
    if position == bytes.count { return }
    throw fault("\(bytes.count - position) more bytes", "the end", at: position)
  }

  /// Runs one operation. Most codes are characters of ASCII; those from 80 on came with protocol 2.
  /// Numbers are little-endian. Swift evaluates `pop` before `make`, as the machine must.
  private mutating func run(_ code: Unicode.Scalar) throws(Fault) {
    switch code {
    case "\u{80}":
      // PROTO. Protocol 4 has other operations, and torch's own safe reader refuses it too.
      let version: UInt8 = try number()
      if version != 2 { throw fault("protocol \(version)", "2, which PyTorch writes") }
    // Values, as they stand in the pickle.
    case "N": stack.append(.none)
    case "\u{88}": stack.append(.bool(true))
    case "\u{89}": stack.append(.bool(false))
    case "J": stack.append(.integer(Int(try number() as Int32)))  // BININT
    case "K": stack.append(.integer(Int(try number() as UInt8)))  // BININT1
    case "M": stack.append(.integer(Int(try number() as UInt16)))  // BININT2
    case "\u{8A}": stack.append(try long())
    // BINFLOAT: the one number that a pickle holds in big-endian order.
    case "G": stack.append(.number(.init(bitPattern: UInt64(bigEndian: try number()))))
    case "U": stack.append(try text(Int(try number() as UInt8)))  // SHORT_BINSTRING
    case "X": stack.append(try text(Int(try number() as UInt32)))  // BINUNICODE
    case "c": stack.append(try global())
    // BINPUT and LONG_BINPUT keep the top in the memo, and leave it where it is.
    case "q": memo[Int(try number() as UInt8)] = try top()
    case "r": memo[Int(try number() as UInt32)] = try top()
    case "h": try recall(Int(try number() as UInt8))  // BINGET
    case "j": try recall(Int(try number() as UInt32))  // LONG_BINGET
    // Tuples of what is on top, or above the last MARK, which is not a value itself.
    case "(": marks.append(stack.count)
    case ")": stack.append(heap.make(.tuple, []))
    case "\u{85}", "\u{86}", "\u{87}":
      stack.append(heap.make(.tuple, try pop(Int(code.value) - 0x84)))
    case "t": stack.append(heap.make(.tuple, try popToMark()))
    // A list or dictionary stays on the stack, below what is added to it.
    case "]": stack.append(heap.make(.list, []))
    case "}": stack.append(heap.make(.dictionary, []))
    case "a": try append(pop(1), to: [.list], "APPEND")
    case "e": try append(popToMark(), to: [.list], "APPENDS")
    case "s": try append(pop(2), to: [.dictionary, .ordered], "SETITEM")  // a key, a value
    case "u": try append(popToMark(), to: [.dictionary, .ordered], "SETITEMS")
    // "Persistent" is what the pickle does not hold itself: the numbers, in records of their own.
    case "Q": try call([.global(PickleName.persistent)] + pop(1), "BINPERSID")
    // Python would call the first with the second as arguments, or make an object of that class.
    case "R": try call(pop(2), "REDUCE")
    case "\u{81}": try call(pop(2), "NEWOBJ")
    case "b":
      // BUILD gives an object its state. An OrderedDict's are the versions of modules, which no
      // tensor needs. On anything else Python would set attributes, or call `__setstate__`.
      _ = try pop(1)
      guard let target = stack.last, heap.items(target, .ordered) != nil else {
        throw misuse("BUILD", stack.last?.kind ?? "nothing")
      }
    case ".":
      // Python returns the top and forgets the rest, which no program would write.
      if stack.count != 1 || !marks.isEmpty {
        throw fault("\(stack.count) values, \(marks.count) marks", "one value at the end")
      }
    default:
      throw fault(
        "operation 0x\(hexadecimal(UInt8(code.value)))", "one that a state dictionary needs")
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
    // A length of 4 GiB is refused here too.
    guard let slice = bytes.slice(at: position, count: count) else { throw cut() }
    position += count
    return slice
  }

  private mutating func text(_ count: Int) throws(Fault) -> PickleValue {
    if let text = String(validating: try take(count), as: UTF8.self) { return .text(text) }
    throw fault("bytes that are not UTF-8", "a text")
  }

  /// LONG1: a length, then an integer of so many bytes, the lowest first.
  private mutating func long() throws(Fault) -> PickleValue {
    let bytes = try take(Int(try number() as UInt8))
    // Only the magic number of old files has more than 64 bits, and nobody computes with it.
    if bytes.count > 8 { return .other("an integer") }
    // The highest byte has the sign: -1 in one byte is FF, which fills all 64 bits.
    let sign = (bytes.last ?? 0) & 0x80 == 0 ? 0 : -1
    return .integer(bytes.reversed().reduce(sign) { $0 << 8 | Int($1) })
  }

  /// GLOBAL: two lines, the name of a module and a name in it.
  private mutating func global() throws(Fault) -> PickleValue {
    let (module, name) = (try line(), try line())
    if PickleName.all["\(module) \(name)"] != nil { return .global("\(module) \(name)") }
    throw fault(
      shown("\(module).\(name)"), "one of the few names that stand for tensors",
      hint: "nothing was called; if you trust the file, load it in Python and save its state_dict")
  }

  private mutating func line() throws(Fault) -> String {
    guard let end = bytes[min(position, bytes.count)...].firstIndex(of: 0x0A) else { throw cut() }
    let line = try take(end - position)
    position += 1  // the line feed
    // Swift takes some names for equal to ASCII ones: U+212A, the sign for kelvin, is a K to `==`.
    guard line.allSatisfy({ (0x21..<0x7F).contains($0) }) else {  // visible, no space
      throw fault("a name that is not ASCII", "a name of Python code")
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// A fault at an operation, where `pickletools.dis` lists it; by default the one that runs.
  func fault(
    _ found: String, _ expected: String, at place: Int? = nil, hint: String? = nil
  ) -> Fault {
    Fault(
      file, at: "byte \(place ?? start) of the pickle", found: found, expected: expected,
      hint: hint)
  }

  private func cut() -> Fault {
    fault("the end of the pickle", "the rest of an operation", hint: "is the download complete?")
  }

  private func misuse(_ operation: String, _ what: String) -> Fault {
    fault("\(operation) on \(what)", "what builds tensors")
  }

  private func tooFew() -> Fault {
    fault("too few values on the stack", "those that the operation takes")
  }
}

// MARK: - The stack and the memo

extension PickleReader {
  private func top() throws(Fault) -> PickleValue {
    if let value = stack.last { return value }
    throw tooFew()
  }

  /// The top values. Those below the last mark belong to an outer collection.
  private mutating func pop(_ count: Int) throws(Fault) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw tooFew() }
    defer { stack.removeLast(count) }  // after the values were copied
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(Fault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw fault("no mark", "a mark on the stack") }
    return try pop(stack.count - mark)
  }

  private mutating func append(
    _ items: [PickleValue], to kinds: [PickleHeap.Kind], _ operation: String
  ) throws(Fault) {
    // The target must be above the last mark, else it belongs to what is being collected below.
    guard let target = stack.last, stack.count > marks.last ?? 0 else { throw tooFew() }
    // A dictionary takes pairs; a tuple takes nothing once it is made.
    guard case .node(let index) = target, case let kind = heap.nodes[index].kind,
      kinds.contains(kind), kind == .list || items.count % 2 == 0
    else { throw misuse(operation, target.kind) }
    heap.append(items, to: index)
  }

  private mutating func recall(_ number: Int) throws(Fault) {
    // The same node, not a copy: PyTorch's tied tensors, and a thousand references to one list.
    guard let value = memo[number] else {
      throw fault("memo entry \(number), which is empty", "one that was kept")
    }
    stack.append(value)
  }

  /// REDUCE, NEWOBJ and BINPERSID: what Python would do by a call.
  private mutating func call(_ pair: [PickleValue], _ operation: String) throws(Fault) {
    // What is called must be one of our names, and its arguments a tuple.
    guard case .global(let name) = pair[0] else { throw misuse(operation, pair[0].kind) }
    let make: PickleName.Make? =
      switch PickleName.all[name] {
      case .type(let make)?: make
      case .function(let make)? where operation != "NEWOBJ": make
      default: nil
      }
    guard let make, let arguments = heap.items(pair[1], .tuple), let value = make(arguments, &heap)
    else { throw misuse(operation, "these arguments") }
    stack.append(value)
  }
}
