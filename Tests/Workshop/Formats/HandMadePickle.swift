@testable import FoxFormats

/// Pickles of protocol 2 made by hand, piece by piece, rightly or wrongly.
enum HandMadePickle {
  static func file(_ parts: [UInt8]...) -> [UInt8] { [0x80, 2] + parts.flatMap { $0 } + op(".") }
  static func op(_ code: String) -> [UInt8] { Array(code.utf8) }
  static func global(_ name: String) -> [UInt8] {
    let parts = name.split(separator: " ")
    return op("c\(parts[0])\n\(parts[1])\n")
  }
  static func text(_ text: String) -> [UInt8] {
    var bytes = LittleEndian(bytes: op("X"))
    bytes.add(UInt32(text.utf8.count))
    return bytes.bytes + Array(text.utf8)
  }
  static func int(_ value: Int) -> [UInt8] {
    var bytes = LittleEndian(bytes: [0x8A, 8])
    bytes.add(Int64(value))
    return bytes.bytes
  }
  static func tuple(_ parts: [UInt8]...) -> [UInt8] { op("(") + parts.flatMap { $0 } + op("t") }
  static func ints(_ values: [Int]) -> [UInt8] { op("(") + values.flatMap(int) + op("t") }
  static func dictionary(_ members: (String, [UInt8])...) -> [UInt8] {
    op("}") + members.flatMap { text($0.0) + $0.1 + op("s") }
  }
  static func storage(
    _ key: String = "0", type: String = "FloatStorage", count: Int = 6, view: [UInt8] = []
  ) -> [UInt8] {
    tuple(text("storage"), global("torch \(type)"), text(key), text("cpu"), int(count), view)
      + op("Q")
  }
  static func tensor(
    _ storage: [UInt8] = storage(), offset: Int = 0, shape: [Int] = [2, 3], strides: [Int] = [3, 1]
  ) -> [UInt8] {
    global("torch._utils _rebuild_tensor_v2")
      + tuple(
        storage, int(offset), ints(shape), ints(strides), [0x89],
        global("collections OrderedDict") + op(")R")) + op("R")
  }

  /// A zip checkpoint with that pickle and one storage of six float32.
  static func checkpoint(_ pickle: [UInt8], storage: [UInt8]? = nil) -> [UInt8] {
    HandMadeZip(
      .init("a/data.pkl", pickle), .init("a/data/0", storage ?? (0..<24).map { UInt8($0) })
    ).bytes
  }

  /// A legacy checkpoint with that pickle, storages' keys and storages.
  static func legacy(_ object: [UInt8], keys: [String] = ["0"], storages: [UInt8]) -> [UInt8] {
    let facts = op("}") + text("little_endian") + [0x88] + op("s")
    let list = op("](") + keys.flatMap(text) + op("e")
    return TorchLegacy.magic + file(int(1001)) + file(facts) + file(object) + file(list) + storages
  }
}
