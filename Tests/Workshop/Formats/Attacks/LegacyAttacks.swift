import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Attacks with PyTorch's old checkpoints", .counted)
struct LegacyAttacks {
  private typealias P = HandMadePickle
  private let storage0 = #"storage "0""#
  private let conflict = "two descriptions that differ, or two storages"

  /// A legacy checkpoint with that pickle, storages' keys and storages.
  private func legacy(_ object: [UInt8], keys: [String] = ["0"], storages: [UInt8]) -> [UInt8] {
    let facts = P.op("}") + P.text("little_endian") + [0x88] + P.op("s")
    let list = P.op("](") + keys.flatMap(P.text) + P.op("e")
    return TorchLegacy.magic + P.file(P.int(1001)) + P.file(facts) + P.file(object) + P.file(list)
      + storages
  }

  private func expectRefusal(
    _ bytes: [UInt8], at place: String? = nil, _ found: String, _ expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(
      HandMadeZip.path, at: place, found: found, expected: expected, sourceLocation: sourceLocation
    ) { try open(bytes) }
  }

  @Test
  func `TORCH-4 legacy files that do not hold together`() throws {
    let state = P.dictionary(("w", P.tensor()))
    let count: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 0]
    let storage = count + [UInt8](repeating: 1, count: 24)
    #expect(try open(legacy(state, storages: storage)).tensors.count == 1)
    // A storage of something that is no weight, as in checkpoints of a training.
    let more = P.dictionary(("model", state), ("loss", P.tensor(P.storage("1"))))
    let nested = P.dictionary(
      ("model", state), ("best", P.dictionary(("loss", P.tensor(P.storage("1"))))))
    let both = legacy(nested, keys: ["0", "1"], storages: storage + storage)
    #expect(try open(both).tensors.map(\.name) == ["w"])
    let beside = try open(legacy(more, keys: ["0", "1"], storages: storage + storage))
    #expect(beside.tensors.map(\.name) == ["w"])
    expectRefusal(
      legacy(state, storages: storage + [0]), "1 bytes after the last storage", "its end")
    expectRefusal(
      legacy(state, storages: Array(storage.dropLast())), at: storage0, "the end of the file",
      "all its elements")
    expectRefusal(
      legacy(state, storages: []), at: storage0, "the end of the file", "all its elements")
    expectRefusal(
      legacy(state, storages: [7] + storage.dropFirst()), at: storage0, conflict, "one")
    expectRefusal(
      legacy(state, keys: ["0", "0"], storages: storage + storage), at: storage0, conflict, "one")
    expectRefusal(
      legacy(state, keys: ["0", "1"], storages: storage), at: #"storage "1""#, "no tensor of it",
      "one")
    expectRefusal(
      legacy(state, keys: [], storages: []), at: #"tensor "w", storage "0""#, "nothing",
      "a storage in the file")
    let other = P.dictionary(
      ("w", P.tensor()), ("v", P.tensor(P.storage(type: "DoubleStorage"))))
    expectRefusal(legacy(other, storages: storage), at: storage0, conflict, "one")
    let huge = P.dictionary(("w", P.tensor(P.storage(count: .max), shape: [1], strides: [1])))
    let most: [UInt8] = [255, 255, 255, 255, 255, 255, 255, 127]
    expectRefusal(
      legacy(huge, storages: most), at: storage0, "the end of the file", "all its elements")
    let magic = TorchLegacy.magic
    expectRefusal(magic + P.file(P.int(1002)), at: "protocol", "1002", "1001")
    expectRefusal(
      magic + P.file(P.int(1001)) + P.file(P.op("}")), at: "little_endian", "nothing", "a boolean")
  }

  @Test
  func `TORCH-4 VIEW-1 a view of a storage, as old files have it`() throws {
    let view = P.tuple(P.text("v"), P.int(2), P.int(3))
    let state = P.dictionary(
      ("w", P.tensor(P.storage(view: view), offset: 1, shape: [2], strides: [1])))
    let storage: [UInt8] = [6, 0, 0, 0, 0, 0, 0, 0] + (0..<24).map { UInt8($0 / 4) }
    let checkpoint = try open(legacy(state, storages: storage))
    #expect(try checkpoint.withBytes(of: "w") { Array($0) } == [3, 3, 3, 3, 4, 4, 4, 4])
    let outside = P.dictionary(
      ("w", P.tensor(P.storage(view: view), offset: 2, shape: [2], strides: [1])))
    expectRefusal(
      legacy(outside, storages: storage),
      at: #"tensor "w""#, "element 3", "one of the storage's 3")
  }
}
