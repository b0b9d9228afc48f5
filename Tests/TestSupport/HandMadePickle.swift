import FoxWeights

/// Pickles of protocol 2 made by hand, piece by piece, rightly or wrongly.
package enum HandMadePickle {
  package static func file(_ parts: [UInt8]...) -> [UInt8] {
    [0x80, 2] + parts.flatMap { $0 } + op(".")
  }
  package static func op(_ code: String) -> [UInt8] { Array(code.utf8) }
  package static func global(_ name: String) -> [UInt8] {
    let parts = name.split(separator: " ")
    return op("c\(parts[0])\n\(parts[1])\n")
  }
  package static func text(_ text: String) -> [UInt8] {
    op("X") + littleEndian(UInt32(text.utf8.count)) + Array(text.utf8)
  }
  package static func int(_ value: Int) -> [UInt8] {
    [0x8A, 8] + littleEndian(Int64(value))
  }
  package static func tuple(_ parts: [UInt8]...) -> [UInt8] {
    op("(") + parts.flatMap { $0 } + op("t")
  }
  package static func ints(_ values: [Int]) -> [UInt8] { op("(") + values.flatMap(int) + op("t") }
  package static func dictionary(_ members: (String, [UInt8])...) -> [UInt8] {
    op("}") + members.flatMap { text($0.0) + $0.1 + op("s") }
  }
  package static func storage(
    _ key: String = "0", type: String = "FloatStorage", count: Int = 6, view: [UInt8] = []
  ) -> [UInt8] {
    tuple(text("storage"), global("torch \(type)"), text(key), text("cpu"), int(count), view)
      + op("Q")
  }
  package static func tensor(
    _ storage: [UInt8] = storage(), offset: Int = 0, shape: [Int] = [2, 3], strides: [Int] = [3, 1]
  ) -> [UInt8] {
    global("torch._utils _rebuild_tensor_v2")
      + tuple(
        storage, int(offset), ints(shape), ints(strides), [0x89],
        global("collections OrderedDict") + op(")R")) + op("R")
  }

  /// A zip checkpoint with that pickle and one storage of six float32.
  package static func checkpoint(_ pickle: [UInt8], storage: [UInt8]? = nil) -> [UInt8] {
    HandMadeZip(
      .init("a/data.pkl", pickle), .init("a/data/0", storage ?? (0..<24).map { UInt8($0) })
    ).bytes
  }
}

/// The bytes of a number, the lowest first.
package func littleEndian(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

extension [UInt8] {
  /// Appends the bytes of numbers, the lowest first.
  package mutating func add<Number: FixedWidthInteger>(_ numbers: Number...) {
    for number in numbers { self += littleEndian(number) }
  }
}
