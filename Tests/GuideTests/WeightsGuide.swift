import Foundation
import FoxDecoding
import FoxNumbers
import FoxWeights
import TestSupport
import Testing

/// A file with one float32 after the other, and its names and sizes in the program: what a C program of
/// the last century would have written.
struct BareFile: TensorFile {
  let path: String
  let tensors: [TensorInfo]
  private let bytes: StoredBytes

  init(path: String, _ parts: [(name: String, count: Int)]) throws(Fault) {
    (self.path, bytes) = (path, StoredBytes(try MappedFile(path: path)))
    var (tensors, start): ([TensorInfo], Int) = ([], 0)
    for (name, count) in parts {
      tensors.append(
        TensorInfo(
          name: name, dtype: .f32, shape: [count], byteRange: start..<start + 4 * count))
      start += 4 * count
    }
    // Every byte belongs to one tensor, or the file is not what it is taken for.
    if start != bytes.count {
      throw Fault(path, found: "\(bytes.count) bytes", expected: "\(start)")
    }
    self.tensors = tensors
  }

  subscript(name: String) -> TensorInfo? { tensors.first { $0.name == name } }

  func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes {
    bytes.part(try info(tensor.name).byteRange)
  }
}

@Suite("The guide to Weights", .counted)
struct WeightsGuide {
  @Test
  func `BOOK-10 a file format`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("w.bin").path
      let numbers: [Float] = [1, 2, 3]
      try numbers.withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }

      let file = try BareFile(path: path, [("scale", 1), ("shift", 2)])
      let shift = try file.tensor(named: "shift")
      #expect(shift.elements == [2, 3])

      #expect(throws: Fault.self) { try BareFile(path: path, [("scale", 4)]) }
      #expect(throws: Fault.self) { try file.tensor(named: "bias") }
    }
  }
}
