import FoxDecoding

/// # PyTorch's checkpoints
///
/// `torch.save(model.state_dict(), "pytorch_model.bin")` writes a zip archive:
///
///     archive/data.pkl     a pickle: names, and tensors that say which storage they view, and how
///     archive/data/0       the numbers of storage "0", row after row
///     archive/data/1       …
///     archive/byteorder    "little" or "big"; absent before PyTorch 2.1
///
/// The archive is read by ``ZipArchive``, the pickle by ``PickleReader``, and a tensor's numbers through
/// a ``StridedView``. Two tensors may view one storage: GPT-2's head is its embedding, so both names are
/// in the pickle and the numbers are in the file once.
///
/// torch 2.13.0, `torch/serialization.py`; clauses TORCH-1 to TORCH-3, TORCH-5, TORCH-7. Does not read what PyTorch
/// wrote before 1.6, and does not write: the Workshop does both.
package struct TorchFile: TensorFile {
  package let path: String
  package let format: CheckpointFormat
  /// In the order of the state dictionary.
  package let tensors: [TensorInfo]
  /// None: the format has none.
  package var metadata: [(key: String, value: String)] { [] }
  package let byteCount: Int
  package let tied: [[String]]

  private typealias View = (place: Int, storage: TorchStorage, view: StridedView)
  private let views: [UTF8Key: View]
  private let storages: any TorchStorages

  /// Maps the file at `path` and reads its pickle. The numbers are read when somebody uses them.
  package init(path: String) throws(Fault) {
    let bytes = StoredBytes(try MappedFile(path: path))
    let allowance = ZipArchive.allowance(forSize: bytes.count)
    try self.init(ZipArchive(bytes, path: path, allowance: allowance))
  }

  /// Reads the pickle of an archive.
  package init(_ archive: ZipArchive) throws(Fault) {
    let records = try TorchRecords(archive)
    let state = try records.state()
    try self.init(
      state, storages: records, isBigEndian: records.isBigEndian, path: archive.path,
      format: .torchZip, byteCount: archive.byteCount)
  }

  /// Checks every tensor of a state dictionary against its storage.
  package init(
    _ state: TorchState, storages: any TorchStorages, isBigEndian: Bool, path: String,
    format: CheckpointFormat, byteCount: Int
  ) throws(Fault) {
    (self.path, self.format, self.byteCount, self.storages) = (path, format, byteCount, storages)
    var tensors: [TensorInfo] = []
    var views: [UTF8Key: View] = [:]
    for (place, (name, tensor)) in state.tensors.enumerated() {
      let storage = tensor.storage
      try Self.check(storage, size: storages.size(storage.key), tensor: name, file: path)
      let view = StridedView(
        dtype: storage.dtype, shape: tensor.shape, strides: tensor.strides, offset: tensor.offset,
        isBigEndian: isBigEndian)
      let elements = storage.part?.count ?? storage.count
      try view.check(elements: elements, tensor: name, file: path)
      guard case .bytes(let size) = view.dtype.byteCount(of: view.shape) else { continue }
      tensors.append(
        TensorInfo(name: name, dtype: view.dtype, shape: view.shape, byteRange: 0..<size))
      views[UTF8Key(name)] = (place, storage, view)
    }
    (self.tensors, self.views) = (tensors, views)
    tied = Self.tied(state)
  }

  /// Checks that a tensor's storage is there and has the size that the tensor says.
  private static func check(
    _ storage: TorchStorage, size: Int?, tensor: String, file: String
  ) throws(Fault) {
    let place = "tensor \(shown(tensor)), storage \(shown(storage.key))"
    guard let size else {
      throw Fault(file, at: place, found: "nothing", expected: "a storage in the file")
    }
    let (bytes, overflow) = storage.count.multipliedReportingOverflow(by: storage.dtype.bits / 8)
    if overflow || bytes != size {
      throw Fault(
        file, at: place, found: "\(size) bytes", expected: "\(overflow ? .max : bytes) bytes")
    }
  }

  /// Names of tensors with the same elements of the same storage.
  ///
  /// Of one storage a hundred views are compared: a file with a million would take a million squared.
  private static func tied(_ state: TorchState) -> [[String]] {
    var groups: [(tensor: TorchTensor, names: [String])] = []
    var places: [UTF8Key: [Int]] = [:]
    for (name, tensor) in state.tensors where !tensor.shape.contains(0) {
      let key = UTF8Key(tensor.storage.key)
      if let place = places[key]?.first(where: { groups[$0].tensor == tensor }) {
        groups[place].names.append(name)
      } else if places[key, default: []].count < 100 {
        places[key, default: []].append(groups.count)
        groups.append((tensor, [name]))
      }
    }
    return groups.map(\.names).filter { $0.count > 1 }
  }

  package subscript(name: String) -> TensorInfo? { views[UTF8Key(name)].map { tensors[$0.place] } }

  /// The elements in row-major order.
  package func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes {
    let tensor = try info(tensor.name)
    guard let (_, storage, view) = views[UTF8Key(tensor.name)],
      var bytes = try storages.bytes(storage.key)
    else { return StoredBytes(.init(start: nil, count: 0), owner: ByteBuffer(count: 0)) }
    let size = view.dtype.bits / 8
    if let part = storage.part {
      bytes = bytes.part(part.lowerBound * size..<part.upperBound * size)
    }
    return view.elements(of: bytes)
  }
}

