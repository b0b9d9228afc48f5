import FoxDecoding
import FoxFiles
import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("PyTorch's checkpoints", .counted)
struct TorchTests {
  private typealias P = HandMadePickle
  private let path = HandMadeZip.path
  private let uncountable = "more elements, or longer strides, than 64 bits can count"

  private func open(_ bytes: [UInt8]) throws(Fault) -> TorchFile {
    let allowance = ZipArchive.allowance(forSize: bytes.count)
    return try TorchFile(
      ZipArchive(StoredBytes(copying: bytes), path: path, allowance: allowance))
  }

  private func expectRefusal(
    _ bytes: [UInt8], at place: String? = nil, _ found: String, _ expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(path, at: place, found: found, expected: expected, sourceLocation: sourceLocation) {
      try open(bytes)
    }
  }

  private func expectRefusal(
    offset: Int = 0, shape: [Int] = [2, 3], strides: [Int] = [3, 1], _ found: String,
    _ expected: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let tensor = P.tensor(offset: offset, shape: shape, strides: strides)
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("w", tensor)))), at: #"tensor "w""#, found, expected,
      sourceLocation: sourceLocation)
  }

  @Test
  func `VIEW-1 TORCH-3 a matrix and its transpose, two views of six numbers`() throws {
    // The storage holds 0, 1, 2, 3, 4, 5.
    let numbers = (0..<6).flatMap { littleEndian(Float($0).bitPattern) }
    let state = P.dictionary(
      ("rows", P.tensor(shape: [2, 3], strides: [3, 1])),
      ("transposed", P.tensor(shape: [3, 2], strides: [1, 3])),
      ("column", P.tensor(offset: 1, shape: [2], strides: [3])),
      ("repeated", P.tensor(offset: 5, shape: [2, 2], strides: [0, 0])))
    let file = try open(P.checkpoint(P.file(state), storage: numbers))
    #expect(try file.tensor(named: "rows").elements == [0, 1, 2, 3, 4, 5])
    #expect(try file.tensor(named: "transposed").elements == [0, 3, 1, 4, 2, 5])
    #expect(try file.tensor(named: "column").elements == [1, 4])
    #expect(try file.tensor(named: "repeated").elements == [5, 5, 5, 5])
    #expect(file.tied.isEmpty)
  }

  @Test
  func `TORCH-3 ZIP-7 what torch.save wrote for a GPT-2 with a tied head`() throws {
    let file = try TorchFile(path: Places.golden("checkpoints/formats/gpt2.bin"))
    #expect(file.tied == [["transformer.wte.weight", "lm_head.weight"]])
    let tensor = try file.tensor(named: "transformer.wte.weight")
    #expect(try file.tensor(named: "lm_head.weight").pointer == tensor.pointer)
    let loader = try ParameterLoader(
      file, expecting: [.init("wte.weight", [7, 4])],
      rules: NameRules(
        prefix: "transformer.", ties: [(alias: "lm_head.weight", parameter: "wte.weight")]))
    #expect(loader.report.ignored == ["lm_head.weight"])
    #expect(loader.report.disagreeing.isEmpty)
  }

  @Test
  func `TORCH-1 TORCH-2 PICK-4 a checkpoint without faults`() throws {
    let parameter =
      P.global("torch._utils _rebuild_parameter")
      + P.tuple(P.tensor(), [0x89], P.op("}")) + P.op("R")
    let state = P.dictionary(("n", P.int(3)), ("w", parameter), ("none", P.op("N")))
    let checkpoint = try open(P.checkpoint(P.file(state)))
    #expect(checkpoint.tensors.map(\.name) == ["w"])
    #expect(try checkpoint.tensor(named: "w").shape == [2, 3])
    let pairs = P.op("]") + P.tuple(P.text("w"), P.tensor()) + P.op("a")
    let ordered = P.global("collections OrderedDict") + P.op("(") + pairs + P.op("tR")
    #expect(try open(P.checkpoint(P.file(ordered))).tensors.count == 1)
    #expect(try open(P.checkpoint(P.file(P.op("}")))).tensors.isEmpty)
  }

  @Test
  func `VIEW-2 negative sizes, strides and offsets`() {
    expectRefusal(strides: [-3, 1], "a negative size, stride or offset", "none")
    expectRefusal(shape: [-2, 3], "a negative size, stride or offset", "none")
    expectRefusal(offset: -1, "a negative size, stride or offset", "none")
    expectRefusal(shape: [2, 0], strides: [-1, 1], "a negative size, stride or offset", "none")
  }

  @Test
  func `VIEW-2 an offset past the storage`() {
    expectRefusal(offset: 1, "element 6", "one of the storage's 6")
    expectRefusal(strides: [4, 1], "element 6", "one of the storage's 6")
    expectRefusal(
      offset: .max, shape: [], strides: [], "element \(Int.max)", "one of the storage's 6")
  }

  @Test
  func `VIEW-2 numbers of elements and distances that overflow`() {
    expectRefusal(shape: [1 << 40, 1 << 40], strides: [0, 0], uncountable, "fewer")
    expectRefusal(
      shape: [2, 1], strides: [.max, 1], "element \(Int.max)", "one of the storage's 6")
    expectRefusal(shape: [3, 3], strides: [.max, 1], uncountable, "fewer")
    expectRefusal(offset: 5, strides: [.max, 1], uncountable, "fewer")
  }

  @Test
  func `VIEW-2 one element, repeated without end`() throws {
    expectRefusal(
      shape: [1 << 20, 1 << 20], strides: [0, 0], "\(1 << 40) elements of a storage of 6",
      "at most 12582912 repeated ones")
    let few = P.tensor(shape: [1000, 6], strides: [0, 1])
    let checkpoint = try open(P.checkpoint(P.file(P.dictionary(("w", few)))))
    #expect(try checkpoint.tensor(named: "w").count == 6000)
  }

  @Test
  func `VIEW-2 other numbers of strides than of sizes`() {
    expectRefusal(strides: [1], "2 sizes and 1 strides", "a stride for each of up to 64 sizes")
  }

  @Test
  func `VIEW-1 a dimension of one element with a stride nobody can add`() throws {
    let tensor = P.tensor(shape: [1, 2, 1, 3], strides: [.max, 1, .max, 2])
    let checkpoint = try open(P.checkpoint(P.file(P.dictionary(("w", tensor)))))
    #expect(try checkpoint.withBytes(of: "w") { $0[4] } == 8)
  }

  @Test
  func `TORCH-3 storages that are not there, or of another size`() {
    let absent = P.tensor(P.storage("../0"))
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("w", absent)))),
      at: #"tensor "w", storage "../0""#, "nothing", "a storage in the file")
    let large = P.tensor(P.storage(count: .max))
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("w", large)))),
      at: #"tensor "w", storage "0""#, "24 bytes", "\(Int.max) bytes")
    let wide = P.tensor(P.storage(type: "DoubleStorage"))
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("w", wide)))),
      at: #"tensor "w", storage "0""#, "24 bytes", "48 bytes")
  }

  @Test
  func `TORCH-2 no state dictionary; names that are numbers, none, or twice`() throws {
    for pickle in [P.op("N"), P.op("]")] {
      expectRefusal(P.checkpoint(P.file(pickle)), "no dictionary", "a dictionary of tensors")
    }
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("epoch", P.int(1))))), #"a dictionary of "epoch""#,
      "a dictionary of tensors")
    let numbered = P.op("}") + P.int(1) + P.tensor() + P.op("s")
    #expect(try open(P.checkpoint(P.file(numbered))).tensors.map(\.name) == ["1"])
    let nameless = P.op("}N") + P.tensor() + P.op("s")
    expectRefusal(P.checkpoint(P.file(nameless)), "a tensor called by None", "a name")
    let both = P.op("}(") + P.int(1) + P.tensor() + P.text("1") + P.tensor() + P.op("u")
    expectRefusal(P.checkpoint(P.file(both)), at: #"tensor "1""#, "two of that name", "one")
    let twice = P.dictionary(("w", P.tensor()), ("w", P.tensor()))
    expectRefusal(P.checkpoint(P.file(twice)), at: #"tensor "w""#, "two of that name", "one")
  }

  @Test
  func `TORCH-7 a tensor alone, in lists and in nested dictionaries`() throws {
    let list = P.op("](") + P.tensor() + P.int(3) + P.tensor() + P.op("e")
    let numbered = P.op("}") + P.int(0) + P.dictionary(("exp_avg", P.tensor())) + P.op("s")
    for (pickle, names) in [
      (P.tensor(), ["tensor"]), (list, ["0", "2"]),
      (P.dictionary(("list", list)), ["list.0", "list.2"]),
      (P.dictionary(("lr", P.int(1)), ("state", numbered)), ["state.0.exp_avg"]),
      (P.dictionary(("w", P.tensor()), ("state", numbered)), ["w", "state.0.exp_avg"]),
      (
        P.dictionary(("model", P.dictionary(("w", P.tensor()), ("list", list))), ("x", list)),
        ["w", "list.0", "list.2"]
      ),
    ] {
      let file = try open(P.checkpoint(P.file(pickle)))
      #expect(file.tensors.map(\.name) == names)
      #expect(try file.tensor(named: names[0]).count == 6)
    }
    let clash = P.dictionary(
      ("a.b", P.dictionary(("c", P.tensor()))), ("a", P.dictionary(("b.c", P.tensor()))))
    expectRefusal(P.checkpoint(P.file(clash)), at: #"tensor "a.b.c""#, "two of that name", "one")
  }

  @Test
  func `TORCH-7 PICK-6 a few bytes that name a tensor ten to the twelfth times`() {
    var pickle = P.tensor()
    for level in 0..<4 {
      let again = P.op("h") + [UInt8(level)]
      pickle += P.op("q") + [UInt8(level)] + P.op("](") + (0..<1_000).flatMap { _ in again }
      pickle += P.op("e") + [0x86]  // with what was below it, a pair
    }
    expectRefusal(
      P.checkpoint(P.file(pickle)), "too many values, or too long names, around the tensors",
      "a dictionary of tensors")
    let nameless = P.op("}(") + P.op(String(repeating: "N", count: 20_002)) + P.op("u")
    expectRefusal(
      P.checkpoint(P.file(P.op("]") + nameless + P.op("a"))), "no dictionary",
      "a dictionary of tensors")
    let long = P.dictionary((String(repeating: "x", count: 257), P.dictionary(("a", P.tensor()))))
    expectRefusal(
      P.checkpoint(P.file(long)), "too many values, or too long names, around the tensors",
      "a dictionary of tensors")
  }

  @Test
  func `PICK-7 TORCH-2 a Counter beside the weights`() throws {
    let counts = P.op("}(") + P.int(3) + P.int(1) + P.op("u")
    let counter = P.global("collections Counter") + P.tuple(counts) + P.op("R")
    let pickle = P.dictionary(("model", P.dictionary(("w", P.tensor()))), ("sched", counter))
    #expect(try open(P.checkpoint(P.file(pickle))).tensors.map(\.name) == ["w"])
  }

  @Test
  func `TORCH-5 TORCH-1 TorchScript, an unknown order of bytes, no pickle`() {
    let pickle = P.file(P.dictionary(("w", P.tensor())))
    for name in ["a/constants.pkl", "a/code/__torch__.py"] {
      let script = HandMadeZip(.init("a/data.pkl", pickle), .init(name, [1])).bytes
      expectRefusal(script, "a TorchScript program", "a checkpoint")
    }
    expectRefusal(
      HandMadeZip(.init("a/data.pickle", pickle)).bytes, "no data.pkl", "one data.pkl, in a folder")
    let two = HandMadeZip(.init("a/data.pkl", pickle), .init("b/data.pkl", pickle)).bytes
    expectRefusal(two, #""a/data.pkl", "b/data.pkl""#, "one data.pkl, in a folder")
    // Not taken for an archive that only holds a checkpoint either.
    let found = fault {
      try Checkpoint(StoredBytes(copying: two), path: "c") { _ in StoredBytes(copying: []) }
    }?.found
    #expect(found == #""a/data.pkl", "b/data.pkl""#)
    let order = HandMadeZip(.init("a/data.pkl", pickle), .init("a/byteorder", [0x3F])).bytes
    expectRefusal(order, at: "byteorder", #""?""#, "little or big")
  }
}
