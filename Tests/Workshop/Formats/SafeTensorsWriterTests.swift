import Foundation
import FoxFiles
import FoxKernels
import TestSupport
import Testing

@testable import FoxFormats

@Suite("Writing safetensors", .counted)
struct SafeTensorsWriterTests {
  private let path = "refused.safetensors"

  @Test
  func `SAFE-10 the bytes the reference writes: every dtype, names with escapes`() throws {
    let golden = Places.golden("checkpoints/dtypes.safetensors")
    let file = try SafeTensorsFile(path: golden)
    let tensors = try file.tensors.shuffled().map { try OutgoingTensor(copying: $0.name, of: file) }
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("copy.safetensors").path
      try SafeTensorsFile.write(tensors, to: path)
      expectSame(try contents(path), try contents(golden), "copy")
    }
  }

  @Test
  func `SAFE-10 SAFE-12 float32, and its rounding to F16 and BF16`() throws {
    let golden = try Golden.json("checkpoints/rounding.json")
    let values = floats(bytes(hexadecimal: try #require(golden["float32"]?.string)))
    let tensor = try Tensor(shape: [values.count], values)
    let row = try Tensor(shape: [1, values.count], values)
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("rounded.safetensors").path
      try SafeTensorsFile.write(
        [
          OutgoingTensor("full", tensor), OutgoingTensor("brain", tensor, as: .bf16),
          OutgoingTensor("b.half", tensor, as: .f16), OutgoingTensor("a.half", row, as: .f16),
        ], to: path)
      let reference = Places.golden("checkpoints/rounded.safetensors")
      expectSame(try contents(path), try contents(reference), "rounded")
      let file = try SafeTensorsFile(path: path)
      for (name, dtype) in [("a.half", "F16"), ("brain", "BF16")] {
        let expected = bytes(hexadecimal: try #require(golden[dtype]?.string))
        expectSame(try file.withBytes(of: name) { Array($0) }, expected, dtype)
      }
    }
  }

  @Test
  func `SAFE-12 rounding works in pieces`() throws {
    let values = (0..<100_001).map { Float($0) / 7 }
    let tensor = try Tensor(shape: [values.count], values)
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("big.safetensors").path
      try SafeTensorsFile.write([OutgoingTensor("a", tensor, as: .f16)], to: path)
      let read = try SafeTensorsFile(path: path).tensor(named: "a").elements
      #expect(read == values.map { Float(Float16($0)) })
    }
  }

  @Test
  func `SAFE-10 the header is filled up to a multiple of 8, metadata sorted or absent`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("header.safetensors").path
      for length in 1...9 {
        let name = String(repeating: "n", count: length)
        let tensor = try Tensor(shape: [], [1])
        try SafeTensorsFile.write([OutgoingTensor(name, tensor)], metadata: [], to: path)
        let text = try contents(path)
        let entry = "\"\(name)\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}"
        #expect(text.count % 8 == 4)
        #expect(String(decoding: text[8...], as: UTF8.self).hasPrefix("{\(entry)}"))
      }
      try SafeTensorsFile.write([], metadata: [("b", "1"), ("a", "2")], to: path)
      #expect(
        String(decoding: try contents(path)[8...], as: UTF8.self)
          == #"{"__metadata__":{"a":"2","b":"1"}}      "#)
      try SafeTensorsFile.write([], metadata: [], to: path)
      #expect(try SafeTensorsFile(path: path).tensors.isEmpty)
    }
  }

  @Test
  func `SAFE-11 refusals, before anything is written`() throws {
    let one = try Tensor(shape: [1], [1])
    expectRefusal(
      at: nil, "a tensor called __metadata__",
      "another name: the format keeps that one for metadata", [OutgoingTensor("__metadata__", one)])
    expectRefusal(
      "two of that name", "one",
      [OutgoingTensor("a", one), OutgoingTensor("b", one), OutgoingTensor("a", one, as: .f16)])
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    expectRefusal(
      "0 bytes", "16 bytes",
      [OutgoingTensor("a", .i64, [2], bytes: nothing)])
    expectRefusal(
      "4 bits of F4 [1]", "whole bytes",
      [OutgoingTensor("a", .f4, [1], bytes: nothing)])
    for shape in [[1 << 40, 1 << 40], [-1]] {
      expectRefusal(
        "U8 \(shape)", "sizes whose product can be counted",
        [OutgoingTensor("a", .u8, shape, bytes: nothing)])
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test
  func `SAFE-11 a header beyond the limit`() throws {
    #expect(try SafeTensorsFile.padded(["a": "b"], path: path, limit: 16).count == 24)
    expectFault(path, at: "header", found: "16 bytes", expected: "at most 15") {
      try SafeTensorsFile.padded(["a": "b"], path: path, limit: 15)
    }
  }

  @Test
  func `SAFE-3 SAFE-11 canonically equivalent names are two tensors`() throws {
    let one = try Tensor(shape: [1], [1])
    let two = try Tensor(shape: [1], [2])
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("names.safetensors").path
      try SafeTensorsFile.write(
        [OutgoingTensor("\u{e0}", one), OutgoingTensor("a\u{300}", two)], to: path)
      let file = try SafeTensorsFile(path: path)
      #expect(try file.tensor(named: "\u{e0}").elements == [1])
      #expect(try file.tensor(named: "a\u{300}").elements == [2])
    }
  }

  @Test
  func `SAFE-12 FILE-4 a file that is read can be replaced by one made of it`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("model.safetensors").path
      let values = (0..<1000).map(Float.init)
      try SafeTensorsFile.write([OutgoingTensor("a", try Tensor(shape: [1000], values))], to: path)
      let file = try SafeTensorsFile(path: path)
      try SafeTensorsFile.write(
        [OutgoingTensor("b", try file.tensor(named: "a"), as: .bf16)], to: path)
      #expect(try file.tensor(named: "a").elements == values)
      #expect(try SafeTensorsFile(path: path).tensors.map(\.name) == ["b"])
    }
  }

  @Test
  func `SAFE-11 the system's refusal is passed on`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("absent/model.safetensors").path
      #expect(throws: Fault.unwritable(path: path, reason: "No such file or directory")) {
        try SafeTensorsFile.write([], to: path)
      }
    }
  }

  private func expectRefusal(
    at place: String? = #"tensor "a""#, _ found: String, _ expected: String,
    _ tensors: [OutgoingTensor], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(path, at: place, found: found, expected: expected, sourceLocation: sourceLocation) {
      try SafeTensorsFile.write(tensors, to: path)
    }
  }

  private func contents(_ path: String) throws -> [UInt8] {
    try MappedFile(path: path).withBytes { Array($0) }
  }
}