/// Where the numbers of a checkpoint are.
package protocol TorchStorages: Sendable {
  /// How many bytes the storage `key` has; `nil` when there is none.
  func size(_ key: String) -> Int?
  /// The bytes of the storage `key`.
  func bytes(_ key: String) throws(Fault) -> StoredBytes?
}

/// The records of an archive, which all are in one folder (TORCH-1).
package struct TorchRecords: TorchStorages {
  /// Whether numbers are in big-endian order.
  let isBigEndian: Bool
  private let archive: ZipArchive
  private let root: String

  /// Whether an archive has the one record that every such checkpoint has.
  package static func areIn(_ archive: ZipArchive) -> Bool { roots(archive).count == 1 }

  private static func roots(_ archive: ZipArchive) -> [String] {
    archive.entries.map(\.name).filter { name in
      name.hasSuffix("/data.pkl") && name.utf8.count { $0 == UInt8(ascii: "/") } == 1
    }
  }

  init(_ archive: ZipArchive) throws(Fault) {
    guard let pickle = Self.roots(archive).first, Self.areIn(archive) else {
      throw Fault(archive.path, found: "no data.pkl", expected: "one, in a folder")
    }
    let root = String(pickle.dropLast("data.pkl".count))
    let isScript = archive.entries.contains {
      $0.name == "\(root)constants.pkl" || $0.name.hasPrefix("\(root)code/")
    }
    if isScript {
      throw Fault(
        archive.path, found: "a TorchScript program", expected: "a checkpoint",
        hint: "in Python: torch.save(torch.jit.load(file).state_dict(), other)")
    }
    isBigEndian = try Self.byteOrder(archive, root)
    (self.archive, self.root) = (archive, root)
  }

  private static func byteOrder(_ archive: ZipArchive, _ root: String) throws(Fault) -> Bool {
    guard let bytes = try archive.read("\(root)byteorder") else { return false }
    let text = bytes.withBytes { String(decoding: $0.prefix(20), as: UTF8.self) }
    if text == "little" || text == "big" { return text == "big" }
    throw Fault(archive.path, at: "byteorder", found: shown(text), expected: "little or big")
  }

  func state() throws(Fault) -> TorchState {
    let name = "\(root)data.pkl"
    guard let bytes = try archive.read(name) else {
      throw Fault(archive.path, found: "no data.pkl", expected: "one, in a folder")
    }
    return try bytes.withBytes { bytes throws(Fault) in
      var reader = PickleReader(bytes, file: "\(archive.path)/\(name)")
      let value = try reader.next()
      try reader.expectEnd()
      return try TorchState(value, heap: reader.heap, file: archive.path)
    }
  }

  package func size(_ key: String) -> Int? { archive["\(root)data/\(key)"]?.size }

  package func bytes(_ key: String) throws(Fault) -> StoredBytes? {
    try archive.read("\(root)data/\(key)")
  }
}

