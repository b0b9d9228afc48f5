import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

#if os(Linux)
  @Suite("Memory that reading takes", .counted, .serialized, .tier(.heavy))
  struct MemoryTests {
    /// Bytes of this process that are no file's.
    private func anonymous() throws -> Int {
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
      let kilobytes = line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first
      return try #require(kilobytes.flatMap { Int($0) }) * 1024
    }

    private func touch(_ checkpoint: Checkpoint) throws -> (sum: Int, memory: Int) {
      let before = try anonymous()
      let tensor = try checkpoint.tensor(named: "x")
      let sum = tensor.withPointer { $0.reduce(0) { $0 &+ Int($1) } }
      return (sum, try anonymous() - before)
    }

    @Test
    func `SAFE-9 ZIP-7 CONV-4 500 MB that are mapped take less than 20 MB`() throws {
      try Places.withTemporaryFolder { folder in
        let (count, path) = (125_000_000, folder.appendingPathComponent("a.safetensors").path)
        let ones = ByteBuffer(count: 4 * count)
        ones.bytes.bindMemory(to: Float.self).update(repeating: 1)
        try ones.stored.withBytes { bytes in
          try SafeTensorsFile.write([OutgoingTensor("x", .f32, [count], bytes: bytes)], to: path)
        }
        let other = folder.appendingPathComponent("a.bin").path
        let before = try anonymous()
        _ = try Checkpoint(path: path).convert(to: other)
        #expect(try anonymous() - before < 20 << 20)
        for path in [path, other] {
          let (sum, memory) = try touch(Checkpoint(path: path))
          #expect(sum == count && memory < 20 << 20, "\(memory) bytes")
        }
      }
    }

    @Test
    func `ZIP-7 500 MB that are inflated take less than 1.1 times as much`() throws {
      try Places.withTemporaryFolder { folder in
        let path = folder.appendingPathComponent("a.zip").path
        let count = 125_000_000
        try write(elements: count, to: path)
        let checkpoint = try Checkpoint(path: path)
        let (sum, memory) = try touch(checkpoint)
        #expect(sum == 0 && memory < count * 4 * 11 / 10, "\(memory) bytes")
      }
    }

    /// An archive with one array of zeros, deflated as blocks that are stored.
    private func write(elements: Int, to path: String) throws {
      let size = elements * 4
      var text = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(elements),)}"
      // NumPy's own padding: float32 can be shown where they are.
      text += String(repeating: " ", count: (64 - (text.utf8.count + 10) % 64) % 64)
      var header = LittleEndian(bytes: NumPyHeader.magic + [1, 0])
      header.add(UInt16(text.utf8.count))
      let array = header.bytes + Array(text.utf8) + [UInt8](repeating: 0, count: size)
      var blocks: [UInt8] = []
      blocks.reserveCapacity(array.count + array.count / 1_000)
      for start in stride(from: 0, to: array.count, by: 65_535) {
        let piece = array[start..<min(start + 65_535, array.count)]
        let isLast = piece.endIndex == array.count
        var block = LittleEndian(bytes: [isLast ? 1 : 0])
        block.add(UInt16(piece.count), ~UInt16(piece.count))
        blocks += block.bytes + piece
      }
      var entry = HandMadeZip.Entry("x.npy", array)
      (entry.data, entry.method, entry.compressed) = (blocks, 8, blocks.count)
      try AtomicFile.write(HandMadeZip(entry).bytes, to: path)
    }
  }
#endif
