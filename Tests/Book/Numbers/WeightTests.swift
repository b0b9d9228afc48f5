import FoxDecoding
import FoxKernels
import FoxNumbers
import TestSupport
import Testing

@Suite("Weights", .counted, .plain)
struct WeightTests {
  @Test
  func `TENS-8 float32 is shared, BF16 rounded to nearest, ties to even`() throws {
    let ulp: Float = 1 / 128  // of BF16, from 1 to 2
    let numbers: [Float] = [1, 1 + ulp / 2, 1 + 3 * ulp / 2, 1 + ulp * 0.51, -3, .infinity, 0]
    let tensor = try Tensor(shape: [7], numbers)
    let exact = Weight(tensor)
    #expect(exact.precision == .f32 && exact.byteCount == 28)
    #expect(exact.tensor.pointer == tensor.pointer)
    let rounded = Weight(rounding: tensor)
    #expect(rounded.precision == .bf16 && rounded.byteCount == 14 && rounded.count == 7)
    #expect(rounded.tensor.elements == [1, 1, 1 + 2 * ulp, 1 + ulp, -3, .infinity, 0])
    var part: [Float] = [0, 0]
    rounded.copy(from: 2, count: 2, to: &part)
    #expect(part == [1 + 2 * ulp, 1 + ulp])
    exact.copy(from: 4, count: 2, to: &part)
    #expect(part == [-3, .infinity])
  }

  @Test
  func `TENS-8 BF16 is shown in place, or refused`() throws {
    let bytes: [UInt8] = [0, 0, 0x80, 0x3F, 0x00, 0xC0]
    let owner = Owner(bytes)
    func weight(from offset: Int, _ shape: [Int]) throws -> Weight {
      let bytes = UnsafeRawBufferPointer(rebasing: owner.buffer[offset...])
      return try Weight(bf16: bytes, of: owner, shape: shape)
    }
    let shown = try weight(from: 2, [2, 1])
    #expect(shown.tensor.elements == [1, -2] && shown.shape == [2, 1])
    for (offset, shape, found) in [
      (1, [2], "1 bytes after a multiple of 2"), (2, [3], "[3]"), (0, [-1], "[-1]"),
    ] {
      let fault = #expect(throws: Fault.self) {
        try weight(from: offset, shape)
      }
      #expect(fault?.found == found)
    }
  }

  private final class Owner {
    let buffer: UnsafeMutableRawBufferPointer
    init(_ bytes: [UInt8]) {
      buffer = .allocate(byteCount: bytes.count, alignment: 2)
      buffer.copyBytes(from: bytes)
    }
    deinit { buffer.deallocate() }
  }
}
