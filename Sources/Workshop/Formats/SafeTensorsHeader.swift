import FoxFiles

/// The header of a safetensors file, read and held against the rules (`SAFE-1` to `SAFE-8`).
///
/// Layout of a file, little-endian: 8 bytes length *N* · *N* bytes JSON · the data. The rules are
/// those of the format's README and of the reference reader; where the README says MUST and the
/// reference is lenient, the README wins.
struct SafeTensorsHeader {
  static let lengthSize = 8
  /// The reference's `MAX_HEADER_SIZE`.
  static let maximumLength = 100_000_000
  static let metadataName = "__metadata__"

  /// In the order of their bytes.
  private(set) var tensors: [TensorInfo] = []
  /// As written.
  private(set) var metadata: [(key: String, value: String)] = []
  /// Where the data begins in the file.
  let dataStart: Int
  private let file: String

  /// Reads the header of `bytes`, the whole file, and checks it against the length of the file.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) {
    self.file = file
    dataStart = try Self.end(of: bytes, file: file)
    let text = UnsafeRawBufferPointer(rebasing: bytes[Self.lengthSize..<dataStart])
    for (name, value) in try Self.members(of: text, file: file) {
      if UTF8Key.equal(name, Self.metadataName) {
        metadata = try Self.metadata(value, file: file)
      } else {
        tensors.append(try TensorEntry(value, name: name, file: file).checked())
      }
    }
    tensors.sort { Self.precedes($0, $1) }
    try checkCoverage(fileSize: bytes.count)
  }

  /// Where the header ends, from the length at the start of the file.
  private static func end(
    of bytes: UnsafeRawBufferPointer, file: String
  ) throws(CheckpointError) -> Int {
    guard bytes.count >= lengthSize else { throw .tooShort(file: file, bytes: bytes.count) }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= maximumLength else {
      throw .headerTooLong(
        file: file, length: length, limit: maximumLength, looksLike: Lookalike(bytes))
    }
    let end = lengthSize + Int(length)
    guard end <= bytes.count else {
      throw .headerPastEnd(
        file: file, end: end, size: bytes.count, looksLike: Lookalike(bytes))
    }
    return end
  }

  /// The members of the JSON object that is the header.
  private static func members(
    of text: UnsafeRawBufferPointer, file: String
  ) throws(CheckpointError) -> [(key: String, value: JSON)] {
    guard text.first == UInt8(ascii: "{") else {
      throw .headerStart(file: file, found: text.first)
    }
    let document: JSON
    do {
      document = try JSON.parse(text)
    } catch {
      guard case .json(_, let problem, let position) = error else { throw .file(error) }
      throw .headerText(file: file, problem: problem, position: position)
    }
    // JSON allows other white space behind the document; the format allows spaces only.
    if let last = text.lastIndex(where: { $0 != 0x20 }), text[last] != UInt8(ascii: "}") {
      throw .headerPadding(file: file, found: text[last], position: last)
    }
    return document.object?.members ?? []
  }

  private static func metadata(
    _ value: JSON, file: String
  ) throws(CheckpointError) -> [(key: String, value: String)] {
    if value.isNull { return [] }
    guard let members = value.object?.members else {
      throw .metadata(file: file, key: nil, found: value.kind)
    }
    var metadata: [(key: String, value: String)] = []
    for (key, value) in members {
      guard let text = value.string else {
        throw .metadata(file: file, key: key, found: value.kind)
      }
      metadata.append((key, text))
    }
    return metadata
  }

  /// By begin, then end; tensors without bytes at one place by name.
  private static func precedes(_ a: TensorInfo, _ b: TensorInfo) -> Bool {
    let (left, right) = (a.byteRange, b.byteRange)
    if left == right { return UTF8Key.precedes(a.name, b.name) }
    return (left.lowerBound, left.upperBound) < (right.lowerBound, right.upperBound)
  }

  /// Every byte of the data belongs to exactly one tensor.
  private func checkCoverage(fileSize: Int) throws(CheckpointError) {
    var previous: TensorInfo?
    for tensor in tensors {
      let range = tensor.byteRange
      let end = previous?.byteRange.upperBound ?? 0
      if range.lowerBound > end {
        throw .hole(
          file: file, range: end..<range.lowerBound, after: previous?.name, before: tensor.name)
      }
      if let previous, range.lowerBound < end {
        throw .overlap(
          file: file, tensor: previous.name, range: previous.byteRange, other: tensor.name,
          otherRange: range)
      }
      previous = tensor
    }
    let (expected, overflow) = dataStart.addingReportingOverflow(
      previous?.byteRange.upperBound ?? 0)
    if overflow || expected > fileSize {
      throw .truncated(file: file, expected: overflow ? .max : expected, found: fileSize)
    }
    if expected < fileSize { throw .trailing(file: file, expected: expected, found: fileSize) }
  }
}

