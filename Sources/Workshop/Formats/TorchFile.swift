import FoxFiles
import FoxKernels

/// A checkpoint of PyTorch, `pytorch_model.bin`: a state dictionary as `torch.save` writes it, in a
/// zip archive (since 1.6) or not (`TORCH-1` to `TORCH-5`).
///
/// Opening reads the pickle only. Nothing in it is ever called; see ``PickleGlobal``. Storages are
/// shown where they are when they are row-major, little-endian and not compressed.
public struct TorchFile: TensorFile {
  /// The path that was opened; in errors.
  public let path: String
  /// What the file is.
  public let format: CheckpointFormat
  /// The tensors in the order of the state dictionary.
  public let tensors: [TensorInfo]
  /// None: the format has none.
  public var metadata: [(key: String, value: String)] { [] }
  /// The size of the file in bytes.
  public let byteCount: Int
  /// Names of one and the same tensor.
  public let tied: [[String]]

  private let views: [UTF8Key: (place: Int, key: String, part: Range<Int>?, view: StridedView)]
  private let storages: TorchStorages

  /// Maps and checks the file at `path`.
  ///
  /// - Throws: ``CheckpointError`` that names the file, and the byte or tensor at fault.
  public init(path: String) throws(CheckpointError) {
    let bytes = try StoredBytes(mapping: path)
    let magic = bytes.withBytes { Array($0.prefix(TorchLegacy.magic.count)) }
    if magic == TorchLegacy.magic {
      try self.init(legacy: bytes, path: path)
    } else {
      let allowance = ZipArchive.allowance(forSize: bytes.count)
      try self.init(ZipArchive(bytes, path: path, allowance: allowance))
    }
  }

  /// A zip archive with a `data.pkl`.
  init(_ archive: ZipArchive) throws(CheckpointError) {
    let records = try TorchRecords(archive)
    let state = try records.state()
    try self.init(
      state, storages: .zip(records), isBigEndian: records.isBigEndian, path: archive.path,
      format: .torchZip, byteCount: archive.byteCount)
  }

  /// Pickles and storages one behind the other.
  init(legacy bytes: StoredBytes, path: String) throws(CheckpointError) {
    let legacy = try bytes.withBytes { (buffer) throws(CheckpointError) in
      try TorchLegacy(buffer, file: path)
    }
    try self.init(
      legacy.state, storages: .ranges(bytes, legacy.storages), isBigEndian: legacy.isBigEndian,
      path: path, format: .torchLegacy, byteCount: bytes.count)
  }

  private init(
    _ state: TorchState, storages: TorchStorages, isBigEndian: Bool, path: String,
    format: CheckpointFormat, byteCount: Int
  ) throws(CheckpointError) {
    (self.path, self.format, self.byteCount, self.storages) = (path, format, byteCount, storages)
    var tensors: [TensorInfo] = []
    var views: [UTF8Key: (place: Int, key: String, part: Range<Int>?, view: StridedView)] = [:]
    for (place, (name, tensor)) in state.tensors.enumerated() {
      try storages.check(tensor, name: name, file: path)
      let view = try Self.view(tensor, name: name, isBigEndian: isBigEndian, file: path)
      guard case .bytes(let size) = view.dtype.byteCount(of: view.shape) else { continue }
      tensors.append(
        TensorInfo(name: name, dtype: view.dtype, shape: view.shape, byteRange: 0..<size))
      views[UTF8Key(name)] = (place, tensor.storage.key, tensor.storage.part, view)
    }
    (self.tensors, self.views) = (tensors, views)
    tied = Self.tied(state)
  }

  /// Tensors with the same elements of the same storage. Of one storage a hundred views are
  /// compared: a file with a million would take a million squared.
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

  private static func view(
    _ tensor: TorchTensor, name: String, isBigEndian: Bool, file: String
  ) throws(CheckpointError) -> StridedView {
    let storage = tensor.storage
    let problem = StridedView.problem(
      dtype: storage.dtype, shape: tensor.shape, strides: tensor.strides, offset: tensor.offset,
      elements: storage.part?.count ?? storage.count)
    if let problem { throw .torch(file: file, problem: .view(tensor: name, problem: problem)) }
    return StridedView(
      dtype: storage.dtype, shape: tensor.shape, strides: tensor.strides, offset: tensor.offset,
      isBigEndian: isBigEndian)
  }

  /// What the file says of the tensor called `name`, compared by bytes.
  public subscript(name: String) -> TensorInfo? { views[UTF8Key(name)].map { tensors[$0.place] } }

