import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks with checkpoints of PyTorch")
struct TorchAttacks {
  private typealias P = HandMadePickle
  private let path = HandMadeZip.path

  private func expectRefusal(
    _ bytes: [UInt8], _ problem: TorchProblem, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      throws: CheckpointError.torch(file: path, problem: problem), sourceLocation: sourceLocation
    ) { try open(bytes) }
  }

  private func expectRefusal(
    offset: Int = 0, shape: [Int] = [2, 3], strides: [Int] = [3, 1], _ problem: ViewProblem,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let tensor = P.tensor(offset: offset, shape: shape, strides: strides)
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("w", tensor)))), .view(tensor: "w", problem: problem),
      sourceLocation: sourceLocation)
  }

  @Test("a checkpoint without faults", .spec("TORCH-1", "TORCH-2", "PICK-4"))
  func whole() throws {
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

  @Test("negative sizes, strides and offsets", .spec("VIEW-2"))
  func negative() {
    expectRefusal(strides: [-3, 1], .negative)
    expectRefusal(shape: [-2, 3], .negative)
    expectRefusal(offset: -1, .negative)
    expectRefusal(shape: [2, 0], strides: [-1, 1], .negative)
  }

  @Test("an offset past the storage", .spec("VIEW-2"))
  func offsetPastStorage() {
    expectRefusal(offset: 1, .outside(last: 6, elements: 6))
    expectRefusal(strides: [4, 1], .outside(last: 6, elements: 6))
    expectRefusal(offset: .max, shape: [], strides: [], .outside(last: .max, elements: 6))
  }

  @Test("numbers of elements and distances that overflow", .spec("VIEW-2"))
  func overflow() {
    expectRefusal(shape: [1 << 40, 1 << 40], strides: [0, 0], .tooMany)
    expectRefusal(shape: [2, 1], strides: [.max, 1], .outside(last: .max, elements: 6))
    expectRefusal(shape: [3, 3], strides: [.max, 1], .tooMany)
    expectRefusal(offset: 5, strides: [.max, 1], .tooMany)
  }

  @Test("one element, repeated without end", .spec("VIEW-2"))
  func repeats() throws {
    expectRefusal(
      shape: [1 << 20, 1 << 20], strides: [0, 0], .repeats(elements: 1 << 40, of: 6))
    let few = P.tensor(shape: [1000, 6], strides: [0, 1])
    let checkpoint = try open(P.checkpoint(P.file(P.dictionary(("w", few)))))
    #expect(try checkpoint.tensor(named: "w").count == 6000)
  }

  @Test("other numbers of strides than of sizes", .spec("VIEW-2"))
  func dimensions() {
    expectRefusal(strides: [1], .dimensions(sizes: 2, strides: 1))
  }

  @Test("a dimension of one element with a stride nobody can add", .spec("VIEW-1"))
  func unusedStride() throws {
    let tensor = P.tensor(shape: [1, 2, 1, 3], strides: [.max, 1, .max, 2])
    let checkpoint = try open(P.checkpoint(P.file(P.dictionary(("w", tensor)))))
    #expect(try checkpoint.withBytes(of: "w") { $0[4] } == 8)
  }

  @Test("storages that are not there, or of another size", .spec("TORCH-3"))
  func storages() {
    let absent = P.tensor(P.storage("../0"))
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("w", absent)))),
      .noStorage(tensor: "w", key: "../0"))
    let large = P.tensor(P.storage(count: .max))
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("w", large)))),
      .storageSize(tensor: "w", key: "0", expected: .max, found: 24))
    let wide = P.tensor(P.storage(type: "DoubleStorage"))
    expectRefusal(
      P.checkpoint(P.file(P.dictionary(("w", wide)))),
      .storageSize(tensor: "w", key: "0", expected: 48, found: 24))
  }

  @Test("no state dictionary; names that are no texts, or twice", .spec("TORCH-2"))
  func dictionaries() {
    for pickle in [P.op("N"), P.tensor(), P.op("]"), P.dictionary(("epoch", P.int(1)))] {
      #expect {
        try open(P.checkpoint(P.file(pickle)))
      } throws: { error in
        guard case CheckpointError.torch(_, .noStateDictionary) = error else { return false }
        return true
      }
    }
    let numbered = P.op("}") + P.int(1) + P.tensor() + P.op("s")
    expectRefusal(P.checkpoint(P.file(numbered)), .name(found: "an integer"))
    let twice = P.dictionary(("w", P.tensor()), ("w", P.tensor()))
    #expect(throws: CheckpointError.duplicateName(file: path, tensor: "w")) {
      try open(P.checkpoint(P.file(twice)))
    }
  }

  @Test(
    "TorchScript, tar, other pickles, an unknown order of bytes",
    .spec("TORCH-5", "TORCH-1", "FORM-1"))
  func foreign() {
    let pickle = P.file(P.dictionary(("w", P.tensor())))
    for name in ["a/constants.pkl", "a/code/__torch__.py"] {
      let script = HandMadeZip(.init("a/data.pkl", pickle), .init(name, [1])).bytes
      expectRefusal(script, .script)
    }
    let order = HandMadeZip(.init("a/data.pkl", pickle), .init("a/byteorder", [0x3F])).bytes
    expectRefusal(order, .unknown("byteorder", found: "?"))
    var tar = [UInt8](repeating: 0, count: 512)
    tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
    expectRefusal(tar, .tar)
    expectRefusal(P.file(P.op("N")), .notTorch)
    expectRefusal([0x80, 4, 0x4E, 0x2E], .notTorch)
  }

  @Test("legacy files that do not hold together", .spec("TORCH-4"))
  func legacy() throws {
    let state = P.dictionary(("w", P.tensor()))
    let count: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 0]
    let storage = count + [UInt8](repeating: 1, count: 24)
    #expect(try open(P.legacy(state, storages: storage)).tensors.count == 1)
    // A storage of something that is no weight, as in checkpoints of a training.
    let more = P.dictionary(("model", state), ("loss", P.tensor(P.storage("1"))))
    let nested = P.dictionary(
      ("model", state), ("best", P.dictionary(("loss", P.tensor(P.storage("1"))))))
    let both = P.legacy(nested, keys: ["0", "1"], storages: storage + storage)
    #expect(try open(both).tensors.map(\.name) == ["w"])
    let beside = try open(P.legacy(more, keys: ["0", "1"], storages: storage + storage))
    #expect(beside.tensors.map(\.name) == ["w"])
    expectRefusal(P.legacy(state, storages: storage + [0]), .trailing(bytes: 1))
    expectRefusal(P.legacy(state, storages: Array(storage.dropLast())), .cut(key: "0"))
    expectRefusal(P.legacy(state, storages: []), .cut(key: "0"))
    expectRefusal(
      P.legacy(state, storages: [7] + storage.dropFirst()), .storageConflict(key: "0"))
    expectRefusal(
      P.legacy(state, keys: ["0", "0"], storages: storage + storage), .storageConflict(key: "0"))
    expectRefusal(
      P.legacy(state, keys: ["0", "1"], storages: storage), .strayStorage(key: "1"))
    expectRefusal(
      P.legacy(state, keys: [], storages: []), .noStorage(tensor: "w", key: "0"))
    let other = P.dictionary(
      ("w", P.tensor()), ("v", P.tensor(P.storage(type: "DoubleStorage"))))
    expectRefusal(P.legacy(other, storages: storage), .storageConflict(key: "0"))
    let huge = P.dictionary(("w", P.tensor(P.storage(count: .max), shape: [1], strides: [1])))
    let most: [UInt8] = [255, 255, 255, 255, 255, 255, 255, 127]
    expectRefusal(P.legacy(huge, storages: most), .cut(key: "0"))
    let magic = TorchLegacy.magic
    expectRefusal(magic + P.file(P.int(1002)), .unknown("protocol", found: "1002"))
    expectRefusal(
      magic + P.file(P.int(1001)) + P.file(P.op("}")), .unknown("little_endian", found: "nothing"))
  }

  @Test("a view of a storage, as old files have it", .spec("TORCH-4", "VIEW-1"))
  func legacyViews() throws {
    let view = P.tuple(P.text("v"), P.int(2), P.int(3))
    let state = P.dictionary(
      ("w", P.tensor(P.storage(view: view), offset: 1, shape: [2], strides: [1])))
    let storage: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 0] + (0..<24).map { UInt8($0 / 4) }
    let checkpoint = try open(P.legacy(state, storages: storage))
    #expect(try checkpoint.withBytes(of: "w") { Array($0) } == [3, 3, 3, 3, 4, 4, 4, 4])
    let outside = P.dictionary(
      ("w", P.tensor(P.storage(view: view), offset: 2, shape: [2], strides: [1])))
    expectRefusal(
      P.legacy(outside, storages: storage),
      .view(tensor: "w", problem: .outside(last: 3, elements: 3)))
  }
}
