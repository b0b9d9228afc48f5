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
/// Source: huggingface/safetensors, README.md, and where that is silent `src/tensor.rs`. Clauses
/// SAFE-1 to SAFE-9. Does not write: the Workshop does. Does not look at the numbers: NaN, and a
/// boolean of 2, are passed on as they are.
package struct SafeTensorsFile: TensorFile {
  package static let standardName = "model.safetensors"  // in a model's folder

  package let path: String  // the subject of faults
  package let tensors: [TensorInfo]  // in the order of their bytes
  package let metadata: [(key: String, value: String)]  // in the order of the header
  package var byteCount: Int { bytes.count }

  private let bytes: StoredBytes  // keeps the file mapped
  private let dataStart: Int  // 8 + N
  private let places: [UTF8Key: Int]  // from a name to its place in `tensors`

  /// Maps the file at `path` and checks its header. The numbers are read when they are used.
  package init(path: String) throws(Fault) {
    try self.init(StoredBytes(MappedFile(path: path)), path: path)
  }

  /// Checks the header of `bytes`. Everything that can be wrong is found here: after it, every
  /// range lies in the file.
  package init(_ bytes: StoredBytes, path: String) throws(Fault) {
    let header = try bytes.withBytes { buffer throws(Fault) in
      try SafeTensorsHeader(buffer, file: path)
    }
    (self.path, self.bytes) = (path, bytes)
    (tensors, metadata, dataStart) = (header.tensors, header.metadata, header.dataStart)
    // No two names are the same: the parser has seen to it.
    let pairs = tensors.enumerated().map { (UTF8Key($1.name), $0) }  // [name: place]
    places = Dictionary(pairs) { first, _ in first }
  }

  package subscript(name: String) -> TensorInfo? { places[UTF8Key(name)].map { tensors[$0] } }

  package func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes {
    // The range is the one that was checked, whatever the caller's `tensor` says.
    let range = try info(tensor.name).byteRange
    // Offsets in the header count from the data. No byte is read or copied.
    return bytes.part(dataStart + range.lowerBound..<dataStart + range.upperBound)
  }
}

