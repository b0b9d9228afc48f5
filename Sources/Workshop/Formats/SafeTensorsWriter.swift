import FoxDecoding
import FoxFiles
import FoxWeights

extension SafeTensorsFile {
  /// What PyTorch's users write, and what transformers asks for.
  package static let defaultMetadata = [(key: "format", value: "pt")]

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
  /// - Throws: ``Fault``; a file at `path` is then untouched.
  package static func write(
    _ tensors: [OutgoingTensor], metadata: [(key: String, value: String)] = defaultMetadata,
    to path: String
  ) throws(Fault) {
    let ordered = tensors.sorted(by: precedes)
    let header = try header(of: ordered, metadata: metadata, path: path)
    try OutgoingFile.write(to: path) { write in
      try header.withUnsafeBytes(write)
      for tensor in ordered { try tensor.forEachPiece(write) }
    }
  }

  private static func precedes(_ a: OutgoingTensor, _ b: OutgoingTensor) -> Bool {
    a.dtype == b.dtype ? UTF8Key.precedes(a.name, b.name) : rank(a.dtype) > rank(b.dtype)
  }

  /// The place in the reference's order.
  private static func rank(_ dtype: DType) -> Int { DType.allCases.firstIndex(of: dtype) ?? 0 }

  /// Length and text of the header of `tensors`, which are in order.
  private static func header(
    of tensors: [OutgoingTensor], metadata: [(key: String, value: String)], path: String
  ) throws(Fault) -> [UInt8] {
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
  ) throws(Fault) -> [UInt8] {
    var text = Array(header.text(.compact).utf8)
    let rest = text.count % SafeTensorsHeader.lengthSize
    if rest > 0 { text += repeatElement(0x20, count: SafeTensorsHeader.lengthSize - rest) }
    let length = UInt64(text.count)
    if length > limit {
      throw Fault(
        path, at: "header", found: "\(length) bytes", expected: "at most \(limit)")
    }
    return withUnsafeBytes(of: length.littleEndian) { Array($0) } + text
  }

  private static func checkNames(
    _ tensors: [OutgoingTensor], path: String
  ) throws(Fault) {
    var names: Set<UTF8Key> = []
    for tensor in tensors {
      if UTF8Key.equal(tensor.name, SafeTensorsHeader.metadataName) {
        throw Fault(
          path, found: "a tensor called \(tensor.name)",
          expected: "another name: the format keeps that one for metadata")
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
}
