import Bytes
import Foundation

extension SafeTensorsFile {
  /// The name of the weights in a model's folder.
  public static let standardName = "model.safetensors"

  /// Maps and checks `model.safetensors` in the folder of a model (`LOAD-7`).
  ///
  /// - Throws: ``CheckpointError/format(file:format:)`` when the folder holds weights in another
  ///   format instead, ``CheckpointError/noWeights(folder:)`` when it holds none, and as
  ///   ``init(path:)``.
  public init(folder: String) throws(CheckpointError) {
    let path = "\(folder)/\(Self.standardName)"
    if !FileManager.default.fileExists(atPath: path) { throw Self.absence(in: folder) }
    try self.init(path: path)
  }

  /// Why there is no `model.safetensors` in `folder`.
  private static func absence(in folder: String) -> CheckpointError {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return .file(.fileMissing(path: folder))
    }
    let formats: [(suffix: String, format: ForeignFormat)] = [
      (".safetensors.index.json", .sharded), (".bin.index.json", .sharded),
      ("pytorch_model.bin", .pytorch), ("tf_model.h5", .tensorFlow), ("flax_model.msgpack", .flax),
    ]
    for (suffix, format) in formats {
      if let name = names.sorted().first(where: { $0.hasSuffix(suffix) }) {
        return .format(file: "\(folder)/\(name)", format: format)
      }
    }
    return .noWeights(folder: folder)
  }
}