  /// The elements in row-major order. Of what several tensors share, the checksum is found once.
  public func storedBytes(of tensor: TensorInfo) throws(CheckpointError) -> StoredBytes {
    guard let (_, key, part, view) = views[UTF8Key(tensor.name)] else {
      throw .noTensor(file: path, tensor: tensor.name)
    }
    var bytes = try storages.bytes(key, tensor: tensor.name, file: path)
    let size = view.dtype.bits / 8
    if let part { bytes = bytes.part(part.lowerBound * size..<part.upperBound * size) }
    return view.elements(of: bytes)
  }
}

/// Where the storages of a checkpoint are.
enum TorchStorages: Sendable {
  case zip(TorchRecords)
  case ranges(StoredBytes, [UTF8Key: Range<Int>])

  /// How many bytes the storage `key` has; `nil` when there is none.
  private func size(_ key: String) -> Int? {
    switch self {
    case .zip(let records): records.size(key)
    case .ranges(_, let ranges): ranges[UTF8Key(key)]?.count
    }
  }

  /// Checks that a tensor's storage is there and has the size that the tensor says.
  func check(_ tensor: TorchTensor, name: String, file: String) throws(CheckpointError) {
    let storage = tensor.storage
    guard let found = size(storage.key) else {
      throw .torch(file: file, problem: .noStorage(tensor: name, key: storage.key))
    }
    let (bytes, overflow) = storage.count.multipliedReportingOverflow(by: storage.dtype.bits / 8)
    let expected = overflow ? .max : bytes
    if expected != found {
      throw .torch(
        file: file,
        problem: .storageSize(tensor: name, key: storage.key, expected: expected, found: found))
    }
  }

  func bytes(
    _ key: String, tensor: String, file: String
  ) throws(CheckpointError) -> StoredBytes {
    let bytes: StoredBytes? =
      switch self {
      case .zip(let records): try records.storage(key)
      case .ranges(let bytes, let ranges): ranges[UTF8Key(key)].map { bytes.part($0) }
      }
    guard let bytes else {
      throw .torch(file: file, problem: .noStorage(tensor: tensor, key: key))
    }
    return bytes
  }
}

/// The records of a zip checkpoint, which all are in one folder (`TORCH-1`).
struct TorchRecords: Sendable {
  /// Whether numbers are in big-endian order; files before 2.1 do not say.
  let isBigEndian: Bool
  private let archive: ZipArchive
  private let root: String

  /// Whether an archive has the one record that every such checkpoint has.
  static func areIn(_ archive: ZipArchive) -> Bool { roots(archive).count == 1 }

  private static func roots(_ archive: ZipArchive) -> [String] {
    archive.entries.map(\.name).filter { name in
      name.hasSuffix("/data.pkl") && name.utf8.count { $0 == UInt8(ascii: "/") } == 1
    }
  }

  init(_ archive: ZipArchive) throws(CheckpointError) {
    guard let pickle = Self.roots(archive).first, Self.areIn(archive) else {
      throw .zip(file: archive.path, problem: .nothing)
    }
    let root = String(pickle.dropLast("data.pkl".count))
    let isScript = archive.entries.contains {
      $0.name == "\(root)constants.pkl" || $0.name.hasPrefix("\(root)code/")
    }
    if isScript { throw .torch(file: archive.path, problem: .script) }
    isBigEndian = try Self.byteOrder(archive, root)
    (self.archive, self.root) = (archive, root)
  }

  private static func byteOrder(
    _ archive: ZipArchive, _ root: String
  ) throws(CheckpointError) -> Bool {
    guard let bytes = try archive.read("\(root)byteorder") else { return false }
    let text = bytes.withBytes { String(decoding: $0.prefix(20), as: UTF8.self) }
    switch text {
    case "little": return false
    case "big": return true
    default: throw .torch(file: archive.path, problem: .unknown("byteorder", found: text))
    }
  }

  func state() throws(CheckpointError) -> TorchState {
    let name = "\(root)data.pkl"
    guard let bytes = try archive.read(name) else {
      throw .zip(file: archive.path, problem: .nothing)
    }
    return try bytes.withBytes { (bytes) throws(CheckpointError) in
      var reader = PickleReader(bytes, file: "\(archive.path)/\(name)")
      let value = try reader.next()
      try reader.expectEnd()
      return try TorchState(value, heap: reader.heap, file: archive.path)
    }
  }

  func size(_ key: String) -> Int? { archive["\(root)data/\(key)"]?.size }

  func storage(_ key: String) throws(CheckpointError) -> StoredBytes? {
    try archive.read("\(root)data/\(key)")
  }
}
