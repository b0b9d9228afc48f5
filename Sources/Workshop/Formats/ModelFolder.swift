import Foundation
import FoxDecoding
import FoxFiles
import FoxWeights

extension Checkpoint {
  /// The names of weights in a model's folder, the first that is there counts.
  static let standardNames = ModelFiles.weights.flatMap { [$0.file, $0.index] } + ["model.npz"]

  /// Maps and checks the weights in the folder of a model (`LOAD-7`): `model.safetensors`, else
  /// `model.safetensors.index.json`, `pytorch_model.bin`, `pytorch_model.bin.index.json` or
  /// `model.npz`.
  package init(folder: String) throws(Fault) {
    let paths = Self.standardNames.map { "\(folder)/\($0)" }
    guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
      throw Self.absence(in: folder)
    }
    try self.init(path: path)
  }

  /// Maps and checks a file, or the weights in a folder.
  ///
  /// - Throws: As ``init(path:)`` and ``init(folder:)``.
  package init(fileOrFolder path: String) throws(Fault) {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if isFolder.boolValue { try self.init(folder: path) } else { try self.init(path: path) }
  }

  /// Why there are no weights in `folder`.
  private static func absence(in folder: String) -> Fault {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return .fileMissing(path: folder)
    }
    let formats = [
      ("tf_model.h5", "weights of TensorFlow"), ("flax_model.msgpack", "weights of Flax"),
    ]
    for (suffix, weights) in formats {
      if let name = names.sorted().first(where: { $0.hasSuffix(suffix) }) {
        return Fault(
          "\(folder)/\(name)", found: weights, expected: "weights as safetensors or of PyTorch",
          hint: ForeignFile.conversion)
      }
    }
    return Fault(
      folder, found: "no weights", expected: "model.safetensors or pytorch_model.bin",
      hint: "is it the folder of a model?")
  }
}
