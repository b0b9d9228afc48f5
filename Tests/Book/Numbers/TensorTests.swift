import FoxDecoding
import FoxKernels
import FoxNumbers
import TestSupport
import Testing

@Suite("Tensors", .counted)
struct TensorTests {
  @Test
  func `TENS-1 row-major, of any rank`() throws {
    let matrix = try Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6])
    #expect(matrix.count == 6 && matrix.elements == [1, 2, 3, 4, 5, 6])
    #expect(try Tensor(shape: [], [7]).elements == [7])
    #expect(try Tensor(shape: [3, 0, 2], []).elements == [])
    let zeros = Tensor(shape: [2, 2]) { $0[3] = 1 }
    #expect(zeros.elements == [0, 0, 0, 1])
  }

  @Test(arguments: [0, 1, 1000, 700_000])
  func `TENS-1 memory begins at a multiple of 64 bytes`(count: Int) {
    let buffer = FloatBuffer(count: count)
    #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
    #expect((0..<count).allSatisfy { buffer.pointer[$0] == 0 })
  }

  @Test
  func `TENS-1 shapes that cannot be are refused`() throws {
    func expectFault(_ found: String, _ expected: String, _ body: () throws -> Void) {
      let fault = #expect(throws: Fault.self) { try body() }
      #expect(fault?.found == found && fault?.expected == expected)
    }
    expectFault("3 elements", "as many as its shape [2, 2] has") {
      _ = try Tensor(shape: [2, 2], [1, 2, 3])
    }
    let sizes = "sizes of at least 0 whose product can be counted"
    expectFault("[-1]", sizes) { _ = try Tensor(shape: [-1], []) }
    let huge = 1 << 40
    expectFault("[\(huge), \(huge)]", sizes) { _ = try Tensor.count(of: [huge, huge]) }
    let buffer = FloatBuffer(count: 4)
    let bytes = UnsafeRawBufferPointer(start: buffer.pointer, count: 16)
    func tensor(from offset: Int, _ shape: [Int]) throws -> Tensor {
      try Tensor(UnsafeRawBufferPointer(rebasing: bytes[offset...]), of: buffer, shape: shape)
    }
    for count in [5, 1 << 62] {
      expectFault("[\(count)]", "a shape that fits 16 bytes") {
        _ = try tensor(from: 0, [count])
      }
    }
    expectFault("2 bytes after a multiple of 4", "a multiple of 4") {
      _ = try tensor(from: 2, [1])
    }
    #expect(try tensor(from: 8, [2]).elements == [0, 0])
    // An empty file has no address.
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    #expect(try Tensor(nothing, of: buffer, shape: [0, 3]).elements == [])
  }

  @Test
  func `TENS-1 the first NaN or infinity is found`() throws {
    #expect(try Tensor(shape: [3], [1, 2, 3]).firstNonFinite == nil)
    let bad = try Tensor(shape: [3], [1, -.infinity, .nan]).firstNonFinite
    #expect(bad?.index == 1 && bad?.value == -.infinity)
  }
}