/// The header of a safetensors file, read and checked against the rules.
package struct SafeTensorsHeader {
  package static let lengthSize = 8  // the 8 bytes of N
  package static let maximumLength = 100_000_000  // the reference's `MAX_HEADER_SIZE`
  package static let metadataName = "__metadata__"  // a reserved name: no tensor can have it

  private(set) var tensors: [TensorInfo] = []  // in the order of their bytes, once sorted
  private(set) var metadata: [(key: String, value: String)] = []  // as written
  private(set) var dataStart = lengthSize  // the byte after the header
  private let file: String

  /// Reads the header of `bytes`, the whole file.
  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Fault) {
    self.file = file
    // First the length, which says where everything else is, …
    dataStart = try end(of: bytes)
    // … then the text, entry by entry, …
    for (name, value) in try members(of: .init(rebasing: bytes[Self.lengthSize..<dataStart])) {
      if UTF8Key.equal(name, Self.metadataName) {
        metadata = try texts(value)  // once at most: the parser refuses a name twice
      } else {
        tensors.append(try tensor(name, value))
      }
    }
    // … and last all entries together, which may be listed in any order. Tensors without bytes come
    // before the one that begins where they are, and among themselves by name.
    tensors.sort { a, b in
      let (left, right) = (a.byteRange, b.byteRange)
      if left == right { return UTF8Key.precedes(a.name, b.name) }
      return (left.lowerBound, left.upperBound) < (right.lowerBound, right.upperBound)
    }
    try checkCoverage(fileSize: bytes.count)
  }

  private func fault(
    _ place: String?, _ found: String, _ expected: String, hint: String? = nil
  ) -> Fault {
    Fault(file, at: place, found: found, expected: expected, hint: hint)
  }

  /// Where the header ends, from the length at the start of the file (SAFE-1).
  private func end(of bytes: UnsafeRawBufferPointer) throws(Fault) -> Int {
    let incomplete = "is the download complete?"
    guard let length = bytes.number(at: 0, as: UInt64.self) else {
      throw fault(
        nil, "\(bytes.count) bytes", "8 bytes of length, a header, and the data", hint: incomplete)
    }
    // The bound keeps a file from asking for any amount of parsing. It also finds what is not
    // safetensors: eight characters of a text, read as a number, are far beyond it.
    guard length <= Self.maximumLength else {
      throw fault("length of the header", "\(length) bytes", "at most \(Self.maximumLength)")
    }
    let end = Self.lengthSize + Int(length)  // cannot overflow: N is small now
    if end <= bytes.count { return end }
    throw fault(
      "header", "the end of the file at byte \(bytes.count)", "a header up to byte \(end)",
      hint: incomplete)
  }

  /// The members of the JSON object that is the header (SAFE-2, SAFE-3).
  private func members(
    of text: UnsafeRawBufferPointer
  ) throws(Fault) -> [(key: String, value: JSON)] {
    // The README: "the header data MUST begin with a { character (0x7B)". N = 0 ends here too.
    guard text.first == UInt8(ascii: "{") else {
      throw fault("byte 0 of the header", text.first.map { shown($0) } ?? "nothing", "'{'")
    }
    let document: JSON  // at most 100 MB of text, and 127 levels deep
    do { document = try JSON.parse(text, in: file) } catch {
      var fault = error
      fault.place = "header, \(error.place ?? "")"  // places count from the header's first byte
      throw fault
    }
    // JSON allows other white space after the document, the format only spaces, with which the
    // writer makes the data begin at a multiple of 8. The parser found nothing else there.
    if let last = text.lastIndex(where: { $0 != 0x20 }), text[last] != UInt8(ascii: "}") {
      throw fault("byte \(last) of the header", shown(text[last]), "only spaces after the object")
    }
    return document.object?.members ?? []  // an object, because it begins with `{`
  }

  /// A map from text to text, or null (SAFE-5): no reader has to guess what a nested value means.
  private func texts(_ value: JSON) throws(Fault) -> [(key: String, value: String)] {
    if value.isNull { return [] }  // serde reads `null` as "not there"
    guard let members = value.object?.members else {
      throw fault(Self.metadataName, value.kind, "an object of strings")
    }
    return try members.map { key, value throws(Fault) in
      if let text = value.string { return (key, text) }  // kept as it is, never interpreted
      throw fault("\(Self.metadataName), \(shown(key))", value.kind, "a string")
    }
  }

  /// Every byte of the data belongs to exactly one tensor (SAFE-7, SAFE-8).
  private func checkCoverage(fileSize: Int) throws(Fault) {
    var (end, owner) = (0, "the start of the data")  // of the bytes that have an owner so far
    var previous = 0..<0  // the owner's bytes, for the fault
    // Sorted, each tensor must begin exactly where the one before it ended.
    for tensor in tensors {
      let (place, range) = ("tensor \(shown(tensor.name))", tensor.byteRange)
      // A hole can hide what no reader shows: a second file, or private data.
      if range.lowerBound > end {
        throw fault(
          place, "bytes \(shown(end..<range.lowerBound)) before it that no tensor has",
          "its first byte right after \(owner)")
      }
      // An overlap would be a tensor that changes when another is changed.
      if range.lowerBound < end {
        throw fault(
          place, "bytes \(shown(range)), some of them in \(shown(previous)) of \(owner)",
          "bytes of its own", hint: "tied weights are stored once")
      }
      (end, owner, previous) = (range.upperBound, place, range)
    }
    // Offsets may go up to the greatest integer, and the header stands before them.
    let (expected, overflow) = dataStart.addingReportingOverflow(end)
    if !overflow && expected == fileSize { return }  // from here on every read is inside the file
    // More bytes than the tensors need could be another file inside this one: a zip archive, say,
    // is read from its end.
    let isShort = overflow || expected > fileSize
    throw fault(
      nil, "\(fileSize) bytes", "\(overflow ? .max : expected)",
      hint: isShort ? "the download is incomplete; fetch it again" : nil)
  }
}

