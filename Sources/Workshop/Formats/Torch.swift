import FoxDecoding
import FoxFiles
import FoxWeights

/// # PyTorch's checkpoints
///
/// `torch.save(model.state_dict(), "pytorch_model.bin")` writes a zip archive:
///
///     archive/data.pkl     a pickle: names, and tensors that say which storage they view, and how
///     archive/data/0       the numbers of storage "0", row after row
///     archive/data/1       …
///     archive/byteorder    "little" or "big"; absent before PyTorch 2.1
///
/// The archive is read by ``ZipArchive``, the pickle by ``PickleReader``, and a tensor's numbers
/// through a ``StridedView``. Two tensors may view one storage: GPT-2's head is its embedding, so
/// both names are in the pickle and the numbers are in the file once.
///
/// torch 2.13.0, `torch/serialization.py`; clauses TORCH-1 to TORCH-3, TORCH-5 and TORCH-7. What
/// PyTorch wrote before 1.6 is read by ``TorchLegacy``.
package struct TorchFile: CheckpointFile {
  package let path: String
  package let format: CheckpointFormat  // zip or legacy
  /// In the order of the state dictionary.
  package let tensors: [TensorInfo]
  /// None: the format has none.
  package var metadata: [(key: String, value: String)] { [] }
  package let byteCount: Int
  package let tied: [[String]]  // GPT-2's head and embedding

  // `place` is that of the tensor in `tensors`; `storage` and `view` are where its numbers are.
  private typealias View = (place: Int, storage: TorchStorage, view: StridedView)
  private let views: [UTF8Key: View]
  private let storages: any TorchStorages  // keeps the file mapped

  /// Maps the file at `path` and reads its pickle. The numbers are read when they are used.
  package init(path: String) throws(Fault) {
    // No number is read here: a model of 500 MB opens as fast as its pickle of some 20 KB is read.
    let bytes = StoredBytes(try MappedFile(path: path))
    // What it may inflate to, by its size.
    let allowance = ZipArchive.allowance(forSize: bytes.count)
    try self.init(ZipArchive(bytes, path: path, allowance: allowance))
  }

  /// Reads the pickle of an archive.
  package init(_ archive: ZipArchive) throws(Fault) {
    // The pickle says what tensors there are; the other records are their numbers.
    let records = try TorchRecords(archive)
    let state = try records.state()
    // What the pickle says is checked there, for files of both ages.
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
    // A tensor is only offered when it can be read: its storage is there and whole, and its view
    // inside.
    for (place, (name, tensor)) in state.tensors.enumerated() {
      let storage = tensor.storage
      // The pickle says how many elements, the archive how many bytes.
      try Self.check(storage, size: storages.size(storage.key), tensor: name, file: path)
      let view = StridedView(
        dtype: storage.dtype, shape: tensor.shape, strides: tensor.strides, offset: tensor.offset,
        isBigEndian: isBigEndian)
      // In old files a storage can be a part of another one; the view must stay in the part.
      let elements = storage.part?.count ?? storage.count
      try view.check(elements: elements, tensor: name, file: path)
      // Always so: `check` has counted them.
      guard let bits = view.dtype.bitCount(of: view.shape) else { continue }
      tensors.append(
        // [0, size): a view has no place of its own.
        TensorInfo(name: name, dtype: view.dtype, shape: view.shape, byteRange: 0..<Int(bits / 8)))
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
    // The key is a text of the pickle's. It is looked up among the archive's entries, never in a
    // folder.
    guard let size else {
      throw Fault(file, at: place, found: "nothing", expected: "a storage in the file")
    }
    // A pickle may claim any number of elements; memory is asked for only after this.
    let (bytes, overflow) = storage.count.multipliedReportingOverflow(by: storage.dtype.bits / 8)
    if overflow || bytes != size {
      throw Fault(
        file, at: place, found: counted(size, "byte"), expected: "\(overflow ? .max : bytes) bytes")
    }
  }

  /// Names of tensors with the same elements of the same storage.
  ///
  /// Of one storage at most a hundred different views are compared: a file with a million would
  /// take a million squared. A view beyond them is read like any other, but not called tied.
  private static func tied(_ state: TorchState) -> [[String]] {
    // Views that differ in offset, sizes or strides are not tied: q, k and v may be parts of one
    // storage.
    var groups: [(tensor: TorchTensor, names: [String])] = []
    var places: [UTF8Key: [Int]] = [:]
    // Empty ones are equal but share nothing.
    for (name, tensor) in state.tensors where !tensor.shape.contains(0) {
      let key = UTF8Key(tensor.storage.key)  // only views of one storage can be equal
      if let place = places[key]?.first(where: { groups[$0].tensor == tensor }) {
        groups[place].names.append(name)
      } else if places[key, default: []].count < 100 {
        places[key, default: []].append(groups.count)
        groups.append((tensor, [name]))
      }
    }
    return groups.map(\.names).filter { $0.count > 1 }  // one name alone is not tied to anything
  }

  package subscript(name: String) -> TensorInfo? { views[UTF8Key(name)].map { tensors[$0.place] } }

  /// The elements in row-major order.
  package func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes {
    let tensor = try info(tensor.name)
    // The record is read, and its checksum tested, on its first use. Neither view nor record can be
    // missing after `init`.
    guard let (_, storage, view) = views[UTF8Key(tensor.name)],
      var bytes = try storages.bytes(storage.key)
    else { return StoredBytes(.init(start: nil, count: 0), owner: ByteBuffer(count: 0)) }
    let size = view.dtype.bits / 8
    if let part = storage.part {  // old files: a part of the storage
      bytes = bytes.part(part.lowerBound * size..<part.upperBound * size)
    }
    // In place for nearly all; a copy for a transposed weight, say.
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

  /// Whether an archive has the record that every such checkpoint has.
  package static func areIn(_ archive: ZipArchive) -> Bool { !roots(archive).isEmpty }

  // In one folder, at the top: a zip with "a/b/data.pkl" is something else.
  private static func roots(_ archive: ZipArchive) -> [String] {
    archive.entries.map(\.name).filter { name in
      name.hasSuffix("/data.pkl") && name.utf8.count { $0 == UInt8(ascii: "/") } == 1
    }
  }

  init(_ archive: ZipArchive) throws(Fault) {
    // Two would be two checkpoints, and readers would differ in which one they take.
    let roots = Self.roots(archive)
    guard let pickle = roots.first, roots.count == 1 else {
      throw Fault(
        archive.path, found: roots.isEmpty ? "no data.pkl" : shown(roots),
        expected: "one data.pkl, in a folder")
    }
    let root = String(pickle.dropLast("data.pkl".count))  // with its "/"
    // A TorchScript archive has a `data.pkl` too, but its pickle refers to code in `code/`.
    let isScript = archive.entries.contains {
      $0.name == "\(root)constants.pkl" || $0.name.hasPrefix("\(root)code/")
    }
    if isScript {
      throw Fault(
        archive.path, found: "a TorchScript program", expected: "a checkpoint",
        hint: "in Python: torch.save(torch.jit.load(file).state_dict(), other)")
    }
    isBigEndian = try Self.byteOrder(archive, root)  // absent before PyTorch 2.1: little
    (self.archive, self.root) = (archive, root)
  }

  private static func byteOrder(_ archive: ZipArchive, _ root: String) throws(Fault) -> Bool {
    guard let bytes = try archive.read("\(root)byteorder") else { return false }
    // Enough to show in a fault.
    let text = bytes.withBytes { String(decoding: $0.prefix(20), as: UTF8.self) }
    // Wrong bytes in the wrong order are numbers too, so an unknown order is not guessed.
    if text == "little" || text == "big" { return text == "big" }
    throw Fault(archive.path, at: "byteorder", found: shown(text), expected: "little or big")
  }

  func state() throws(Fault) -> TorchState {
    let name = "\(root)data.pkl"
    // It is there: `init` found it. Reading it may still fail, by its checksum.
    guard let bytes = try archive.read(name) else {
      throw Fault(archive.path, found: "no data.pkl", expected: "one data.pkl, in a folder")
    }
    return try bytes.withBytes { bytes throws(Fault) in
      // One pickle, and nothing after it: anything more would be for another reader.
      var reader = PickleReader(bytes, file: "\(archive.path)/\(name)")
      let value = try reader.next()
      try reader.expectEnd()
      // The heap goes along: values are places in it.
      return try TorchState(value, heap: reader.heap, file: archive.path)
    }
  }

  // The size once inflated, by the directory.
  package func size(_ key: String) -> Int? { archive["\(root)data/\(key)"]?.size }

  package func bytes(_ key: String) throws(Fault) -> StoredBytes? {
    try archive.read("\(root)data/\(key)")
  }
}
