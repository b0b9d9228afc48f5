import FoxDecoding
import FoxFiles
import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Pickles of all that PyTorch writes, and attacks with them", .counted)
struct StrictPickleTests: ReadsPickles {
  private typealias P = HandMadePickle

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
      isASCII ? "one of the few names that stand for tensors" : "a name of Python code", at: 2)
  }

  @Test(arguments: [
    "collections OrderedDict", "torch._utils _rebuild_tensor", "torch Size",
    "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter",
    "torch BFloat16Storage", "torch BoolStorage", "torch.storage UntypedStorage",
    "torch bfloat16", "torch complex128",
  ])
  func `PICK-3 the names that are allowed`(name: String) throws {
    #expect(try value(P.file(P.global(name))) == .global(name))
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
  func `PICK-4 PICK-6 the state dictionary of a matrix, its head tied to it`() throws {
    // {"w": a tensor, "head": the same}, by the memo, in a dictionary that then holds itself.
    let dictionary = P.op("}q\u{0}") + P.text("w") + P.tensor() + P.op("q\u{1}s")
    let pickle = P.file(
      dictionary, P.text("head"), P.op("h\u{1}s"), P.text("self"), P.op("h\u{0}s"))
    try pickle.withUnsafeBytes { bytes in
      var reader = PickleReader(bytes, file: "p")
      let value = try reader.next()
      let members = try #require(reader.heap.members(value))
      #expect(members.map(\.key) == [.text("w"), .text("head"), .text("self")])
      let tensor = TorchTensor(
        storage: TorchStorage(key: "0", dtype: .f32, count: 6), offset: 0, shape: [2, 3],
        strides: [3, 1])
      #expect(members.map(\.value) == [.tensor(tensor), .tensor(tensor), value])
    }
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
    expectRefusal(P.file(P.op("N"), tuples), "too many levels", "at most 100", at: 1_003)
    #expect(throws: Never.self) { try value(P.file(P.op("N"), Array(tuples.prefix(100)))) }
    let marks = P.file(Array(repeating: 0x28, count: 900_000))
    expectRefusal(marks, "0 values, 900000 marks", "one value at the end", at: 900_002)
  }

  @Test(arguments: [99, 100])
  func `PICK-5 deep nesting, each list put into one that is in another already`(lists: Int) {
    // All lists in a tuple, which is one more level.
    var pickle = P.op("(]q\u{0}")
    for number in 1..<lists {
      // The last list, once more; a new one goes into it.
      pickle += P.op("h") + [UInt8(number - 1)] + P.op("]q") + [UInt8(number)] + P.op("a")
    }
    pickle += P.op("t")
    if lists == 99 {
      #expect(throws: Never.self) { try value(P.file(pickle)) }
    } else {
      expectRefusal(P.file(pickle), "too many levels", "at most 100", at: pickle.count + 2)
    }
  }

  @Test
  func `PICK-5 PICK-6 a dictionary of a list's pairs, a thousand times`() {
    let pair = P.op("NN") + [0x86]
    let list = P.op("](") + (0..<2_000).flatMap { _ in pair } + P.op("e") + P.op("q\u{0}")
    let call = P.global("collections OrderedDict") + P.op("h\u{0}") + [0x85] + P.op("R")
    let pickle = P.file(list, P.op("("), Array((0..<1_000).map { _ in call }.joined()), P.op("t"))
    let fault = fault { try value(pickle) }
    #expect(fault?.found == "too many values in tuples, lists and dictionaries")
    #expect(fault?.expected == "at most 2000000")
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
}