// MARK: - Entries

extension SafeTensorsHeader {
  /// The tensor of an entry, whose dtype, shape and range must agree (SAFE-4).
  private func tensor(_ name: String, _ value: JSON) throws(Fault) -> TensorInfo {
    let place = "tensor \(shown(name))"
    guard let members = value.object?.members else { throw fault(place, value.kind, "an object") }
    // All three, and no others.
    let fields = ["dtype", "shape", "data_offsets"]
    // A reader that does not know a field cannot know what the bytes mean: a later version of the
    // format might have "compression" here. The reference ignores it.
    for (field, _) in members where !fields.contains(field) {
      throw fault(place, "a field \(shown(field))", "only dtype, shape and data_offsets")
    }
    guard let kind = value["dtype"], let shape = value["shape"], let offsets = value["data_offsets"]
    else {
      let absent = fields.first { value[$0] == nil } ?? ""  // the first that is not there
      throw fault(place, "no \(absent)", "dtype, shape and data_offsets")
    }
    guard let kindName = kind.string else { throw fault("\(place), dtype", kind.kind, "a string") }
    // Names are exact: "f32" is not one, "F32" is.
    guard let dtype = DType(rawValue: kindName) else {
      throw fault("\(place), dtype", shown(kindName), "a kind that the format has")
    }
    let tensor = TensorInfo(
      name: name, dtype: dtype,
      // As many as it likes: [] is a scalar, and a size of 0 an empty tensor.
      shape: try integers(shape, "\(place), shape", "an array of non-negative integers"),
      byteRange: try range(offsets, "\(place), data_offsets"))
    try checkSize(tensor, place)  // now that each is right by itself, they must agree
    return tensor
  }

  /// Integers that Python, JavaScript and Rust read alike: not "4.0", "4e0" or "-0" (JSON-6), nor
  /// what does not fit 63 bits.
  private func integers(_ value: JSON, _ place: String, _ expected: String) throws(Fault) -> [Int] {
    guard let elements = value.array else { throw fault(place, value.kind, expected) }
    return try elements.map { element throws(Fault) in
      guard let integer = element.integer else { throw fault(place, element.kind, expected) }
      if integer >= 0 { return integer }  // `-0` was a number already
      throw fault(place, "a negative integer", expected)
    }
  }

  private func range(_ value: JSON, _ place: String) throws(Fault) -> Range<Int> {
    let expected = "two non-negative integers"
    let offsets = try integers(value, place, expected)
    guard offsets.count == 2 else { throw fault(place, "\(offsets.count) integers", expected) }
    // A range that ended before it began Swift could not even form.
    if offsets[0] <= offsets[1] { return offsets[0]..<offsets[1] }
    throw fault(place, shown(offsets), "an end not before the begin")
  }

  /// The range has Π shape · bits / 8 bytes (SAFE-6).
  private func checkSize(_ tensor: TensorInfo, _ place: String) throws(Fault) {
    guard let bits = tensor.dtype.bitCount(of: tensor.shape) else {
      throw .tooManyElements(file: file, tensor)  // [2^40, 2^40, 0]
    }
    // Seven numbers of 4 bits would share their last byte with the next tensor.
    if bits % 8 != 0 { throw fault(place, "\(bits) bits of \(tensor.words)", "whole bytes") }
    // Too few bytes would be read over their end; too many would hide some.
    let range = tensor.byteRange
    if bits / 8 != range.count {  // 12 bytes of F32 [3], for example
      throw fault(
        place, "\(range.count) bytes, \(shown(range))", "\(bits / 8) bytes of \(tensor.words)")
    }
  }
}
