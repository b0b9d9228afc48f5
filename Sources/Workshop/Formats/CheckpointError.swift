import FoxFiles

/// What can go wrong with checkpoints.
///
/// The cases carry data; the words are in `CheckpointError+Words.swift` and `FormatProblem+Words.swift`, in one place, and are tested
/// as a table (`SAFE-13`). `file` is a path; offsets and ranges of tensors count from the start of the
/// data behind the header.
public enum CheckpointError: Error, Equatable, Sendable {
  /// The file cannot be opened, read or written.
  case file(BytesError)

  // The length and the text of the header.
  /// The file has fewer than the 8 bytes of the header's length.
  case tooShort(file: String, bytes: Int)
  /// The header claims to be longer than the format allows.
  case headerTooLong(file: String, length: UInt64, limit: Int, looksLike: Lookalike?)
  /// The header claims to end behind the file.
  case headerPastEnd(file: String, end: Int, size: Int, looksLike: Lookalike?)
  /// The header does not begin with `{`; `found` is absent when it is empty.
  case headerStart(file: String, found: UInt8?)
  /// Something else than spaces fills the header up, at `position` in the header.
  case headerPadding(file: String, found: UInt8, position: Int)
  /// The header is not the JSON we accept, at `position` in the header.
  case headerText(file: String, problem: JSONProblem, position: JSONPosition)
  /// `__metadata__`, or its member `key`, is of the wrong kind.
  case metadata(file: String, key: String?, found: String)
  /// What the header says of a tensor is not what the format has.
  case entry(file: String, tensor: String, problem: EntryProblem)

  // What the entries say of the data.
  /// The tensor has more elements than can be counted.
  case tooManyElements(file: String, tensor: String, dtype: DType, shape: [Int])
  /// The elements do not fill whole bytes.
  case partOfByte(file: String, tensor: String, dtype: DType, shape: [Int], bits: UInt)
  /// The byte range is not as long as dtype and shape ask for.
  case size(
    file: String, tensor: String, dtype: DType, shape: [Int], expected: Int, range: Range<Int>)
  /// The range ends before it begins.
  case reversed(file: String, tensor: String, begin: Int, end: Int)
  /// No tensor covers `range`; `after` is absent when it is at the start of the data.
  case hole(file: String, range: Range<Int>, after: String?, before: String)
  /// Two tensors share bytes.
  case overlap(
    file: String, tensor: String, range: Range<Int>, other: String, otherRange: Range<Int>)
  /// The file ends before its tensors do; sizes of the whole file in bytes.
  case truncated(file: String, expected: Int, found: Int)
  /// Bytes follow the last tensor; sizes of the whole file in bytes.
  case trailing(file: String, expected: Int, found: Int)

  // Reading a tensor.
  /// There is no tensor of that name.
  case noTensor(file: String, tensor: String)
  /// The tensor does not hold floating-point numbers.
  case notFloatingPoint(file: String, tensor: String, dtype: DType)
  /// The tensor holds floating-point numbers of a kind that is not read here.
  case unsupported(file: String, tensor: String, dtype: DType)
  /// The tensor has another number of elements than the memory it should fill.
  case elementCount(file: String, tensor: String, shape: [Int], expected: Int)

  // Writing.
  /// A tensor has the name that the format keeps for metadata.
  case reservedName(file: String)
  /// Two tensors have the same name.
  case duplicateName(file: String, tensor: String)
  /// The bytes given for a tensor are not as many as dtype and shape ask for.
  case givenBytes(file: String, tensor: String, expected: Int, found: Int)

  /// The format has no numbers of that kind.
  case cannotHold(file: String, tensor: String, dtype: DType, format: CheckpointFormat)
  /// The format has no such tensors, whatever their numbers.
  case outgoing(file: String, tensor: String, problem: OutgoingProblem)
  /// The name of the file does not say which format to write.
  case unknownExtension(file: String)

  // Other formats.
  /// The file is a zip archive that is not read.
  case zip(file: String, problem: ZipProblem)
  /// The pickle is not read, for what stands at `position` in it.
  case pickle(file: String, position: Int, problem: PickleProblem)
  /// The file is a checkpoint of PyTorch that is not read.
  case torch(file: String, problem: TorchProblem)
  /// The file is a NumPy array that is not read.
  case numpy(file: String, problem: NumPyProblem)
  /// The file is an index of files that are not read.
  case shards(file: String, problem: ShardProblem)

  // Loading a model.
  /// The model cannot work with what the file holds.
  case incomplete(LoadReport)
  /// The folder holds weights in a format that is not read.
  case format(file: String, format: ForeignFormat)
  /// The folder holds no weights.
  case noWeights(folder: String)
}

/// A fault in what the header says of one tensor.
public enum EntryProblem: Equatable, Sendable {
  /// It is no object.
  case notObject(found: String)
  /// A field is absent.
  case missing(field: String)
  /// A field is there that the format does not have.
  case unknown(field: String)
  /// The dtype is none of the format's.
  case unknownDType(String)
  /// A field holds something else than the format asks for.
  case wrong(field: String, expected: String, found: String)
}

/// Why a tensor cannot be written in a format.
public enum OutgoingProblem: Equatable, Sendable {
  /// Its name is too long, or cannot be that of a file in an archive.
  case name
  /// It has too many dimensions.
  case dimensions(Int, limit: Int)
}

/// What a file that is no safetensors file seems to be.
public enum Lookalike: Equatable, Sendable {
  /// A text that Git LFS keeps in the place of a large file.
  case gitLFSPointer
  /// A web page, often an error page.
  case webPage
  /// A zip archive, as PyTorch writes.
  case zip
  /// A pickle, as old PyTorch writes.
  case pickle
  /// An HDF5 file, as TensorFlow's Keras writes.
  case hdf5
  /// A GGUF file, as llama.cpp reads.
  case gguf

  /// What the first bytes of a file look like.
  init?(_ bytes: UnsafeRawBufferPointer) {
    let known: [(start: String, kind: Lookalike)] = [
      ("version https://git-lfs", .gitLFSPointer), ("<!DOCTYPE", .webPage),
      ("<!doctype", .webPage), ("<html", .webPage), ("PK\u{3}\u{4}", .zip), ("\u{89}HDF", .hdf5),
      ("GGUF", .gguf),
    ]
    for (start, kind) in known
    where bytes.starts(with: start.unicodeScalars.map { UInt8($0.value) }) {
      self = kind
      return
    }
    guard bytes.count > 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) else { return nil }
    self = .pickle
  }
}

/// A format of weights that is not read.
public enum ForeignFormat: Equatable, Sendable {
  /// `tf_model.h5`.
  case tensorFlow
  /// `flax_model.msgpack`.
  case flax
}
