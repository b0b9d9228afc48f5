import FoxDecoding
import FoxWeights

/// A weights file, with what it says of itself as a whole: what `fox inspect` shows and
/// `fox convert` keeps.
package protocol CheckpointFile: TensorFile {
  var format: CheckpointFormat { get }  // for people; no reader decides by it
  /// Texts that the file holds besides its tensors.
  var metadata: [(key: String, value: String)] { get }
  /// The size of the file, or of all its parts, in bytes.
  var byteCount: Int { get }
  /// Names of one and the same tensor, in the order of the file: tied weights.
  var tied: [[String]] { get }
}

extension CheckpointFile {
  // Safetensors cannot have any, NumPy neither.
  package var tied: [[String]] { [] }
}

extension SafeTensorsFile: CheckpointFile {
  package var format: CheckpointFormat { .safetensors }
}

/// A format of weights files.
package enum CheckpointFormat: String, CaseIterable, Sendable {
  case safetensors
  /// PyTorch since 1.6: a pickle and storages in a zip archive.
  case torchZip = "pytorch"
  /// PyTorch before 1.6: pickles, then storages.
  case torchLegacy = "pytorch-legacy"
  /// One NumPy array.
  case npy
  /// NumPy arrays in a zip archive.
  case npz
  /// Parts of any format, listed in an `….index.json`.
  case sharded
}
