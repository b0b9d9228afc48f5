import FoxKernels
import TestSupport
import Testing

@Suite("Tensors")
struct TensorTests {
  @Test("row-major, of any rank", .spec("TENS-1"))
  func shapes() throws {
    let matrix = try Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6])
    #expect(matrix.count == 6 && matrix.elements == [1, 2, 3, 4, 5, 6])
    #expect(try Tensor(shape: [], [7]).elements == [7])
    #expect(try Tensor(shape: [3, 0, 2], []).elements == [])
    let zeros = Tensor(shape: [2, 2]) { $0[3] = 1 }
    #expect(zeros.elements == [0, 0, 0, 1])
  }

  @Test(
    "memory begins at a multiple of 64 bytes", .spec("TENS-1"), arguments: [0, 1, 1000, 700_000])
  func alignment(count: Int) {
    let buffer = FloatBuffer(count: count)
    #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
    #expect((0..<count).allSatisfy { buffer.pointer[$0] == 0 })
  }

  @Test("shapes that cannot be are refused", .spec("TENS-1"))
  func refusals() throws {
    #expect(throws: TensorError.elements(shape: [2, 2], found: 3)) {
      try Tensor(shape: [2, 2], [1, 2, 3])
    }
    #expect(throws: TensorError.badShape([-1])) { try Tensor(shape: [-1], []) }
    #expect(throws: TensorError.badShape([1 << 40, 1 << 40])) {
      try Tensor.count(of: [1 << 40, 1 << 40])
    }
    let buffer = FloatBuffer(count: 4)
    let bytes = UnsafeRawBufferPointer(start: buffer.pointer, count: 16)
    let storage = Storage(borrowing: bytes, owner: buffer)
    #expect(throws: TensorError.outside(shape: [5], bytes: 16)) {
      try Tensor(storage: storage, byteOffset: 0, shape: [5])
    }
    #expect(throws: TensorError.outside(shape: [1 << 62], bytes: 16)) {
      try Tensor(storage: storage, byteOffset: 0, shape: [1 << 62])
    }
    #expect(throws: TensorError.misaligned(offset: 2)) {
      try Tensor(storage: storage, byteOffset: 2, shape: [1])
    }
    #expect(try Tensor(storage: storage, byteOffset: 8, shape: [2]).elements == [0, 0])
  }

  @Test("the first NaN or infinity is found", .spec("TENS-1"))
  func nonFinite() throws {
    #expect(try Tensor(shape: [3], [1, 2, 3]).firstNonFinite == nil)
    let bad = try Tensor(shape: [3], [1, -.infinity, .nan]).firstNonFinite
    #expect(bad?.index == 1 && bad?.value == -.infinity)
  }

  @Test(
    "each error has its words", .spec("TENS-1"),
    arguments: [
      (
        TensorError.badShape([2, -1]),
        "the shape [2, -1] has a negative size or too many elements"
      ),
      (.elements(shape: [2], found: 3), "the shape [2] does not hold 3 elements"),
      (.outside(shape: [9], bytes: 8), "a tensor of shape [9] does not fit 8 bytes"),
      (
        .misaligned(offset: 2), "the float32 elements start at byte 2, not at a multiple of 4"
      ),
      (
        .randomState(field: "left", found: "9", expected: "1"),
        """
        this is no state of PyTorch's CPU generator: left is 9, expected 1; save it anew with \
        torch.get_rng_state()
        """
      ),
    ])
  func words(error: TensorError, text: String) {
    #expect(error.description == text)
  }
}
