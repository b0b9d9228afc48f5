import Bytes
import Tensors

/// The kinds of numbers that float32 weights can be stored as.
public enum StoredFloat: String, CaseIterable, Sendable {
  /// As they are.
  case f32 = "F32"
  /// Rounded to half precision, to nearest, ties to even; beyond 65504 to ±∞.
  case f16 = "F16"
  /// Rounded to bfloat16, to nearest, ties to even.
  case bf16 = "BF16"

  var dtype: DType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    }
  }
}

/// A tensor on its way into a file.
public struct OutgoingTensor {
  /// The name in the file.
  public let name: String
  /// The kind of its elements in the file.
  public let dtype: DType
  /// The size of each dimension; `[]` is a scalar.
  public let shape: [Int]
  fileprivate let source: Source

  fileprivate enum Source {
    case floats(Tensor)
    case stored(SafeTensorsFile)
    case raw(UnsafeRawBufferPointer)
  }

  /// Float32 numbers, stored as they are or rounded.
  public init(_ name: String, _ tensor: Tensor, as stored: StoredFloat = .f32) {
    (self.name, dtype, shape) = (name, stored.dtype, tensor.shape)
    source = .floats(tensor)
  }

  /// A tensor of another file, bytes unchanged.
  ///
  /// - Throws: ``CheckpointError/noTensor(file:tensor:)``.
  public init(copying name: String, of file: SafeTensorsFile) throws(CheckpointError) {
    guard let info = file[name] else { throw .noTensor(file: file.path, tensor: name) }
    (self.name, dtype, shape) = (name, info.dtype, info.shape)
    source = .stored(file)
  }

  /// Bytes of any dtype, little-endian, which must stay valid and unchanged until they are written:
  /// the way out of a flat buffer without a copy.
  public init(_ name: String, _ dtype: DType, _ shape: [Int], bytes: UnsafeRawBufferPointer) {
    (self.name, self.dtype, self.shape) = (name, dtype, shape)
    source = .raw(bytes)
  }
}

extension SafeTensorsFile {
  /// What PyTorch's users write, and what transformers asks for.
  public static let defaultMetadata = [(key: "format", value: "pt")]

  /// Writes a file at `path`, wholly or not at all (`SAFE-10` to `SAFE-12`).
  ///
  /// The bytes are those the reference's writer would write: tensors by dtype, the widest first, then
  /// by name; the header filled up with spaces to a multiple of 8. The tensors are streamed: no copy
  /// of the file is held in memory.
  ///
  /// - Parameters:
  ///   - tensors: In any order. Weights that the model ties are given once, as its reader expects.
  ///   - metadata: Written in the order of the keys.
  ///   - path: An existing file is replaced once the new one is complete.
  /// - Throws: ``CheckpointError``; a file at `path` is then untouched.
  public static func write(
    _ tensors: [OutgoingTensor], metadata: [(key: String, value: String)] = defaultMetadata,
    to path: String
  ) throws(CheckpointError) {
    let ordered = tensors.sorted(by: precedes)
    let header = try header(of: ordered, metadata: metadata, path: path)
    do {
      var file = try AtomicFile(path: path)
      try file.write(header)
      for tensor in ordered { try tensor.write(to: &file) }
      try file.commit()
    } catch {
      throw .file(error)
    }
  }

  private static func precedes(_ a: OutgoingTensor, _ b: OutgoingTensor) -> Bool {
    a.dtype == b.dtype ? UTF8Key.precedes(a.name, b.name) : a.dtype.rank > b.dtype.rank
  }

  /// Length and text of the header of `tensors`, which are in order.
  private static func header(
    of tensors: [OutgoingTensor], metadata: [(key: String, value: String)], path: String
  ) throws(CheckpointError) -> [UInt8] {
    var members: [(key: String, value: JSON)] = []
    if !metadata.isEmpty {
      let sorted = metadata.sorted { UTF8Key.precedes($0.key, $1.key) }
      let object = JSON.Object(sorted.map { (key: $0.key, value: .string($0.value)) })
      members.append((SafeTensorsHeader.metadataName, .object(object)))
    }
    try checkNames(tensors, path: path)
    var offset = 0
    for tensor in tensors {
      let size = try tensor.byteCount(path: path)
      let (end, overflow) = offset.addingReportingOverflow(size)
      if overflow { throw tensor.tooManyElements(path: path) }
      members.append((tensor.name, tensor.entry(at: offset..<end)))
      offset = end
    }
    return try padded(JSON.object(.init(members)), path: path)
  }

  /// The length of a header, its text, and spaces up to a multiple of 8.
  static func padded(
    _ header: JSON, path: String, limit: Int = SafeTensorsHeader.maximumLength
  ) throws(CheckpointError) -> [UInt8] {
    var text = Array(header.text(.compact).utf8)
    let rest = text.count % SafeTensorsHeader.lengthSize
    if rest > 0 { text += repeatElement(0x20, count: SafeTensorsHeader.lengthSize - rest) }
    let length = UInt64(text.count)
    if length > limit {
      throw .headerTooLong(file: path, length: length, limit: limit, looksLike: nil)
    }
    return withUnsafeBytes(of: length.littleEndian) { Array($0) } + text
  }

  private static func checkNames(
    _ tensors: [OutgoingTensor], path: String
  ) throws(CheckpointError) {
    var names: Set<UTF8Key> = []
    for tensor in tensors {
      if UTF8Key.equal(tensor.name, SafeTensorsHeader.metadataName) {
        throw .reservedName(file: path)
      }
      guard names.insert(UTF8Key(tensor.name)).inserted else {
        throw .duplicateName(file: path, tensor: tensor.name)
      }
    }
  }
}

extension OutgoingTensor {
  fileprivate func entry(at range: Range<Int>) -> JSON {
    [
      "dtype": .string(dtype.rawValue), "shape": .array(shape.map(JSON.integer)),
      "data_offsets": [.integer(range.lowerBound), .integer(range.upperBound)],
    ]
  }

  /// How many bytes the tensor takes in the file.
  fileprivate func byteCount(path: String) throws(CheckpointError) -> Int {
    switch dtype.byteCount(of: shape) {
    case .overflow: throw tooManyElements(path: path)
    case .partOfByte(let bits):
      throw .partOfByte(file: path, tensor: name, dtype: dtype, shape: shape, bits: bits)
    case .bytes(let expected):
      if case .raw(let bytes) = source, bytes.count != expected {
        throw .givenBytes(file: path, tensor: name, expected: expected, found: bytes.count)
      }
      return expected
    }
  }

  fileprivate func tooManyElements(path: String) -> CheckpointError {
    .tooManyElements(file: path, tensor: name, dtype: dtype, shape: shape)
  }

  /// Hands the bytes to `file`, piece by piece where they are rounded.
  fileprivate func write(to file: inout AtomicFile) throws(BytesError) {
    do {
      switch source {
      case .raw(let bytes): try file.write(bytes)
      case .stored(let other): try other.withBytes(of: name) { try file.write($0) }
      case .floats(let tensor):
        try tensor.withPointer { elements in
          if dtype == .f32 {
            try file.write(UnsafeRawBufferPointer(elements))
          } else {
            try forEachRounded(elements, to: dtype) { try file.write($0) }
          }
        }
      }
    } catch {
      // Nothing else is thrown: the tensor of another file was found when this one was made.
      throw error as? BytesError ?? .unwritable(path: name, reason: "\(error)")
    }
  }
}
