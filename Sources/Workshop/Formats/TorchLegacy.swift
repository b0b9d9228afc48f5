import FoxDecoding
import FoxWeights

extension TorchFile {
  /// Pickles and storages one after the other.
  init(legacy bytes: StoredBytes, path: String) throws(Fault) {
    let legacy = try bytes.withBytes { buffer throws(Fault) in
      try TorchLegacy(buffer, file: path)
    }
    try self.init(
      legacy.state, storages: LegacyStorages(file: bytes, ranges: legacy.storages),
      isBigEndian: legacy.isBigEndian, path: path, format: .torchLegacy, byteCount: bytes.count)
  }
}

/// Where the storages are in a legacy file.
private struct LegacyStorages: TorchStorages {
  let file: StoredBytes
  let ranges: [UTF8Key: Range<Int>]

  func size(_ key: String) -> Int? { ranges[UTF8Key(key)]?.count }
  func bytes(_ key: String) -> StoredBytes? { ranges[UTF8Key(key)].map { file.part($0) } }
}

/// A checkpoint as PyTorch wrote it before 1.6 (`TORCH-4`): five pickles — a magic number, a version,
/// facts of the machine, the object, the keys of the storages — and then each storage, its number of
/// elements before it.
struct TorchLegacy {
  /// How such a file begins: protocol 2, an integer of 10 bytes, the end of the first pickle.
  static let magic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]
  private static let version = 1001

  let state: TorchState
  let isBigEndian: Bool
  /// Where the elements of each storage are in the file.
  private(set) var storages: [UTF8Key: Range<Int>] = [:]

  private let file: String

  init(_ bytes: UnsafeRawBufferPointer, file: String) throws(Fault) {
    self.file = file
    var reader = PickleReader(bytes, file: file)
    _ = try reader.next()
    var value = try reader.next()
    guard value == .integer(Self.version) else {
      throw Fault(file, at: "protocol", found: Self.words(value), expected: "\(Self.version)")
    }
    isBigEndian = try Self.isBigEndian(reader.next(), reader.heap, file)
    value = try reader.next()
    state = try TorchState(value, heap: reader.heap, file: file)
    let sizes = try Self.elementSizes(reader.heap, file)
    value = try reader.next()
    guard let keys = reader.heap.items(value, .list, .tuple) else {
      throw Fault(file, at: "keys of the storages", found: Self.words(value), expected: "a list")
    }
    var position = reader.position
    for key in keys { position = try find(key, sizes, bytes, position) }
    if position != bytes.count {
      throw Fault(
        file, found: "\(bytes.count - position) bytes after the last storage", expected: "its end")
    }
  }

  private static func conflict(_ key: String, _ file: String) -> Fault {
    Fault(
      file, at: "storage \(shown(key))", found: "two descriptions that differ, or two storages",
      expected: "one")
  }

  private func cut(_ key: String) -> Fault {
    Fault(
      file, at: "storage \(shown(key))", found: "the end of the file", expected: "all its elements",
      hint: "is the download complete?")
  }

  private static func words(_ value: PickleValue) -> String {
    value.integer.map(String.init) ?? value.kind
  }

  private static func isBigEndian(
    _ value: PickleValue, _ heap: PickleHeap, _ file: String
  ) throws(Fault) -> Bool {
    let fact = heap.members(value)?.first { $0.key.text == "little_endian" }?.value
    guard case .bool(let isLittle)? = fact else {
      throw Fault(
        file, at: "little_endian", found: fact?.kind ?? "nothing", expected: "a boolean")
    }
    return !isLittle
  }

  /// Bytes of an element and number of elements of each storage: the object says so, the list of
  /// storages does not. Whatever became of a tensor, its storage was in a tuple of arguments.
  private static func elementSizes(
    _ heap: PickleHeap, _ file: String
  ) throws(Fault) -> [UTF8Key: (size: Int, count: Int)] {
    var sizes: [UTF8Key: (size: Int, count: Int)] = [:]
    for node in heap.nodes {
      for case .storage(let storage) in node.items {
        let size = (storage.dtype.bits / 8, storage.count)
        if let known = sizes.updateValue(size, forKey: UTF8Key(storage.key)), known != size {
          throw Self.conflict(storage.key, file)
        }
      }
    }
    return sizes
  }

  /// Finds a storage at `position`, and says where the next one begins.
  private mutating func find(
    _ key: PickleValue, _ sizes: [UTF8Key: (size: Int, count: Int)],
    _ bytes: UnsafeRawBufferPointer, _ position: Int
  ) throws(Fault) -> Int {
    guard let key = key.text else {
      throw Fault(file, at: "keys of the storages", found: key.kind, expected: "a text")
    }
    guard let expected = sizes[UTF8Key(key)] else {
      throw Fault(
        file, at: "storage \(shown(key))", found: "no tensor of it", expected: "one")
    }
    guard let found = bytes.number(at: position, as: Int64.self) else {
      throw cut(key)
    }
    if found != expected.count { throw Self.conflict(key, file) }
    let (size, overflow) = expected.size.multipliedReportingOverflow(by: expected.count)
    let start = position + 8
    guard !overflow, size <= bytes.count - start else {
      throw cut(key)
    }
    if storages.updateValue(start..<start + size, forKey: UTF8Key(key)) != nil {
      throw Self.conflict(key, file)
    }
    return start + size
  }
}
