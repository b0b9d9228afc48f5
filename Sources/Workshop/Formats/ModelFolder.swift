import Foundation
import FoxFiles

extension SafeTensorsFile {
  /// The name of the weights in a model's folder.
  public static let standardName = "model.safetensors"

  /// Maps and checks `model.safetensors` in the folder of a model; ``Checkpoint/init(folder:)`` takes
  /// the other formats too.
  ///
  /// - Throws: ``CheckpointError/noWeights(folder:)`` when it is not there, and as ``init(path:)``.
  public init(folder: String) throws(CheckpointError) {
    let path = "\(folder)/\(Self.standardName)"
    if !FileManager.default.fileExists(atPath: path) { throw Checkpoint.absence(in: folder) }
    try self.init(path: path)
  }
}

extension Checkpoint {
  /// The names of weights in a model's folder, the first that is there counts.
  static let standardNames = [
    SafeTensorsFile.standardName, "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json", "model.npz",
  ]

  /// Maps and checks the weights in the folder of a model (`LOAD-7`): `model.safetensors`, else
  /// `model.safetensors.index.json`, `pytorch_model.bin`, `pytorch_model.bin.index.json` or
  /// `model.npz`.
  ///
  /// - Throws: ``CheckpointError/format(file:format:)`` when the folder holds weights in a format
  ///   that is not read, ``CheckpointError/noWeights(folder:)`` when it holds none, and as
  ///   ``init(path:)``.
  public init(folder: String) throws(CheckpointError) {
    let paths = Self.standardNames.map { "\(folder)/\($0)" }
    guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw Self.absence(in: folder)
    }
    try self.init(path: path)
  }

  /// Maps and checks a file, or the weights in a folder.
  ///
  /// - Throws: As ``init(path:)`` and ``init(folder:)``.
  public init(fileOrFolder path: String) throws(CheckpointError) {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if isFolder.boolValue { try self.init(folder: path) } else { try self.init(path: path) }
  }

  /// Why there are no weights in `folder`.
  static func absence(in folder: String) -> CheckpointError {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return .file(.fileMissing(path: folder))
    }
    let formats: [(suffix: String, format: ForeignFormat)] = [
      ("tf_model.h5", .tensorFlow), ("flax_model.msgpack", .flax),
    ]
    for (suffix, format) in formats {
      if let name = names.sorted().first(where: { $0.hasSuffix(suffix) }) {
        return .format(file: "\(folder)/\(name)", format: format)
      }
    }
    return .noWeights(folder: folder)
  }
}
