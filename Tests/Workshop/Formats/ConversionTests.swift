import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Converting checkpoints", .counted)
struct ConversionTests {
  private static let outputs = ["a.safetensors", "a.bin", "a.npz"]

  @Test(arguments: try RecordedCheckpoint.all())
  func `CONV-1 CONV-4 TORCH-6 NPY-4 from every format to every other and back, to the last bit`(
    entry: RecordedCheckpoint
  ) throws {
    let original = try Checkpoint(path: entry.path)
    try Places.withTemporaryFolder { folder in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      for output in Self.outputs where canHold(original, output) {
        let conversion = try original.convert(to: path(output))
        let converted = try Checkpoint(path: path(output))
        if conversion.tied.isEmpty { try entry.expectSameTensors(converted, inOrder: false) }
        // What is tied comes back from NumPy's format as two tensors.
        if output == "a.safetensors" || output == "a.npz" && !original.tied.isEmpty { continue }
        _ = try converted.convert(to: path("back.safetensors"))
        #expect(
          try read(path("back.safetensors")) == read(path("a.safetensors")),
          "\(entry.file) by \(output)")
      }
    }
  }

  /// NumPy has no BF16 and no names that are not those of files, PyTorch no unsigned or complex.
  private func canHold(_ checkpoint: Checkpoint, _ output: String) -> Bool {
    let dtypes = Set(checkpoint.tensors.map(\.dtype))
    switch output {
    case "a.npz":
      return !dtypes.contains(.bf16) && !checkpoint.tensors.contains { $0.name.contains("\n") }
    case "a.safetensors": return true
    default: return dtypes.isDisjoint(with: [.u16, .u32, .u64, .c64])
    }
  }

  private func read(_ path: String) throws -> [UInt8] {
    try MappedFile(path: path).withBytes { Array($0) }
  }

  @Test
  func `CONV-2 tied tensors: once, with one storage, or twice`() throws {
    let checkpoint = try Checkpoint(path: Places.golden("checkpoints/formats/gpt2.bin"))
    try Places.withTemporaryFolder { folder in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      let once = try checkpoint.convert(to: path("a.safetensors"))
      #expect(once.tied.map(\.name) == ["lm_head.weight"])
      #expect(once.tied.map(\.keptAs) == ["transformer.wte.weight"])
      #expect(once.written == checkpoint.tensors.count - 1)
      #expect(try Checkpoint(path: path("a.safetensors"))["lm_head.weight"] == nil)
      #expect(try checkpoint.convert(to: path("a.bin")).tied.isEmpty)
      #expect(try Checkpoint(path: path("a.bin")).tied == checkpoint.tied)
      #expect(try checkpoint.convert(to: path("a.npz")).written == checkpoint.tensors.count)
    }
  }

  @Test(arguments: StoredFloat.allCases)
  func `CONV-3 other kinds of numbers`(stored: StoredFloat) throws {
    let checkpoint = try Checkpoint(path: Places.golden("checkpoints/formats/every.pt"))
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("a.safetensors").path
      _ = try checkpoint.convert(to: path, as: stored)
      let converted = try Checkpoint(path: path)
      for tensor in checkpoint.tensors {
        let found = try #require(converted[tensor.name]?.dtype)
        #expect(found == (tensor.dtype.readsAsFloat ? stored.dtype : tensor.dtype))
        guard tensor.dtype.readsAsFloat else { continue }
        let wide = try checkpoint.tensor(named: tensor.name)
        let expected = folder.appendingPathComponent("b.safetensors").path
        try SafeTensorsFile.write([OutgoingTensor("x", wide, as: stored)], to: expected)
        let rounded = try Checkpoint(path: expected).tensor(named: "x").elements
        #expect(try bits(converted.tensor(named: tensor.name).elements) == bits(rounded))
      }
    }
  }

  @Test
  func `CONV-3 CONV-4 many elements are widened and rounded in pieces`() throws {
    let doubles = (0..<100_000).map { Double($0) / 7 }
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("a.npz").path
      try doubles.withUnsafeBytes { bytes in
        try NumPyFile.write([OutgoingTensor("x", .f64, [100_000], bytes: bytes)], to: path)
      }
      let half = folder.appendingPathComponent("b.pt").path
      _ = try Checkpoint(path: path).convert(to: half, as: .f16)
      let elements = try Checkpoint(path: half).tensor(named: "x").elements
      #expect(elements == doubles.map { Float(Float16(Float($0))) })
    }
  }

  @Test
  func `CONV-1 TORCH-6 NPY-4 what a format cannot hold, and extensions nobody knows`() throws {
    try Places.withTemporaryFolder { (folder) throws in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      func tensor(_ name: String, _ dtype: DType, _ shape: [Int] = [0]) -> OutgoingTensor {
        OutgoingTensor(name, dtype, shape, bytes: .init(start: nil, count: 0))
      }
      expectFault(
        path("a.npz"), at: #"tensor "x""#, found: "BF16",
        expected: "numbers that NumPy's format has"
      ) { try NumPyFile.write([tensor("x", .bf16)], to: path("a.npz")) }
      expectFault(
        path("a.pt"), at: #"tensor "x""#, found: "U32",
        expected: "numbers that PyTorch's format has"
      ) { try TorchFile.write([tensor("x", .u32)], to: path("a.pt")) }
      for name in ["../x", "/x", "a\nb", "", String(repeating: "x", count: 40_000)] where name != ""
      {
        expectFault(
          path("a.npz"), at: "tensor \(shown(name))", found: "its name",
          expected: "one that the format can hold"
        ) { try NumPyFile.write([tensor(name, .f32)], to: path("a.npz")) }
      }
      let deep = Array(repeating: 1, count: 64) + [0]
      expectFault(
        path("a.pt"), at: #"tensor "x""#, found: "65 dimensions", expected: "at most 64"
      ) { try TorchFile.write([tensor("x", .f32, deep)], to: path("a.pt")) }
      expectFault(
        path("a.pt"), at: #"tensor "x""#, found: "two of that name", expected: "one"
      ) {
        try TorchFile.write([tensor("x", .f32), tensor("x", .f32)], to: path("a.pt"))
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(left.isEmpty)
    }
    for path in ["a", "a.h5", "safetensors", "d.bin/a", ""] {
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      expectFault(
        path, at: "extension", found: shown(name),
        expected: ".safetensors, .bin, .pt, .pth or .npz, which say the format to write"
      ) { try OutgoingFormat(path: path) }
    }
    #expect(try OutgoingFormat(path: "x/Model.PTH") == .torch)
  }

  @Test
  func `CONV-4 a file can take the place of the one it is made of`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("a.bin").path
      try FileManager.default.copyItem(
        atPath: Places.golden("checkpoints/formats/bert-legacy.bin"), toPath: path)
      let before = try Checkpoint(path: path)
      _ = try before.convert(to: path)
      let after = try Checkpoint(path: path)
      #expect((before.format, after.format) == (.torchLegacy, .torchZip))
      #expect(after.tensors.map(\.name) == before.tensors.map(\.name))
    }
  }

  @Test(arguments: [0, 1, 60, 500, 10_000])
  func `ZIP-8 ZIP-1 archives with sizes of 64 bits`(wideFrom: Int) throws {
    var bytes: [UInt8] = []
    var writer = ZipWriter(wideFrom: wideFrom) { bytes += Array($0) }
    let contents: [[UInt8]] = [[], [1], Array(repeating: 7, count: 200), Array(0..<100)]
    for (index, content) in contents.enumerated() { try writer.add("e/\(index)", content) }
    try writer.finish()
    let whole = StoredBytes(copying: bytes)
    let archive = try ZipArchive(whole, path: "a", allowance: 0)
    for (index, content) in contents.enumerated() {
      let stored = try #require(try archive.read("e/\(index)"))
      #expect(stored.withBytes { Array($0) } == content)
      #expect(content.isEmpty || stored.isAligned(to: 64))
    }
  }
}
