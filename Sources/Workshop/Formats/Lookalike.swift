import FoxWeights

/// What a file that is not a checkpoint seems to be, by its first bytes: a download that was refused
/// often leaves a web page under the name of a model (`SAFE-1`).
package enum Lookalike: Equatable, Sendable {
  case gitLFSPointer, webPage, hdf5, gguf

  package init?(_ bytes: UnsafeRawBufferPointer) {
    let known: [(start: String, kind: Lookalike)] = [
      ("version https://git-lfs", .gitLFSPointer), ("<!DOCTYPE", .webPage),
      ("<!doctype", .webPage), ("<html", .webPage), ("\u{89}HDF", .hdf5), ("GGUF", .gguf),
    ]
    let match = known.first { bytes.starts(with: $0.start.unicodeScalars.map { UInt8($0.value) }) }
    guard let match else { return nil }
    self = match.kind
  }

  /// What it is, and what to do.
  package var hint: String {
    switch self {
    case .gitLFSPointer: "it is a pointer of Git LFS; run git lfs pull"
    case .webPage: "it is a web page; was the download refused?"
    case .hdf5: "it is an HDF5 file, as Keras writes; \(Self.conversion)"
    case .gguf: "it is a GGUF file; look for the same model as safetensors"
    }
  }

  /// How files of other frameworks become readable.
  package static let conversion =
    "convert it in Python with transformers: "
    + #"AutoModel….from_pretrained(folder).save_pretrained(folder, max_shard_size="100GB")"#
}