/// The dictionary of tensors that a pickle holds (TORCH-2).
package struct TorchState {
  /// Where a state dictionary may be in a larger one, the likeliest first: checkpoints of a training
  /// hold an epoch and an optimizer beside it.
  private static let wrappers = ["state_dict", "model_state_dict", "model"]
  private static let maximumDepth = 4

  /// Names and tensors, in order.
  package let tensors: [(name: String, tensor: TorchTensor)]

  /// Finds the dictionary in `value`.
  package init(_ value: PickleValue, heap: PickleHeap, file: String) throws(Fault) {
    let whole = value
    var (value, outer) = (value, [PickleValue]())
    for _ in 0..<Self.maximumDepth {
      guard let members = heap.members(value) else { break }
      // A state dictionary has tensors only: beside one, tensors are a loss or a step.
      if let inner = Self.inner(members, heap) {
        (value, outer) = (inner, members.map(\.key))
        continue
      }
      let found = try Self.tensors(members, file: file)
      if !found.isEmpty || members.isEmpty {
        tensors = found
        return
      }
      outer = members.map(\.key)
      break
    }
    var gathering = Gathering(heap: heap, file: file)
    try gathering.walk(whole, name: "", depth: 0)
    if !gathering.tensors.isEmpty {
      tensors = gathering.tensors
      return
    }
    let keys = outer.compactMap(\.text)
    throw Fault(
      file, found: keys.isEmpty ? "no dictionary" : "a dictionary of \(shown(keys))",
      expected: "a dictionary of tensors")
  }

  /// The tensors among the members; numbers and texts beside them are not weights.
  private static func tensors(
    _ members: [(key: PickleValue, value: PickleValue)], file: String
  ) throws(Fault) -> [(name: String, tensor: TorchTensor)] {
    var tensors: [(name: String, tensor: TorchTensor)] = []
    var names: Set<UTF8Key> = []
    for (key, value) in members {
      guard case .tensor(let tensor) = value else { continue }
      guard let name = key.text else {
        throw Fault(file, found: "a tensor called by \(key.kind)", expected: "a name")
      }
      guard names.insert(UTF8Key(name)).inserted else {
        throw .duplicateName(file: file, tensor: name)
      }
      tensors.append((name, tensor))
    }
    return tensors
  }

  private static func inner(
    _ members: [(key: PickleValue, value: PickleValue)], _ heap: PickleHeap
  ) -> PickleValue? {
    for wrapper in wrappers {
      let member = members.first { $0.key.text == wrapper && heap.members($0.value) != nil }
      if let member { return member.value }
    }
    return nil
  }
}

/// The tensors of a pickle that is not a state dictionary: one alone, or any in nested dictionaries and
/// lists, named by the way to them, as `state.0.exp_avg` (TORCH-7).
private struct Gathering {
  let heap: PickleHeap
  let file: String
  private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
  private var names: Set<UTF8Key> = []
  private var left = 10_000

  init(heap: PickleHeap, file: String) { (self.heap, self.file) = (heap, file) }

  mutating func walk(_ value: PickleValue, name: String, depth: Int) throws(Fault) {
    if case .tensor(let tensor) = value {
      let name = name.isEmpty ? "tensor" : name
      guard names.insert(UTF8Key(name)).inserted else {
        throw .duplicateName(file: file, tensor: name)
      }
      tensors.append((name, tensor))
    }
    if depth == 8 { return }
    for (part, item) in parts(of: value) {
      // A pickle of a few bytes can refer to one list a thousand times, and that to another.
      left -= 1
      if left < 0 || part.utf8.count > 256 {
        throw Fault(
          file, found: "more than 10000 values, or longer names, around the tensors",
          expected: "a dictionary of tensors")
      }
      try walk(item, name: name.isEmpty ? part : "\(name).\(part)", depth: depth + 1)
    }
  }

  /// The values of a dictionary by their keys, those of a list by their places.
  private func parts(of value: PickleValue) -> [(String, PickleValue)] {
    if let members = heap.members(value) {
      return members.compactMap { key, value in
        (key.text ?? key.integer.map(String.init)).map { ($0, value) }
      }
    }
    let items = heap.items(value, .list, .tuple) ?? []
    return items.enumerated().map { ("\($0)", $1) }
  }
}

extension Fault {
  /// Two tensors of one name.
  package static func duplicateName(file: String, tensor: String) -> Fault {
    Fault(file, at: "tensor \(shown(tensor))", found: "two of that name", expected: "one")
  }
}
