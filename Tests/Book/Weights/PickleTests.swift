import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxWeights

@Suite("Pickles, and attacks with them", .counted)
struct PickleTests {
  private typealias P = HandMadePickle
  private let names = "one of the few names that stand for tensors"
  private let tooFew = "too few values on the stack"
  private let those = "those that the operation takes"

  private func value(_ pickle: [UInt8]) throws -> PickleValue {
    try pickle.withUnsafeBytes { bytes in
      var reader = PickleReader(bytes, file: "p")
      let value = try reader.next()
      try reader.expectEnd()
      return value
    }
  }

  private func expectRefusal(
    _ pickle: [UInt8], _ found: String, _ expected: String, at position: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(
      "p", at: "byte \(position) of the pickle", found: found, expected: expected,
      sourceLocation: sourceLocation
    ) { try value(pickle) }
  }

  @Test
  func `PICK-1 a dictionary of one text and one number, operation by operation`() throws {
    // {"a": 1}, as Python's pickle.dumps({"a": 1}, protocol=2) writes it.
    let pickle: [UInt8] = [
      0x80, 0x02,  // PROTO 2
      0x7D,  // EMPTY_DICT: the stack is {}
      0x71, 0x00,  // BINPUT 0: memo 0 is the dictionary
      0x58, 0x01, 0x00, 0x00, 0x00, 0x61,  // BINUNICODE "a": {} "a"
      0x71, 0x01,  // BINPUT 1
      0x4B, 0x01,  // BININT1 1: {} "a" 1
      0x73,  // SETITEM: {"a": 1}
      0x2E,  // STOP
    ]
    try pickle.withUnsafeBytes { bytes in
      var reader = PickleReader(bytes, file: "p")
      let value = try reader.next()
      try reader.expectEnd()
      let members = try #require(reader.heap.members(value))
      #expect(members.map(\.key) == [.text("a")])
      #expect(members.map(\.value) == [.integer(1)])
    }
  }

  @Test
  func `PICK-3 a pickle that calls os.system`() {
    let pickle = P.file(P.global("posix system"), P.tuple(P.text("echo owned")), P.op("R"))
    expectRefusal(pickle, #""posix.system""#, names, at: 2)
    let fault = fault { try value(pickle) }
    #expect(fault?.hint?.hasPrefix("nothing was called;") == true)
  }

  @Test(arguments: [
    "builtins eval", "__builtin__ getattr", "torch load", "torch.serialization load",
    "torch FloatTensor", "torch _utils._rebuild_tensor_v2", "torch._utils _rebuild_tensor_v4",
    "__builtin__ eval", "_codecs decode", "torch float33", "collections namedtuple",
    "collections defaultdict", "collections OrderedDict.fromkeys", "os system", "torch size",
    "torch.jit load", "numpy.core.multiarray _reconstruct", "torch\u{0} FloatStorage",
  ])
  func `PICK-3 names beside those that are allowed`(name: String) {
    let isASCII = name.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    expectRefusal(
      P.file(P.global(name)),
      isASCII ? shown(name.replacing(" ", with: ".")) : "a name that is not ASCII",
      isASCII ? names : "a name of Python code", at: 2)
  }

  @Test(arguments: [
    ("collections OrderedDict", PickleGlobal.orderedDictionary),
    ("torch._utils _rebuild_tensor", .rebuildTensor), ("torch Size", .size),
    ("torch._utils _rebuild_tensor_v2", .rebuildTensor),
    ("torch._utils _rebuild_parameter", .rebuildParameter),
    ("torch BFloat16Storage", .storage(.bf16)), ("torch BoolStorage", .storage(.bool)),
    ("torch.storage UntypedStorage", .storage(.u8)),
  ])
  func `PICK-3 the names that are allowed`(name: String, global: PickleGlobal) throws {
    #expect(try value(P.file(P.global(name))) == .global(global))
  }

  @Test
  func `PICK-7 what may stand beside tensors`() throws {
    let list = P.op("](") + P.int(1) + P.int(2) + P.op("e")
    for (name, arguments, kind) in [
      ("__builtin__ set", P.tuple(list), "a set"),
      ("_codecs encode", P.tuple(P.text("ab"), P.text("latin1")), "bytes"),
      ("__builtin__ bytearray", P.tuple(P.text("ab"), P.text("latin-1")), "bytes"),
      ("torch device", P.tuple(P.text("cuda"), P.int(0)), "a device"),
      ("torch.serialization _get_layout", P.tuple(P.text("torch.strided")), "a layout"),
    ] {
      #expect(try value(P.file(P.global(name), arguments, P.op("R"))) == .other(kind))
    }
    #expect(
      try value(P.file(P.global("torch bfloat16"))) == .global(.scalarType(.bf16)))
    // Counter([3, 5]), as torch.save writes it.
    let counts = P.op("}(") + P.int(3) + P.int(1) + P.int(5) + P.int(1) + P.op("u")
    let counter = P.file(P.global("collections Counter"), P.tuple(counts), P.op("R"))
    try counter.withUnsafeBytes { bytes in
      var reader = PickleReader(bytes, file: "p")
      let value = try reader.next()
      #expect(reader.heap.members(value)?.map(\.key) == [.integer(3), .integer(5)])
    }
  }

