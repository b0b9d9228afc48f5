import FoxDecoding
import FoxWeights

/// A checkpoint in several files, listed in `model.safetensors.index.json` or
/// `pytorch_model.bin.index.json` (`SHARD-1` to `SHARD-3`).
package struct ShardedCheckpoint: CheckpointFile {
  /// The path of the index; in errors.
  package let path: String
  /// What the file is.
  package var format: CheckpointFormat { .sharded }
  /// The tensors, file by file in the order of their names.
  package let tensors: [TensorInfo]
  /// The texts of the first file.
  package var metadata: [(key: String, value: String)] { parts.first?.metadata ?? [] }
  /// The size of all parts in bytes.
  package let byteCount: Int
  /// Names of one and the same tensor.
  package var tied: [[String]] { parts.flatMap(\.tied) }
  /// The parts, in the order of their names.
  package let parts: [any CheckpointFile]

  private let places: [UTF8Key: (place: Int, part: Int)]

  /// The members of the document that is the index, when it is one.
  static func isIndex(_ document: JSON) -> Bool { document["weight_map"] != nil }

  /// Opens the parts that an index lists.
  ///
  /// - Parameter open: Opens the file of a name beside the index. It refuses one that is an index,
  ///   before it opens any of its parts (`SHARD-3`).
  init(
    _ index: JSON, path: String, open: (String) throws(Fault) -> any CheckpointFile
  ) throws(Fault) {
    let map = try Self.map(index, path: path)
    var (parts, tensors) = ([any CheckpointFile](), [TensorInfo]())
    var places: [UTF8Key: (place: Int, part: Int)] = [:]
    let files = Set(map.values.map(UTF8Key.init)).map(\.text)
    for file in files.sorted(by: UTF8Key.precedes) {
      let part = try open(file)
      for tensor in part.tensors {
        let key = UTF8Key(tensor.name)
        // What the index gives to another file is not taken from this one.
        if let listed = map[key], !UTF8Key.equal(listed, file) { continue }
        guard places.updateValue((tensors.count, parts.count), forKey: key) == nil else {
          throw .duplicateName(file: path, tensor: tensor.name)
        }
        tensors.append(tensor)
      }
      parts.append(part)
    }
    for (name, file) in map where places[name] == nil {
      throw Fault(
        path, at: "tensor \(shown(name.text))", found: "no such tensor in \(shown(file))",
        expected: "one, as the index says")
    }
    (self.path, self.tensors, self.parts, self.places) = (path, tensors, parts, places)
    byteCount = parts.reduce(0) { $0 + $1.byteCount }
  }

  /// The file of each tensor.
  private static func map(
    _ index: JSON, path: String
  ) throws(Fault) -> [UTF8Key: String] {
    guard let members = index["weight_map"]?.object?.members else {
      throw noMap(path)
    }
    var map: [UTF8Key: String] = [:]
    for (tensor, value) in members {
      guard let file = value.string else { throw noMap(path) }
      let isPlain = file.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "/" && $0 != "\\" }
      if !isPlain || file.isEmpty || file.hasPrefix(".") {
        throw Fault(
          path, at: "tensor \(shown(tensor))", found: shown(file),
          expected: "the name of a file beside the index")
      }
      map[UTF8Key(tensor)] = file
    }
    return map
  }

  /// What the parts say of the tensor called `name`, compared by bytes.
  package subscript(name: String) -> TensorInfo? { places[UTF8Key(name)].map { tensors[$0.place] } }

  /// The elements, from the part that has them.
  package func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes {
    _ = try info(tensor.name)
    let part = places[UTF8Key(tensor.name)]?.part ?? 0
    return try parts[part].storedBytes(of: tensor)
  }

  private static func noMap(_ path: String) -> Fault {
    Fault(path, at: "weight_map", found: "no names of files", expected: "one for each tensor")
  }
}
