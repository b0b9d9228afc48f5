import Foundation
import FoxDecoding
import FoxFiles
import FoxWeights
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Reading weights into memory, and giving memory back", .counted)
struct ReadingWeightsTests {
  @Test
  func `SAFE-9 a tensor is copied into given memory of the right size only`() throws {
    let file = try SafeTensorsFile(path: Places.golden("checkpoints/dtypes.safetensors"))
    let golden = try file.tensor(named: "special.bf16").elements
    var target = [Float](repeating: 7, count: golden.count)
    try target.withUnsafeMutableBufferPointer { try file.copyTensor(named: "special.bf16", to: $0) }
    #expect(bits(target) == bits(golden))
    target.removeLast()
    expectFault(
      file.path, at: #"tensor "special.bf16""#, found: "shape [9]", expected: "8 elements"
    ) {
      try target.withUnsafeMutableBufferPointer {
        try file.copyTensor(named: "special.bf16", to: $0)
      }
    }
  }

  @Test
  func `FILE-1 memory that was given back is read again`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("file").path
      let bytes = (0..<100_001).map { UInt8(truncatingIfNeeded: $0 / 7) }
      try AtomicFile.write(bytes, to: path)
      let file = try MappedFile(path: path)
      for range in [0..<100_001, 5000..<50_000, 7..<9, 90_000..<200_000] {
        file.giveBack(range)
        expectSame(file.withBytes { Array($0) }, bytes, "\(range)")
      }
    }
  }
}
