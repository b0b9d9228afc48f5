import FoxDecoding
import FoxWeights

/// A format that checkpoints are written in.
package enum OutgoingFormat: Equatable, Sendable {
  /// `.safetensors`.
  case safetensors
  /// `.bin`, `.pt` or `.pth`: PyTorch's zip form.
  case torch
  /// `.npz`.
  case npz

  /// The format that the extension of `path` stands for.
  package init(path: String) throws(Fault) {
    let file = path.split(separator: "/").last.map { $0.lowercased() } ?? ""
    switch file.split(separator: ".").dropFirst().last {
    case "safetensors": self = .safetensors
    case "bin", "pt", "pth": self = .torch
    case "npz": self = .npz
    default:
      throw Fault(
        path, at: "extension", found: shown(file),
        expected: ".safetensors, .bin, .pt, .pth or .npz, which say the format to write")
    }
  }
}

/// What became of the tensors of a checkpoint that was converted.
package struct Conversion: Equatable, Sendable {
  /// How many tensors were written.
  package let written: Int
  /// Names that were left out, and the one each is tied to, which stands for both.
  package let tied: [(name: String, keptAs: String)]

  /// Whether two conversions are the same.
  package static func == (a: Conversion, b: Conversion) -> Bool {
    a.written == b.written && a.tied.elementsEqual(b.tied, by: ==)
  }
}

extension CheckpointFile {
  /// Writes all tensors to `path`, in the format of its extension, wholly or not at all (`CONV-1` to
  /// `CONV-3`).
  ///
  /// Tensors go through one at a time. Of tied ones safetensors keeps the first, PyTorch's format all
  /// with one storage, NumPy's all.
  ///
  /// - Parameter stored: What floating-point tensors become; by default they stay what they are.
  /// - Throws: ``Fault``; a file at `path` is then untouched.
  package func convert(
    to path: String, as stored: StoredFloat? = nil
  ) throws(Fault) -> Conversion {
    let format = try OutgoingFormat(path: path)
    let dropped = format == .safetensors ? tied.flatMap(Self.copies) : []
    let names = Set(dropped.map { UTF8Key($0.name) })
    var outgoing: [OutgoingTensor] = []
    for tensor in tensors where !names.contains(UTF8Key(tensor.name)) {
      outgoing.append(try OutgoingTensor(copying: tensor.name, of: self, as: stored))
    }
    switch format {
    case .safetensors:
      let texts = self.format == .safetensors ? metadata : SafeTensorsFile.defaultMetadata
      try SafeTensorsFile.write(outgoing, metadata: texts, to: path)
    case .torch: try TorchFile.write(outgoing, tied: tied, to: path)
    case .npz: try NumPyFile.write(outgoing, to: path)
    }
    return Conversion(written: outgoing.count, tied: dropped)
  }

  /// All names of a group but the first, with the first.
  private static func copies(_ group: [String]) -> [(name: String, keptAs: String)] {
    group.dropFirst().map { ($0, group[0]) }
  }
}
