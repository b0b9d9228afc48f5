import Foundation
import FoxDecoding
import FoxFiles
import FoxWeights

/// A checkpoint of any format, found by its content (`FORM-1`).
///
///     let checkpoint = try Checkpoint(path: "pytorch_model.bin")
///     let embedding = try checkpoint.tensor(named: "wte.weight")
///
/// Safetensors, also in several files; PyTorch's zip and legacy files; NumPy's `.npy` and `.npz`; and
/// any of these in a zip archive. The extension of the name does not matter.
package struct Checkpoint: CheckpointFile {
  /// The file itself: a ``SafeTensorsFile``, a ``TorchFile``, a ``NumPyFile`` or a
  /// ``ShardedCheckpoint``.
  package let file: any CheckpointFile

  /// The path that was opened; in errors.
  package var path: String { file.path }
  /// The files that are read: the one that was opened, and those that it lists.
  package var paths: [String] { [path] + ((file as? ShardedCheckpoint)?.parts.map(\.path) ?? []) }
  /// What the file is.
  package var format: CheckpointFormat { file.format }
  /// The tensors, in the order of the file.
  package var tensors: [TensorInfo] { file.tensors }
  /// Texts that the file holds beside its tensors.
  package var metadata: [(key: String, value: String)] { file.metadata }
  /// The size of the file, or of all its parts, in bytes.
  package var byteCount: Int { file.byteCount }
  /// Names of one and the same tensor.
  package var tied: [[String]] { file.tied }

  /// Maps and checks the file at `path`.
  package init(path: String) throws(Fault) {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    file = try Self.open(StoredBytes(MappedFile(path: path)), path: path) { name throws(Fault) in
      let path = "\(folder)/\(name)"
      return Part(path: path, bytes: StoredBytes(try MappedFile(path: path)))
    }
  }

  /// Checks the file that `bytes` are.
  ///
  /// - Parameter sibling: The bytes of a file beside this one, for an index.
  package init(
    _ bytes: StoredBytes, path: String,
    sibling: @escaping (String) throws(Fault) -> StoredBytes
  ) throws(Fault) {
    file = try Self.open(bytes, path: path) { name throws(Fault) in
      Part(path: name, bytes: try sibling(name))
    }
  }

  /// What the file says of the tensor called `name`, compared by bytes.
  package subscript(name: String) -> TensorInfo? { file[name] }

  /// The elements of `tensor`, row-major and little-endian.
  package func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes {
    try file.storedBytes(of: tensor)
  }
}

// MARK: - Finding the format

extension Checkpoint {
  /// What the first bytes of a file say it is.
  private enum Signature {
    case zip, torchLegacy, npy, index, pickle, tar, other