  @Test
  func `PICK-8 what a pickle says of a tensor beside its numbers`() throws {
    func tensor(_ version: String, _ rest: [UInt8]...) -> [UInt8] {
      let storage = P.storage(type: version == "v3" ? "ByteStorage" : "FloatStorage", count: 6)
      let view = storage + P.int(0) + P.ints([3]) + P.ints([1])
      return P.file(
        P.global("torch._utils _rebuild_tensor_\(version)"),
        P.op("(") + view + rest.flatMap { $0 } + P.op("t"), P.op("R"))
    }
    let (no, yes, none): ([UInt8], [UInt8], [UInt8]) = ([0x89], [0x88], P.op("N"))
    let hooks = P.global("collections OrderedDict") + P.op(")R")
    let conjugated = P.dictionary(("conj", yes))
    for good in [
      tensor("v2", no, hooks), tensor("v2", yes, hooks), tensor("v2", no, none),
      tensor("v2", no, hooks, P.op("}")), tensor("v2", no, hooks, P.dictionary(("conj", no))),
      tensor("v3", no, hooks, P.global("torch uint16")),
      tensor("v3", no, hooks, P.global("torch uint16"), none),
    ] {
      #expect(try value(good).kind == "a tensor")
    }
    for bad in [
      tensor("v2", no, hooks, conjugated), tensor("v2", no, hooks, P.dictionary(("neg", yes))),
      tensor("v2", none, hooks), tensor("v2", no, P.dictionary(("0", P.int(1)))),
      tensor("v2", no), tensor("v2", no, hooks, P.text("x")),
      tensor("v3", no, hooks, P.global("torch int32")),  // 6 bytes are not whole numbers
      tensor("v3", no, hooks, P.global("torch complex128")), tensor("v3", no, hooks, none),
      tensor("v3", no, hooks, P.global("torch uint16"), conjugated),
    ] {
      #expect(fault { try value(bad) }?.found == "REDUCE on these arguments")
    }
    guard case .tensor(let typed) = try value(tensor("v3", no, hooks, P.global("torch uint16")))
    else { throw Fault("v3", found: "something else", expected: "a tensor") }
    #expect(typed.storage.dtype == .u16)
    #expect(typed.storage.count == 3)
  }

  @Test
  func `PICK-4 BUILD on a foreign object`() {
    for (target, kind) in [
      (P.global("torch Size"), "a name"), (P.op("}"), "a tuple, list or dictionary"),
      (P.op("N"), "None"), (P.tensor(), "a tensor"),
    ] {
      let pickle = P.file(target, P.op("}"), P.op("b"))
      expectRefusal(pickle, "BUILD on \(kind)", "what builds tensors", at: pickle.count - 2)
    }
    let ordered = P.file(P.global("collections OrderedDict"), P.op(")R}b"))
    #expect(throws: Never.self) { try value(ordered) }
  }

  @Test
  func `PICK-4 REDUCE, APPEND, SETITEM and persistent ids on what they are not for`() {
    for pickle in [
      P.file(P.op("N)R")), P.file(P.text("os.system"), P.op(")R")),
      P.file(P.global("torch Size"), P.op(")R")), P.file(P.op("}Na")), P.file(P.op("]NNs")),
      P.file(P.op(")Na")), P.file(P.op("}(Nu")), P.file(P.op("NQ")),
      P.file(P.tuple(P.text("module")), P.op("Q")),
      P.file(P.global("torch FloatStorage"), P.op(")R")),
      P.file(P.global("torch._utils _rebuild_tensor_v2"), P.op(")"), [0x81]),
      P.file(P.global("torch._utils _rebuild_parameter"), P.tuple(P.int(1)), P.op("R")),
      P.file(P.storage(count: -1)),
      P.file(P.storage(view: P.tuple(P.text("0"), P.int(4), P.int(3)))),
      P.file(P.storage(view: P.tuple(P.text("0"), P.int(.max), P.int(.max)))),
    ] {
      let fault = fault { try value(pickle) }
      #expect(fault?.found.contains(" on ") == true)
      #expect(fault?.expected == "what builds tensors")
    }
  }

  @Test(
    arguments: "ilopPSVIFLdgT02B\u{0}".utf8.map { $0 } + [0x82, 0x8B, 0x8C, 0x93, 0x94, 0x95, 0xFF])
  func `PICK-1 operations of other protocols, or none`(code: UInt8) {
    expectRefusal(
      P.file(P.op("N"), [code]), "operation 0x\(hexadecimal(code))",
      "one that a state dictionary needs", at: 3)
  }

  @Test(arguments: [0, 1, 3, 4, 5, 255] as [UInt8])
  func `PICK-1 other protocols`(version: UInt8) {
    expectRefusal(
      [0x80, version, 0x4E, 0x2E], "protocol \(version)", "2, which PyTorch writes", at: 0)
  }

