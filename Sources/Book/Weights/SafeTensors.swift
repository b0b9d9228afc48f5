import FoxDecoding

// Nothing below swaps bytes: a mapped float32 is used as it lies.
#if _endian(big)
  #error("safetensors files are little-endian, and this chapter reads their numbers in place")
#endif

/// # Weights in a file: safetensors
///
/// A checkpoint is names and arrays of numbers. The format of today's models writes just that:
///
///     8 bytes    N, the length of the header, little-endian
///     N bytes    JSON: {"wte.weight": {"dtype": "F32", "shape": [50257, 768],
///                "data_offsets": [0, 154389504]}, …, "__metadata__": {"format": "pt"}}
///     the rest   the numbers, row-major and little-endian, one tensor after the other
///
/// Nothing in it is a program, and a float32 tensor can be used where it lies. But a file may still
/// lie: about sizes, so that a reader runs over the end; about offsets, so that bytes are hidden
/// between tensors or seen twice. So every rule is checked before a tensor is shown, and each byte
/// must belong to exactly one tensor.
///
/// huggingface/safetensors, README.md and `safetensors/src/tensor.rs`; clauses SAFE-1 to SAFE-9.
/// Where the README says MUST and the reference is lenient, the README wins. Does not write: the
/// Workshop does. Does not look at the numbers: NaN, and a boolean of 2, are passed on as they are.
package struct SafeTensorsFile: TensorFile {
  package let path: String
  /// In the order of their bytes.
  package let tensors: [TensorInfo]
  /// The `__metadata__` in the order of the header, empty when there is none.
  package let metadata: [(key: String, value: String)]
  package var byteCount: Int { bytes.count }

  private let bytes: StoredBytes  // keeps the file mapped
  private let dataStart: Int  // 8 + N
  private let places: [UTF8Key: Int]  // from a name to its place in `tensors`

  /// The name of the file in a model's folder.
  package static let standardName = "model.safetensors"

  /// Maps the file at `path` and checks its header. The numbers are read when they are used.
  package init(path: String) throws(Fault) {
    try self.init(StoredBytes(MappedFile(path: path)), path: path)
  }

  /// Checks the file that `bytes` are.
  package init(_ bytes: StoredBytes, path: String) throws(Fault) {
    // Everything that can be wrong is found here; after it, every range lies in the file.
    let header = try bytes.withBytes { buffer throws(Fault) in
      try SafeTensorsHeader(buffer, file: path)
    }
    // The header's text is not kept: names, shapes and ranges are all that is needed.
    (self.path, self.bytes) = (path, bytes)
    (tensors, metadata, dataStart) = (header.tensors, header.metadata, header.dataStart)
    // Compared by bytes, as the parser did when it refused double names: so no place is lost.
    var places = [UTF8Key: Int](minimumCapacity: tensors.count)
    for (place, tensor) in tensors.enumerated() { places[UTF8Key(tensor.name)] = place }
    self.places = places
  }

  package subscript(name: String) -> TensorInfo? { places[UTF8Key(name)].map { tensors[$0] } }

  /// The bytes where they lie in the file.
  package func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes {
    // The range is the one that was checked, whatever the caller's `tensor` says.
    let range = try info(tensor.name).byteRange
    // Offsets in the header count from the data.
    return bytes.part(dataStart + range.lowerBound..<dataStart + range.upperBound)
  }
}

