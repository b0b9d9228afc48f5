import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxFormats

/// A file that the reference wrote, and what it put there.
struct RecordedCheckpoint: CustomTestStringConvertible, Sendable {
  let file: String
  let tensors: [JSON]
  let tied: [[String]]
  var path: String { Places.golden("checkpoints/formats/\(file)") }
  var testDescription: String { file }

  static func all() throws -> [RecordedCheckpoint] {
    try Golden.arguments("checkpoints/formats.json") { entry in
      RecordedCheckpoint(
        file: entry["file"]?.string ?? "", tensors: entry["tensors"]?.array ?? [],
        tied: (entry["tied"]?.array ?? []).map { ($0.array ?? []).compactMap(\.string) })
    }
  }

  /// Expects that a checkpoint holds what the reference put into this one, to the last bit.
  func expectSameTensors(_ checkpoint: any TensorFile, inOrder: Bool = true) throws {
    let names = tensors.compactMap { $0["name"]?.string }
    let found = checkpoint.tensors.map(\.name)
    expectSame(inOrder ? found : found.sorted(), inOrder ? names : names.sorted(), file)
    for entry in tensors {
      let name = try #require(entry["name"]?.string)
      let info = try #require(checkpoint[name], "\(file) \(name)")
      #expect(info.dtype.rawValue == entry["dtype"]?.string, "\(file) \(name)")
      #expect(info.shape == (try entry.required("shape").integers()), "\(file) \(name)")
      let golden = bytes(hexadecimal: try #require(entry["bytes"]?.string))
      expectSame(try checkpoint.withBytes(of: name) { Array($0) }, golden, "\(file) \(name)")
      #expect(info.byteRange.count == golden.count)
      if info.dtype == .f32 {
        expectSame(
          bits(try checkpoint.tensor(named: name).elements), bits(floats(golden)), name)
      }
    }
  }
}

@Suite("Checkpoints of every format", .counted)
struct CheckpointTests {
  @Test(arguments: try RecordedCheckpoint.all())
  func `FORM-1 FORM-2 FORM-3 VIEW-1 ZIP-1 PICK-1 TORCH-1 TORCH-2 NPY-1 read to the last bit`(
    entry: RecordedCheckpoint
  ) throws {
    let checkpoint = try Checkpoint(path: entry.path)
    try entry.expectSameTensors(checkpoint, inOrder: !entry.file.contains("safetensors"))
    #expect(checkpoint.tied == entry.tied)
  }

  @Test
  func `FORM-1 TORCH-4 NPY-2 the goldens have every format and every dtype`() throws {
    let all = try RecordedCheckpoint.all()
    #expect(all.count >= 20)
    let files = try all.map { try Checkpoint(path: $0.path) }
    #expect(Set(files.map(\.format)) == Set(CheckpointFormat.allCases))
    for (format, count) in [(CheckpointFormat.torchZip, 10), (.torchLegacy, 10), (.npz, 13)] {
      let dtypes = files.filter { $0.format == format }.flatMap { $0.tensors.map(\.dtype) }
      #expect(Set(dtypes).count == count)
    }
  }

  @Test
  func `FORM-1 the name of a file does not matter`() throws {
    try Places.withTemporaryFolder { folder in
      for (file, format) in [
        ("gpt2.bin", CheckpointFormat.torchZip), ("bert-legacy.bin", .torchLegacy),
        ("version-2.npy", .npy), ("arrays.npz", .npz),
      ] {
        let path = folder.appendingPathComponent("model.safetensors").path
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(
          atPath: Places.golden("checkpoints/formats/\(file)"), toPath: path)
        #expect(try Checkpoint(path: path).format == format)
      }
    }
  }

  @Test
  func `FORM-1 a safetensors file whose length looks like something else`() throws {
    // 0x0280 begins as a pickle does, 0x7B as JSON.
    for length in [0x0280, 0x7B] {
      let text =
        HandMade.header + String(repeating: " ", count: length - HandMade.header.utf8.count)
      #expect(try open(HandMade(text).bytes).format == .safetensors)
    }
  }

  @Test
  func `NPY-3 one array alone has the name of its file`() throws {
    let path = Places.golden("checkpoints/formats/version-1.npy")
    #expect(try Checkpoint(path: path).tensors.map(\.name) == ["version-1"])
  }

  @Test
  func `ZIP-7 inflated tensors live with who shows them`() throws {
    let inflated = try Checkpoint(path: Places.golden("checkpoints/formats/deflated.pt"))
    let whole = try inflated.tensor(named: "whole")
    #expect(try inflated.tensor(named: "whole").pointer == whole.pointer)
    #expect(whole.elements == (0..<24).map(Float.init))
  }

  @Test(arguments: try RecordedCheckpoint.all())
  func `FORM-3 a tensor that is not there`(entry: RecordedCheckpoint) throws {
    let checkpoint = try Checkpoint(path: entry.path)
    let ghost = TensorInfo(name: "no such", dtype: .f32, shape: [1], byteRange: 0..<4)
    expectFault(checkpoint.path, found: #"no tensor "no such""#, expected: "one of that name") {
      try checkpoint.tensor(named: "no such")
    }
    #expect(fault { try checkpoint.storedBytes(of: ghost) }?.found == #"no tensor "no such""#)
  }
}