  @Test
  func `PICK-2 a stack that is empty, or not at the end; marks that are not there`() {
    expectRefusal(P.file(), "0 values, 0 marks", "one value at the end", at: 2)
    expectRefusal(P.file(P.op("NN")), "2 values, 0 marks", "one value at the end", at: 4)
    expectRefusal(P.file(P.op("N(")), "1 values, 1 marks", "one value at the end", at: 4)
    expectRefusal(P.file(P.op("t")), "no mark", "a mark on the stack", at: 2)
    expectRefusal(P.file(P.op("N("), [0x85]), tooFew, those, at: 4)
    expectRefusal(P.file(P.op("](NNs")), tooFew, those, at: 6)
    expectRefusal(P.file(P.op("q"), [0]), tooFew, those, at: 2)
    expectRefusal(
      P.file(P.op("h"), [7]), "memo entry 7, which is empty", "one that was kept", at: 2)
  }

  @Test
  func `PICK-2 something behind the end, and text that is not UTF-8`() {
    expectRefusal(P.file(P.op("N")) + [0x2E], "1 more bytes", "the end", at: 4)
    expectRefusal(P.file(P.op("U"), [1, 0xFF]), "bytes that are not UTF-8", "a text", at: 2)
    expectRefusal([0x80, 2, 0x4E], "the end of the pickle", "the rest of an operation", at: 3)
    expectRefusal(
      P.file(P.op("X"), [9, 0, 0, 0]), "the end of the pickle", "the rest of an operation", at: 2)
  }

  @Test
  func `PICK-5 PICK-6 a memo bomb`() throws {
    // Forty-nine levels of a thousand references each: ten to the 147th elements.
    var levels: [UInt8] = []
    for level in 0..<49 {
      levels += P.op("q") + [UInt8(level)] + P.op("(")
      levels += (0..<1000).flatMap { _ in P.op("h") + [UInt8(level)] } + P.op("t")
      // What was below the mark is not needed any more: the tuple takes it in.
      levels += [0x86]
    }
    #expect(throws: Never.self) { try value(P.file(P.op("N"), levels)) }
    var entries = P.op("N")
    for number in 0..<300_001 {
      entries += P.op("r") + littleEndian(UInt32(number))
    }
    expectRefusal(
      P.file(entries), "too many memo entries", "at most 300000", at: 3 + 5 * 300_000)
  }

  @Test
  func `PICK-6 TORCH-2 a list and a dictionary that hold themselves`() throws {
    let list = P.file(P.op("]q\u{0}h\u{0}a"))
    #expect(throws: Never.self) { try value(list) }
    let dictionary = P.file(P.op("}q\u{0}"), P.text("model"), P.op("h\u{0}s"))
    expectFault(
      HandMadeZip.path, found: #"a dictionary of "model""#, expected: "a dictionary of tensors"
    ) { try TorchFile(HandMadeZip(.init("a/data.pkl", dictionary)).archive()) }
  }

  @Test
  func `PICK-5 deep nesting`() {
    let tuples = [UInt8](repeating: 0x85, count: 1_000)
    expectRefusal(P.file(P.op("N"), tuples), "too many levels", "at most 100", at: 103)
    let marks = P.file(Array(repeating: 0x28, count: 900_000))
    expectRefusal(marks, "0 values, 900000 marks", "one value at the end", at: 900_002)
  }

  @Test
  func `PICK-5 too many values, operations, and bytes of text`() {
    let nones = [UInt8](repeating: 0x4E, count: 100_001)
    expectRefusal(P.file(nones), "too many values", "at most 100000", at: 100_002)
    let marks = [UInt8](repeating: 0x28, count: 1_000_001)
    expectRefusal(P.file(marks), "too many operations", "at most 1000000", at: 1_000_000)
    let long = String(repeating: "x", count: 65_537)
    expectRefusal(P.file(P.text(long)), "too many bytes of text", "at most 65536", at: 2)
    let deep = P.file(P.tensor(shape: Array(repeating: 1, count: 65), strides: []))
    #expect(fault { try value(deep) }?.found == "REDUCE on these arguments")
  }

  @Test
  func `PICK-1 integers of many bytes`() throws {
    #expect(try value(P.file(P.int(-5))) == .integer(-5))
    #expect(try value(P.file([0x8A, 0])) == .integer(0))
    #expect(try value(P.file([0x8A, 1, 0xFF])) == .integer(-1))
    #expect(
      try value(P.file([0x8A, 9] + Array(repeating: 1, count: 9)))
        == .long(.init(repeating: 1, count: 9)))
    #expect(try value(P.file([0x4A, 0xFE, 0xFF, 0xFF, 0xFF])) == .integer(-2))
    #expect(try value(P.file(P.op("G"), [0x3F, 0xF8, 0, 0, 0, 0, 0, 0])) == .number(1.5))
  }
}
