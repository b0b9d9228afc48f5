import FoxFiles

/// A fault in a checkpoint in several files.
public enum ShardProblem: Equatable, Sendable {
  /// The index has no object `weight_map` of texts.
  case noMap
  /// The name of a file leads out of the folder of the index.
  case badName(tensor: String, file: String)
  /// The index says that a tensor is in a file that does not hold it.
  case notThere(tensor: String, file: String)
  /// A part is an index itself, or an archive that holds one.
  case nested(file: String)
}

/// A checkpoint in several files, listed in `model.safetensors.index.json` or
/// `pytorch_model.bin.index.json` (`SHARD-1` to `SHARD-3`).
public struct ShardedCheckpoint: TensorFile {
  /// The path of the index; in errors.
  public let path: String
  /// What the file is.
  public var format: CheckpointFormat { .sharded }
  /// The tensors, file by file in the order of their names.
  public let tensors: [TensorInfo]
  /// The texts of the first file.
  public var metadata: [(key: String, value: String)] { parts.first?.metadata ?? [] }
  /// The size of all parts in bytes.
  public let byteCount: Int
  /// Names of one and the same tensor.
  public var tied: [[String]] { parts.flatMap(\.tied) }
  /// The parts, in the order of their names.
  public let parts: [any TensorFile]

  private let places: [UTF8Key: (place: Int, part: Int)]

  /// The members of the document that is the index, when it is one.
  static func isIndex(_ document: JSON) -> Bool { document["weight_map"] != nil }

  /// Opens the parts that an index lists.
  ///
  /// - Parameter open: Opens the file of a name beside the index; refuses one that is an index, as
  ///   ``ShardProblem/nested(file:)``, before it opens any of its parts (`SHARD-3`).
  init(
    _ index: JSON, path: String, open: (String) throws(CheckpointError) -> any TensorFile
  ) throws(CheckpointError) {
    let map = try Self.map(index, path: path)
    var (parts, tensors) = ([any TensorFile](), [TensorInfo]())
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
      throw .shards(file: path, problem: .notThere(tensor: name.text, file: file))
    }
    (self.path, self.tensors, self.parts, self.places) = (path, tensors, parts, places)
    byteCount = parts.reduce(0) { $0 + $1.byteCount }
  }

  /// The file of each tensor.
  private static func map(
    _ index: JSON, path: String
  ) throws(CheckpointError) -> [UTF8Key: String] {
    guard let members = index["weight_map"]?.object?.members else {
      throw .shards(file: path, problem: .noMap)
    }
    var map: [UTF8Key: String] = [:]
    for (tensor, value) in members {
      guard let file = value.string else { throw .shards(file: path, problem: .noMap) }
      let isPlain = file.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "/" && $0 != "\\" }
      if !isPlain || file.isEmpty || file.hasPrefix(".") {
        throw .shards(file: path, problem: .badName(tensor: tensor, file: file))
      }
      map[UTF8Key(tensor)] = file
    }
    return map
  }

  /// What the parts say of the tensor called `name`, compared by bytes.
  public subscript(name: String) -> TensorInfo? { places[UTF8Key(name)].map { tensors[$0.place] } }

  /// The elements, from the part that has them.
  public func storedBytes(of tensor: TensorInfo) throws(CheckpointError) -> StoredBytes {
    guard let place = places[UTF8Key(tensor.name)] else {
      throw .noTensor(file: path, tensor: tensor.name)
    }
    return try parts[place.part].storedBytes(of: tensor)
  }
}