/// What a header says of one tensor, field by field (`SAFE-4`).
private struct TensorEntry {
  private static let fields = ["dtype", "shape", "data_offsets"]

  let members: JSON.Object
  let name: String
  let file: String

  init(_ value: JSON, name: String, file: String) throws(CheckpointError) {
    guard let object = value.object else {
      throw .entry(file: file, tensor: name, problem: .notObject(found: value.kind))
    }
    (members, self.name, self.file) = (object, name, file)
    for (field, _) in object.members where !Self.fields.contains(field) {
      throw fault(.unknown(field: field))
    }
  }

  /// The tensor, when dtype, shape and range agree.
  func checked() throws(CheckpointError) -> TensorInfo {
    let dtype = try dtype()
    let shape = try integers("shape", "an array of non-negative integers")
    let offsets = try integers("data_offsets", "two non-negative integers")
    guard offsets.count == 2 else {
      throw fault(
        .wrong(
          field: "data_offsets", expected: "two non-negative integers",
          found: "\(offsets.count) integers"))
    }
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else {
      throw .reversed(file: file, tensor: name, begin: begin, end: end)
    }
    try checkSize(dtype, shape, begin..<end)
    return TensorInfo(name: name, dtype: dtype, shape: shape, byteRange: begin..<end)
  }

  private func checkSize(
    _ dtype: DType, _ shape: [Int], _ range: Range<Int>
  ) throws(CheckpointError) {
    switch dtype.byteCount(of: shape) {
    case .overflow:
      throw .tooManyElements(file: file, tensor: name, dtype: dtype, shape: shape)
    case .partOfByte(let bits):
      throw .partOfByte(file: file, tensor: name, dtype: dtype, shape: shape, bits: bits)
    case .bytes(let expected) where expected != range.count:
      throw .size(
        file: file, tensor: name, dtype: dtype, shape: shape, expected: expected, range: range)
    case .bytes: return
    }
  }

  private func dtype() throws(CheckpointError) -> DType {
    let value = try field("dtype")
    guard let name = value.string else {
      throw fault(.wrong(field: "dtype", expected: "a string", found: value.kind))
    }
    guard let dtype = DType(rawValue: name) else { throw fault(.unknownDType(name)) }
    return dtype
  }

  private func integers(_ name: String, _ expected: String) throws(CheckpointError) -> [Int] {
    let value = try field(name)
    guard let elements = value.array else {
      throw fault(.wrong(field: name, expected: expected, found: value.kind))
    }
    var integers: [Int] = []
    for element in elements {
      guard let integer = element.integer, integer >= 0 else {
        let found = element.integer == nil ? element.kind : "a negative integer"
        throw fault(.wrong(field: name, expected: expected, found: found))
      }
      integers.append(integer)
    }
    return integers
  }

  private func field(_ name: String) throws(CheckpointError) -> JSON {
    guard let value = members[name] else { throw fault(.missing(field: name)) }
    return value
  }

  private func fault(_ problem: EntryProblem) -> CheckpointError {
    .entry(file: file, tensor: name, problem: problem)
  }
}