/// The header of a safetensors file, read and checked against the rules.
package struct SafeTensorsHeader {
  package static let lengthSize = 8  // the 8 bytes of N
  /// The reference's `MAX_HEADER_SIZE`.
  package static let maximumLength = 100_000_000
  package static let metadataName = "__metadata__"  // a reserved name: no tensor can have it

  private(set) var tensors: [TensorInfo] = []  // in the order of their bytes
  private(set) var metadata: [(key: String, value: String)] = []  // as written
  let dataStart: Int  // in the file
  private let file: String

  /// Reads the header of `bytes`, the whole file.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Fault) {
    // First the length, which says where everything else is, …
    self.file = file
    dataStart = try Self.end(of: bytes, file: file)
    // … then the text: each entry must be right by itself, or is refused by its name, …
    let text = UnsafeRawBufferPointer(rebasing: bytes[Self.lengthSize..<dataStart])
    for (name, value) in try Self.members(of: text, file: file) {
      if UTF8Key.equal(name, Self.metadataName) {
        metadata = try Self.metadata(value, file: file)
      } else {
        tensors.append(try TensorEntry(name: name, value: value, file: file).checked())
      }
    }
    // … and last all of them together. The header may list tensors in any order. Those without
    // bytes come before the one that begins where they are, and among themselves by name.
    tensors.sort { a, b in
      let (left, right) = (a.byteRange, b.byteRange)
      if left == right { return UTF8Key.precedes(a.name, b.name) }
      return (left.lowerBound, left.upperBound) < (right.lowerBound, right.upperBound)
    }
    try checkCoverage(fileSize: bytes.count)
  }

  /// Where the header ends, from the length at the start of the file (SAFE-1).
  private static func end(of bytes: UnsafeRawBufferPointer, file: String) throws(Fault) -> Int {
    let incomplete = "is the download complete?"
    guard let length = bytes.number(at: 0, as: UInt64.self) else {
      throw Fault(
        file, found: "\(bytes.count) bytes", expected: "8 bytes of length, a header, and the data",
        hint: incomplete)
    }
    // The bound keeps a file from asking for any amount of parsing. It also finds what is not
    // safetensors: eight characters of a text, read as a number, are far beyond it.
    guard length <= maximumLength else {
      throw Fault(
        file, at: "length of the header", found: "\(length) bytes",
        expected: "at most \(maximumLength)")
    }
    let end = lengthSize + Int(length)  // cannot overflow: N is small now
    guard end <= bytes.count else {
      throw Fault(
        file, at: "header", found: "the end of the file at byte \(bytes.count)",
        expected: "a header up to byte \(end)", hint: incomplete)
    }
    return end
  }

  /// The members of the JSON object that is the header (SAFE-2, SAFE-3).
  private static func members(
    of text: UnsafeRawBufferPointer, file: String
  ) throws(Fault) -> [(key: String, value: JSON)] {
    // The README: "the header data MUST begin with a { character (0x7B)". N = 0 ends here too.
    guard text.first == UInt8(ascii: "{") else {
      throw Fault(
        file, at: "byte 0 of the header", found: text.first.map { shown($0) } ?? "nothing",
        expected: "'{'")
    }
    let document: JSON
    do { document = try JSON.parse(text, in: file) } catch {
      // The parser's places count from the header's first byte, and the fault says so.
      var fault = error
      fault.place = "header, \(error.place ?? "")"
      throw fault
    }
    // JSON allows other white space after the document. The format allows spaces only, with which
    // the writer makes the data begin at a multiple of 8. The parser found nothing else there.
    if let last = text.lastIndex(where: { $0 != 0x20 }), text[last] != UInt8(ascii: "}") {
      throw Fault(
        file, at: "byte \(last) of the header", found: shown(text[last]),
        expected: "only spaces after the object")
    }
    return document.object?.members ?? []  // an object, because it begins with `{`
  }

  /// A map from text to text, or null (SAFE-5): no reader has to guess what a nested value means.
  private static func metadata(
    _ value: JSON, file: String
  ) throws(Fault) -> [(key: String, value: String)] {
    if value.isNull { return [] }  // serde reads `null` as "not there"
    guard let members = value.object?.members else {
      throw Fault(file, at: metadataName, found: value.kind, expected: "an object of strings")
    }
    var metadata: [(key: String, value: String)] = []
    for (key, value) in members {
      guard let text = value.string else {
        throw Fault(
          file, at: "\(metadataName), \(shown(key))", found: value.kind, expected: "a string")
      }
      metadata.append((key, text))
    }
    return metadata
  }

  /// Every byte of the data belongs to exactly one tensor (SAFE-7, SAFE-8).
  private func checkCoverage(fileSize: Int) throws(Fault) {
    var end = 0  // of the bytes that have an owner so far
    var previous: TensorInfo?
    // Sorted, each tensor must begin exactly where the one before it ended.
    for tensor in tensors {
      let range = tensor.byteRange
      // A hole can hide what no reader shows: a second file, or private data.
      if range.lowerBound > end {
        let before = previous.map { "tensor \(shown($0.name))" } ?? "the start of the data"
        throw Fault(
          file, at: "tensor \(shown(tensor.name))",
          found: "bytes \(shown(end..<range.lowerBound)) before it that no tensor has",
          expected: "its first byte right after \(before)")
      }
      // An overlap would be a tensor that changes when another is changed.
      if let previous, range.lowerBound < end {
        throw Fault(
          file, at: "tensor \(shown(tensor.name))",
          found: "bytes \(shown(range)), some of them in \(shown(previous.byteRange)) "
            + "of tensor \(shown(previous.name))",
          expected: "bytes of its own", hint: "tied weights are stored once")
      }
      (previous, end) = (tensor, range.upperBound)
    }
    // Offsets may go up to the greatest integer, and the header stands before them.
    let (expected, overflow) = dataStart.addingReportingOverflow(end)
    if !overflow && expected == fileSize { return }
    // Less than the tensors need is a download that broke off. More could be another file inside
    // this one: a zip archive, say, is read from its end.
    let isShort = overflow || expected > fileSize
    throw Fault(
      file, found: "\(fileSize) bytes", expected: "\(overflow ? .max : expected)",
      hint: isShort ? "the download is incomplete; fetch it again" : nil)
  }
}

