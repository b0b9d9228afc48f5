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

  /// In the order of their bytes.
  private(set) var tensors: [TensorInfo] = []
  /// As written.
  private(set) var metadata: [(key: String, value: String)] = []
  /// Where the data begins in the file.
  let dataStart: Int
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
        tensors.append(try TensorEntry(value, name: name, file: file).checked())
      }
    }
    // … and last all of them together. The header may list tensors in any order.
    tensors.sort { Self.precedes($0, $1) }
    try checkCoverage(fileSize: bytes.count)
  }

  /// Where the header ends, from the length at the start of the file (SAFE-1).
  private static func end(
    of bytes: UnsafeRawBufferPointer, file: String
  ) throws(Fault) -> Int {
    // 8 bytes: N, the length of the header, little-endian.
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

  private static let incomplete = "is the download complete?"

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
    // The parser's places count from the header's first byte, and the fault says so.
    do { document = try JSON.parse(text, in: file) } catch {
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

  /// A map from text to text, or null (SAFE-5).
  private static func metadata(
    _ value: JSON, file: String
  ) throws(Fault) -> [(key: String, value: String)] {
    if value.isNull { return [] }  // serde reads `null` as "not there"
    // Text to text, so that no reader has to guess what a nested value means.
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

  /// By begin, then end; tensors without bytes at one place by name.
  private static func precedes(_ a: TensorInfo, _ b: TensorInfo) -> Bool {
    // Tensors without bytes come before the one that begins where they are, and among themselves in
    // an order that does not depend on the header's: names differ, so no two are equal.
    let (left, right) = (a.byteRange, b.byteRange)
    if left == right { return UTF8Key.precedes(a.name, b.name) }
    return (left.lowerBound, left.upperBound) < (right.lowerBound, right.upperBound)
  }

  /// Every byte of the data belongs to exactly one tensor (SAFE-7, SAFE-8).
  private func checkCoverage(fileSize: Int) throws(Fault) {
    var end = 0  // of the bytes that have an owner so far
    var previous: TensorInfo?
    for tensor in tensors {
      // Sorted, each tensor must begin exactly where the one before it ended. One pass finds
      // everything.
      let range = tensor.byteRange
      // A hole can hide what no reader shows: a second file, or private data.
      if range.lowerBound > end {
        let before = previous.map { "tensor \(shown($0.name))" } ?? "the start of the data"
        throw Fault(
          file, at: "tensor \(shown(tensor.name))",
          found: "bytes \(shown(end..<range.lowerBound)) before it that no tensor has",
          expected: "its first byte right after \(before)")
      }
      // An overlap would be a tensor that changes when another is changed. The first in order
      // cannot have one, as its begin is not below 0.
      if let previous, range.lowerBound < end {
        throw Fault(
          file, at: "tensor \(shown(tensor.name))",
          found: "bytes \(shown(range)), some of them in \(shown(previous.byteRange)) "
            + "of tensor \(shown(previous.name))",
          expected: "bytes of its own", hint: "tied weights are stored once")
      }
      // Equal begin and end: nothing is owned, nothing moves.
      (previous, end) = (tensor, range.upperBound)
    }
    // Offsets may go up to the greatest integer, and the header stands before them.
    let (expected, overflow) = dataStart.addingReportingOverflow(end)
    if !overflow && expected == fileSize { return }  // to the byte: no more, no less
    let isShort = overflow || expected > fileSize
    // Less than the tensors need is a download that broke off. More could be another file inside
    // this one (a polyglot: a zip archive, say, is read from its end).
    throw Fault(
      file, found: "\(fileSize) bytes", expected: "\(overflow ? .max : expected)",
      hint: isShort ? "the download is incomplete; fetch it again" : nil)
  }
}

/// What a header says of one tensor, field by field (SAFE-4).
private struct TensorEntry {
  // The reference's serde ignores others.
  private static let fields = ["dtype", "shape", "data_offsets"]

  let members: JSON.Object
  let name: String
  let file: String

  init(_ value: JSON, name: String, file: String) throws(Fault) {
    // An entry that is a number or a text.
    guard let object = value.object else {
      throw Fault(
        file, at: "tensor \(shown(name))", found: value.kind, expected: "an object")
    }
    (members, self.name, self.file) = (object, name, file)
    // A reader that does not know a field cannot know what the bytes mean: a later version of the
    // format might have "compression" here.
    for (field, _) in object.members where !Self.fields.contains(field) {
      throw fault(found: "a field \(shown(field))", "only dtype, shape and data_offsets")
    }
  }

  /// The tensor, when dtype, shape and range agree.
  func checked() throws(Fault) -> TensorInfo {
    // Each field by itself, …
    let dtype = try dtype()
    let shape = try integers("shape", "an array of non-negative integers")
    let offsets = try integers("data_offsets", "two non-negative integers")
    guard offsets.count == 2 else {
      throw fault("data_offsets", found: "\(offsets.count) integers", "two non-negative integers")
    }
    // … then the range, which Swift could not even form if it ended before it began, …
    let (begin, end) = (offsets[0], offsets[1])
    guard begin <= end else {
      throw fault("data_offsets", found: "[\(begin), \(end)]", "an end not before the begin")
    }
    let tensor = TensorInfo(name: name, dtype: dtype, shape: shape, byteRange: begin..<end)
    // … then the range against the shape.
    try checkSize(tensor)
    return tensor
  }

  /// The range has Π shape × bits / 8 bytes (SAFE-6).
  private func checkSize(_ tensor: TensorInfo) throws(Fault) {
    // The shape alone may be impossible, before it is compared with anything.
    switch tensor.dtype.byteCount(of: tensor.shape) {
    // [2^40, 2^40, 0], a product that wraps around to 0.
    case .overflow: throw .tooManyElements(file: file, tensor)
    // Only of F4 and F6.
    case .partOfByte(let bits):
      throw fault(found: "\(bits) bits of \(tensor.words)", "whole bytes")
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
    let value = try self.field(field)
    // An array, and each element an integer ≥ 0. "4.0", "4e0" and "-0" are not integers (JSON-6),
    // nor is what does not fit 63 bits: so Python, JavaScript and Rust cannot read different
    // numbers.
    guard let elements = value.array else { throw fault(field, found: value.kind, expected) }
    var integers: [Int] = []
    for element in elements {
      guard let integer = element.integer, integer >= 0 else {
        let found = element.integer == nil ? element.kind : "a negative integer"
        throw fault(field, found: found, expected)
      }
      integers.append(integer)
    }
    return integers
  }

  private func field(_ field: String) throws(Fault) -> JSON {
    // The parser has refused a field that appears twice.
    if let value = members[field] { return value }
    throw fault(found: "no \(field)", "dtype, shape and data_offsets")
  }

  private func fault(_ field: String? = nil, found: String, _ expected: String) -> Fault {
    // `tensor "wte.weight", shape`.
    let place = "tensor \(shown(name))" + (field.map { ", \($0)" } ?? "")
    return Fault(file, at: place, found: found, expected: expected)
  }
}
