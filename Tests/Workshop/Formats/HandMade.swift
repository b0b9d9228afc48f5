import Foundation
import FoxFiles
import Testing

@testable import FoxFormats

/// A safetensors file made by hand, rightly or wrongly.
struct HandMade {
  /// The name that errors of these files have.
  static let path = "hand-made.safetensors"
  /// One entry of four bytes.
  static let body = #""dtype":"F32","shape":[1],"data_offsets":[0,4]"#
  /// A header of one such entry.
  static let header = "{\"a\":{\(body)}}"

  /// The bytes of the file.
  var bytes: [UInt8]

  /// A file of a header, `data` zeros and a length, by default the true one.
  init(_ header: [UInt8], data: Int = 0, length: UInt64? = nil) {
    let length = length ?? UInt64(header.count)
    bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + header
    bytes += repeatElement(0, count: data)
  }

  /// A file of a header, `data` zeros and a length, by default the true one.
  init(_ header: String = Self.header, data: Int = 4, length: UInt64? = nil) {
    self.init(Array(header.utf8), data: data, length: length)
  }

  /// A file of one tensor `a`, some of its fields changed, with `data` zeros.
  init(
    dtype: String = #""F32""#, shape: String = "[1]", offsets: String = "[0,4]", data: Int = 4
  ) {
    self.init(
      "{\"a\":{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}}", data: data)
  }

  /// A file of tensors of bytes at the given ranges, called `a`, `b`, …
  init(ranges: [(Int, Int)], data: Int) {
    let entries = zip("abcdefgh", ranges).map { name, range in
      "\"\(name)\":{\"dtype\":\"U8\",\"shape\":[\(range.1 - range.0)],"
        + "\"data_offsets\":[\(range.0),\(range.1)]}"
    }
    self.init("{\(entries.joined(separator: ","))}", data: data)
  }

  /// The file, opened from memory.
  func open() throws(CheckpointError) -> SafeTensorsFile {
    let memory = Memory(bytes)
    return try SafeTensorsFile(bytes: memory.buffer, owner: memory, path: Self.path)
  }

  /// Expects that the file is refused with `error`.
  func expectRefusal(
    _ error: CheckpointError, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(throws: error, sourceLocation: sourceLocation) { try open() }
  }

  /// Expects that the entry of tensor `a` is refused for `problem`.
  func expectRefusal(
    entry problem: EntryProblem, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectRefusal(
      .entry(file: Self.path, tensor: "a", problem: problem), sourceLocation: sourceLocation)
  }

  /// Expects that the text of the header is refused for `problem` at `offset` in the header.
  func expectRefusal(
    text problem: JSONProblem, at offset: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectRefusal(
      .headerText(
        file: Self.path, problem: problem,
        position: .init(offset: offset, line: 1, column: offset + 1)),
      sourceLocation: sourceLocation)
  }
}

/// Bytes at an address that does not change.
final class Memory: Sendable {
  nonisolated(unsafe) let buffer: UnsafeRawBufferPointer

  init(_ bytes: [UInt8]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 64)
    memory.copyBytes(from: bytes)
    buffer = UnsafeRawBufferPointer(memory)
  }

  deinit { buffer.deallocate() }
}

/// Bytes of hexadecimal digits, as goldens hold them.
func bytes(hexadecimal text: String) -> [UInt8] {
  let digits = Array(text.utf8)
  return stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
    UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
  }
}

/// Float32 of little-endian bytes.
func floats(_ bytes: [UInt8]) -> [Float] {
  bytes.withUnsafeBytes { buffer in
    (0..<buffer.count / 4).map { buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
  }
}

/// Bits of numbers, all NaN alike: which NaN a conversion makes is the processor's choice.
func bits(_ floats: [Float]) -> [UInt32] {
  floats.map { ($0.isNaN ? Float.nan : $0).bitPattern }
}