/// What a header says of one tensor, field by field (SAFE-4).
private struct TensorEntry {
  private static let fields = ["dtype", "shape", "data_offsets"]

  let name: String
  let value: JSON
  let file: String

  /// The tensor, when dtype, shape and range agree.
  func checked() throws(Fault) -> TensorInfo {
    guard let members = value.object?.members else { throw fault(found: value.kind, "an object") }
    // A reader that does not know a field cannot know what the bytes mean: a later version of the
    // format might have "compression" here. The reference ignores it.
    for (field, _) in members where !Self.fields.contains(field) {
      throw fault(found: "a field \(shown(field))", "only dtype, shape and data_offsets")
    }
    let dtype = try dtype()
    let shape = try integers("shape", "an array of non-negative integers")
    let offsets = try integers("data_offsets", "two non-negative integers")
    guard offsets.count == 2 else {
      throw fault("data_offsets", found: "\(offsets.count) integers", "two non-negative integers")
    }
    // A range that ended before it began Swift could not even form.
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else {
      throw fault("data_offsets", found: "[\(begin), \(end)]", "an end not before the begin")
    }
    let tensor = TensorInfo(name: name, dtype: dtype, shape: shape, byteRange: begin..<end)
    try checkSize(tensor)
    return tensor
  }

  /// The range has Π shape × bits / 8 bytes (SAFE-6).
  private func checkSize(_ tensor: TensorInfo) throws(Fault) {
    switch tensor.dtype.byteCount(of: tensor.shape) {
    case .overflow: throw .tooManyElements(file: file, tensor)  // [2^40, 2^40, 0]
    case .partOfByte(let bits): throw fault(found: "\(bits) bits of \(tensor.words)", "whole bytes")
    // Too few bytes would be read over their end; too many would hide some.
    case .bytes(let expected) where expected != tensor.byteRange.count:
      throw fault(
        found: "\(tensor.byteRange.count) bytes, \(shown(tensor.byteRange))",
        "\(expected) bytes of \(tensor.words)")
    case .bytes: return  // equal
    }
  }

  private func dtype() throws(Fault) -> DType {
    let value = try field("dtype")
    guard let name = value.string else { throw fault("dtype", found: value.kind, "a string") }
    // Names are exact: "f32" is not one, "F32" is.
    if let dtype = DType(rawValue: name) { return dtype }
    throw fault("dtype", found: shown(name), "a kind that the format has")
  }

  private func integers(_ field: String, _ expected: String) throws(Fault) -> [Int] {
    // "4.0", "4e0" and "-0" are not integers (JSON-6), nor is what does not fit 63 bits: so Python,
    // JavaScript and Rust cannot read different numbers.
    let value = try self.field(field)
    guard let elements = value.array else { throw fault(field, found: value.kind, expected) }
    let integers = elements.compactMap(\.integer)
    if let other = elements.first(where: { $0.integer == nil }) {
      throw fault(field, found: other.kind, expected)
    }
    if integers.contains(where: { $0 < 0 }) {
      throw fault(field, found: "a negative integer", expected)
    }
    return integers
  }

  private func field(_ field: String) throws(Fault) -> JSON {
    if let value = value[field] { return value }
    throw fault(found: "no \(field)", "dtype, shape and data_offsets")
  }

  private func fault(_ field: String? = nil, found: String, _ expected: String) -> Fault {
    // `tensor "wte.weight", shape`.
    let place = "tensor \(shown(name))" + (field.map { ", \($0)" } ?? "")
    return Fault(file, at: place, found: found, expected: expected)
  }
}
