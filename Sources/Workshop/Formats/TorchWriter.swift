import FoxDecoding
import FoxFiles
import FoxWeights

extension TorchFile {
  /// Writes a `pytorch_model.bin` at `path`, wholly or not at all (`TORCH-6`): the zip form, which
  /// `torch.load(path, weights_only=True)` reads, with `mmap=True` too.
  ///
  /// - Parameters:
  ///   - tensors: The state dictionary, in its order.
  ///   - tied: Names of one tensor: the storage of the first of them is written for all.
  /// - Throws: ``Fault``; a file at `path` is then untouched.
  package static func write(
    _ tensors: [OutgoingTensor], tied: [[String]] = [], to path: String
  ) throws(Fault) {
    try OutgoingFile.check(tensors, path: path) { _ in true }
    let pickle = try StatePickle(tensors, tied: tied, path: path)
    // The folder that torch.save makes for a file of another name would do as well.
    let root = "archive"
    try OutgoingFile.write(to: path) { write in
      var archive = ZipWriter(sink: write)
      try archive.add("\(root)/data.pkl", pickle.bytes)
      try archive.add("\(root)/.format_version", Array("1".utf8))
      try archive.add("\(root)/.storage_alignment", Array("64".utf8))
      try archive.add("\(root)/byteorder", Array("little".utf8))
      for (key, tensor) in pickle.storages.enumerated() {
        let size = try tensor.byteCount(path: path)
        try archive.add("\(root)/data/\(key)", size: size) { try tensor.forEachPiece($0) }
      }
      try archive.add("\(root)/version", Array("3\n".utf8))
      try archive.finish()
    }
  }
}

/// The pickle of a state dictionary, in the operations of `PICK-1`.
private struct StatePickle {
  private(set) var bytes: [UInt8] = [0x80, 2]
  /// The tensors whose bytes are the storages, in the order of their keys.
  private(set) var storages: [OutgoingTensor] = []

  init(
    _ tensors: [OutgoingTensor], tied: [[String]], path: String
  ) throws(Fault) {
    var keys: [UTF8Key: Int] = [:]
    let first = Self.firsts(tied)
    let types = Dictionary(uniqueKeysWithValues: PickleName.storages.map { ($1, $0) })
    add(global: "collections OrderedDict")
    add(")R(")
    for tensor in tensors {
      guard let type = types[tensor.dtype] else {
        throw tensor.cannotBeHeld(by: "PyTorch's format", path: path)
      }
      let size = try tensor.byteCount(path: path) / (tensor.dtype.bits / 8)
      let name = UTF8Key(tensor.name)
      let shared = first[name] ?? name
      let key = keys[shared] ?? storages.count
      if keys.updateValue(key, forKey: shared) == nil { storages.append(tensor) }
      add(text: tensor.name)
      add(tensor, type: type, key: key, count: size)
    }
    add("u.")
  }

  /// For each name the first of those it is tied to.
  private static func firsts(_ tied: [[String]]) -> [UTF8Key: UTF8Key] {
    var firsts: [UTF8Key: UTF8Key] = [:]
    for names in tied {
      for name in names { firsts[UTF8Key(name)] = UTF8Key(names[0]) }
    }
    return firsts
  }

  /// `_rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())`.
  private mutating func add(_ tensor: OutgoingTensor, type: String, key: Int, count: Int) {
    add(global: "torch._utils _rebuild_tensor_v2")
    add("((")
    add(text: "storage")
    add(global: type)
    add(text: "\(key)")
    add(text: "cpu")
    add(integer: count)
    add("tQ")
    add(integer: 0)
    for sizes in [tensor.shape, StridedView.rowMajor(tensor.shape)] {
      add("(")
      for size in sizes { add(integer: size) }
      add("t")
    }
    bytes.append(0x89)
    add(global: "collections OrderedDict")
    add(")RtR")
  }

  private mutating func add(_ operations: String) { bytes += Array(operations.utf8) }

  /// A module and a name in it, with a space between, as the reader's table has them. In a pickle
  /// each has its line.
  private mutating func add(global name: String) {
    bytes.append(UInt8(ascii: "c"))
    bytes += name.utf8.map { $0 == 0x20 ? 0x0A : $0 }
    bytes.append(0x0A)
  }

  private mutating func add(text: String) {
    var record = LittleEndian(bytes: [UInt8(ascii: "X")])
    record.add(UInt32(text.utf8.count))
    bytes += record.bytes + Array(text.utf8)
  }

  private mutating func add(integer: Int) {
    var record = LittleEndian()
    if let narrow = Int32(exactly: integer) {
      record.bytes = [UInt8(ascii: "J")]
      record.add(narrow)
    } else {
      record.bytes = [0x8A, 8]
      record.add(Int64(integer))
    }
    bytes += record.bytes
  }
}