    init(_ bytes: UnsafeRawBufferPointer) {
      if Self.isSafeTensors(bytes) {
        self = .other
      } else if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) {
        self = .zip
      } else if bytes.starts(with: TorchLegacy.magic) {
        self = .torchLegacy
      } else if bytes.starts(with: NumPyHeader.magic) {
        self = .npy
      } else if Self.isText(bytes) {
        self = .index
      } else if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
        self = .tar
      } else if bytes.count > 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) {
        self = .pickle
      } else {
        self = .other
      }
    }

    /// Whether a length below 4 GiB and a header begin the file. The length may look like something
    /// else: one of 640 begins as a pickle does.
    private static func isSafeTensors(_ bytes: UnsafeRawBufferPointer) -> Bool {
      bytes.count > 8 && bytes[4..<8].allSatisfy { $0 == 0 } && bytes[8] == UInt8(ascii: "{")
    }

    /// Whether the file begins as JSON does. A safetensors file cannot: its first 8 bytes are a
    /// number up to 100,000,000, so that some of them are 0.
    private static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
      bytes.first == UInt8(ascii: "{") && !bytes.prefix(8).contains(0)
    }
  }

  /// A file that an index names.
  private struct Part {
    let path: String
    let bytes: StoredBytes
  }

  /// Where a file was found, and what that allows it to be.
  private struct Surroundings {
    /// How many bytes may be inflated.
    var allowance: Int
    /// Whether the file is in an archive. Then it may be an archive, but not one of archives.
    var isInside = false
    /// What is thrown when the file is an index. A part may not be one: without this rule an index
    /// that names itself would be opened until the stack is full.
    var refusal: Fault?
    /// Finds the file of a name beside this one.
    var find: (String) throws(Fault) -> Part
  }

  /// Opens a file that is not in another.
  private static func open(
    _ bytes: StoredBytes, path: String, find: @escaping (String) throws(Fault) -> Part
  ) throws(Fault) -> any CheckpointFile {
    let allowance = ZipArchive.allowance(forSize: bytes.count)
    return try open(bytes, path: path, in: Surroundings(allowance: allowance, find: find))
  }

  private static func open(
    _ bytes: StoredBytes, path: String, in surroundings: Surroundings
  ) throws(Fault) -> any CheckpointFile {
    switch bytes.withBytes({ Signature($0) }) {
    case .zip:
      let archive = try ZipArchive(bytes, path: path, allowance: surroundings.allowance)
      return try open(archive, in: surroundings)
    case .torchLegacy: return try TorchFile(legacy: bytes, path: path)
    case .npy: return try NumPyFile(array: bytes, path: path)
    case .index:
      // Before it is even parsed: nothing that a nested index says matters.
      if let refusal = surroundings.refusal { throw refusal }
      return try open(index: bytes, path: path, in: surroundings)
    case .tar:
      throw Fault(
        path, found: "a tar archive, as PyTorch wrote before 0.1.11", expected: "a checkpoint",
        hint: "it is unsafe to read; load it in an old PyTorch and save it anew")
    case .pickle:
      throw Fault(
        path, found: "a pickle that torch.save did not write", expected: "a checkpoint")
    case .other:
      do { return try SafeTensorsFile(bytes, path: path) } catch {
        // Eight characters of a text make a length that no header has.
        if let foreign = bytes.withBytes({ ForeignFile(refused: $0, by: .weights) }) {
          throw foreign.fault(path)
        }
        throw error
      }
    }
  }

  /// Opens an index and its parts (`SHARD-1`), of which none may be an index (`SHARD-3`).
  private static func open(
    index bytes: StoredBytes, path: String, in surroundings: Surroundings
  ) throws(Fault) -> any CheckpointFile {
    let document = try bytes.withBytes { bytes throws(Fault) in try JSON.parse(bytes, in: path) }
    return try ShardedCheckpoint(document, path: path) { file throws(Fault) in
      let part = try surroundings.find(file)
      var inner = surroundings
      inner.refusal = Fault(
        path, at: "weight_map", found: "\(shown(file)), an index", expected: "a file of tensors")
      // In an archive all parts share what it may inflate; a file of its own has its own size.
      if !inner.isInside { inner.allowance = ZipArchive.allowance(forSize: part.bytes.count) }
      return try open(part.bytes, path: part.path, in: inner)
    }
  }

  /// What an archive is: PyTorch's, NumPy's, or one that just holds a checkpoint (`FORM-2`).
  private static func open(
    _ archive: ZipArchive, in surroundings: Surroundings
  ) throws(Fault) -> any CheckpointFile {
    if TorchRecords.areIn(archive) { return try TorchFile(archive) }
    let isNumPy = archive.entries.allSatisfy { $0.name.hasSuffix(NumPyFile.suffix) }
    if isNumPy, !archive.entries.isEmpty { return try NumPyFile(archive) }
    if surroundings.isInside {
      throw Fault(
        archive.path, found: "an archive in an archive", expected: "a checkpoint in one archive")
    }
    let candidates = candidates(in: archive)
    guard let name = try choice(of: candidates, file: archive.path),
      let bytes = try archive.read(name)
    else { throw Fault(archive.path, found: "no checkpoint", expected: "one in the archive") }
    let folder = name.lastIndex(of: "/").map { String(name[...$0]) } ?? ""
    let inner = Surroundings(
      allowance: archive.allowance, isInside: true, refusal: surroundings.refusal
    ) { file throws(Fault) in
      let path = "\(archive.path)/\(folder)\(file)"
      guard let bytes = try archive.read("\(folder)\(file)") else {
        throw .fileMissing(path: path)
      }
      return Part(path: path, bytes: bytes)
    }
    return try open(bytes, path: "\(archive.path)/\(name)", in: inner)
  }

  /// Entries that may be checkpoints, by their names: settings and vocabularies are not.
  private static func candidates(in archive: ZipArchive) -> [String] {
    let suffixes = [
      ".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".npz",
      ".npy",
    ]
    return archive.entries.map(\.name).filter { name in
      !name.hasPrefix("__MACOSX/") && suffixes.contains { name.hasSuffix($0) }
    }
  }

  /// The one that folders are read from, or the only one.
  private static func choice(
    of candidates: [String], file: String
  ) throws(Fault) -> String? {
    for standard in standardNames {
      let found = candidates.filter { $0 == standard || $0.hasSuffix("/\(standard)") }
      if found.count == 1 { return found[0] }
    }
    if candidates.count > 1 {
      throw Fault(
        file, found: shown(candidates), expected: "one checkpoint in the archive",
        hint: "unpack the one you mean")
    }
    return candidates.first
  }
}
