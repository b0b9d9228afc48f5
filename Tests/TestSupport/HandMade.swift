import FoxDecoding
import FoxFormats
import FoxWeights
import Testing

/// A safetensors file made by hand, rightly or wrongly.
package struct HandMade {
  /// The subject of faults in these files.
  package static let path = "hand-made.safetensors"
  /// One entry of four bytes.
  package static let body = #""dtype":"F32","shape":[1],"data_offsets":[0,4]"#
  /// A header of one such entry.
  package static let header = "{\"a\":{\(body)}}"

  /// The bytes of the file.
  package var bytes: [UInt8]

  /// A file of these bytes.
  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// A file of a header, `data` zeros and a length, by default the true one.
  package init(_ header: [UInt8], data: Int = 0, length: UInt64? = nil) {
    let length = length ?? UInt64(header.count)
    bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + header
    bytes += repeatElement(0, count: data)
  }

  /// A file of a header, `data` zeros and a length, by default the true one.
  package init(_ header: String = Self.header, data: Int = 4, length: UInt64? = nil) {
    self.init(Array(header.utf8), data: data, length: length)
  }

  /// A file of one tensor `a`, some of its fields changed, with `data` zeros.
  package init(
    dtype: String = #""F32""#, shape: String = "[1]", offsets: String = "[0,4]", data: Int = 4
  ) {
    self.init(
      "{\"a\":{\"dtype\":\(dtype),\"shape\":\(shape),\"data_offsets\":\(offsets)}}", data: data)
  }

  /// A file of tensors of bytes at the given ranges, called `a`, `b`, …
  package init(ranges: [(Int, Int)], data: Int) {
    let entries = zip("abcdefgh", ranges).map { name, range in
      "\"\(name)\":{\"dtype\":\"U8\",\"shape\":[\(range.1 - range.0)],"
        + "\"data_offsets\":[\(range.0),\(range.1)]}"
    }
    self.init("{\(entries.joined(separator: ","))}", data: data)
  }

  /// A file of float32 tensors, each with the elements 0, 1, 2, …
  package init(floats shapes: [String: [Int]]) {
    var (entries, data) = ([String](), [UInt8]())
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      let begin = data.count
      for value in 0..<shape.reduce(1, *) {
        withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { data += Array($0) }
      }
      entries.append(
        "\"\(name)\":{\"dtype\":\"F32\",\"shape\":\(shape),"
          + "\"data_offsets\":[\(begin),\(data.count)]}")
    }
    self.init("{\(entries.joined(separator: ","))}", data: 0)
    bytes += data
  }

  /// The file, opened from memory.
  package func open(path: String = Self.path) throws(Fault) -> SafeTensorsFile {
    try SafeTensorsFile(StoredBytes(copying: bytes), path: path)
  }

  /// Expects that the file is refused.
  package func expectRefusal(
    at place: String? = nil, found: String, expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(
      Self.path, at: place, found: found, expected: expected, sourceLocation: sourceLocation
    ) { try open() }
  }

  /// Expects that the text of the header is refused for a byte of its first line.
  package func expectRefusal(
    byte: Int, found: String, expected: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectRefusal(
      at: "header, line 1, column \(byte + 1) (byte \(byte))", found: found, expected: expected,
      sourceLocation: sourceLocation)
  }
}

extension TensorFile {
  /// Calls `body` with the bytes of the tensor called `name`.
  package func withBytes<Result>(
    of name: String, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try storedBytes(of: info(name)).withBytes { bytes throws in try body(bytes) }
  }
}

extension StoredBytes {
  /// Exactly these bytes, at an address that is a multiple of 64.
  package init(copying bytes: [UInt8]) {
    let buffer = ByteBuffer(count: bytes.count)
    buffer.bytes.copyBytes(from: bytes)
    self = buffer.stored
  }
}

/// Bytes of hexadecimal digits, as goldens hold them.
package func bytes(hexadecimal text: String) -> [UInt8] {
  let digits = Array(text.utf8)
  return stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
    UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
  }
}

/// Float32 of little-endian bytes.
package func floats(_ bytes: [UInt8]) -> [Float] {
  bytes.withUnsafeBytes { buffer in
    (0..<buffer.count / 4).map { buffer.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
  }
}

/// Bits of numbers, all NaN alike: which NaN a conversion makes is the processor's choice.
package func bits(_ floats: [Float]) -> [UInt32] {
  floats.map { ($0.isNaN ? Float.nan : $0).bitPattern }
}

extension [UInt8] {
  /// Changes, inserts, removes, repeats or swaps something, mostly at the beginning.
  package mutating func mutate(_ random: inout some RandomNumberGenerator) {
    if count < 2 { return }
    let end = Bool.random(using: &random) ? Swift.min(count, 90) : count
    let place = Int.random(in: 0..<end, using: &random)
    let other = Int.random(in: 0..<end, using: &random)
    switch Int.random(in: 0..<7, using: &random) {
    case 0: self[place] = UInt8.random(in: .min ... .max, using: &random)
    case 1: self[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2:
      insert(Array("0123456789{}[],:\"\\- ".utf8).randomElement(using: &random) ?? 0, at: place)
    case 3: remove(at: place)
    case 4: removeLast(Swift.min(count, place / 4))
    case 5: swapAt(place, other)
    default:
      let (low, high) = (Swift.min(place, other), Swift.max(place, other))
      insert(contentsOf: Array(self[low..<high].prefix(40)), at: place)
    }
  }
}

/// Random numbers that are the same in every run (Steele, Lea and Flood 2014).
package struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
