import FoxFiles

extension CheckpointError: CustomStringConvertible {
  /// One sentence for the user, with what to do where that is known.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .incomplete(let report): report.failure
    case .format(let file, let format): "\(file): \(format)"
    case .noWeights(let folder):
      "\(folder): holds no model.safetensors or pytorch_model.bin; is it the folder of a model?"
    case .zip(let file, let problem): "\(file): \(problem)"
    case .pickle(let file, let position, let problem):
      "\(file): byte \(position) of the pickle \(problem)"
    case .torch(let file, let problem): "\(file): \(problem)"
    case .numpy(let file, let problem): "\(file): \(problem)"
    case .shards(let file, let problem): "\(file): \(problem)"
    case .tooShort, .headerTooLong, .headerPastEnd, .headerStart, .headerPadding, .headerText,
      .metadata, .entry:
      headerWords
    case .tooManyElements, .partOfByte, .size, .reversed, .hole, .overlap, .truncated, .trailing:
      layoutWords
    case .noTensor, .notFloatingPoint, .unsupported, .elementCount, .reservedName, .duplicateName,
      .givenBytes, .cannotHold, .outgoing, .unknownExtension:
      useWords
    }
  }

  private var headerWords: String {
    switch self {
    case .tooShort(let file, let bytes):
      "\(file): has \(bytes) bytes, too few for a safetensors file; an incomplete download?"
    case .headerTooLong(let file, let length, let limit, let looksLike):
      "\(file): is not a safetensors file: its header would have \(length) bytes, "
        + "the format allows \(limit)\(looksLike.map { "; \($0)" } ?? "")"
    case .headerPastEnd(let file, let end, let size, let looksLike):
      "\(file): its header ends at byte \(end), the file at \(size); "
        + (looksLike?.description ?? "an incomplete download?")
    case .headerStart(let file, nil): "\(file): its header is empty"
    case .headerStart(let file, let found?):
      "\(file): its header begins with byte 0x\(hexadecimal(found)), not with '{'"
    case .headerPadding(let file, let found, let position):
      "\(file): its header is filled up with byte 0x\(hexadecimal(found)) at \(position), "
        + "the format allows only spaces"
    case .headerText(let file, let problem, let position):
      "\(file): its header is not valid: \(problem) (byte \(position.offset) of the header)"
    case .metadata(let file, nil, let found):
      "\(file): __metadata__ is \(found), not an object of strings"
    case .metadata(let file, let key?, let found):
      "\(file): __metadata__ holds \(found) for \(shown(key)), not a string"
    case .entry(let file, let tensor, let problem): "\(file): tensor \(shown(tensor)) \(problem)"
    default: ""
    }
  }

  private var layoutWords: String {
    switch self {
    case .tooManyElements(let file, let tensor, let dtype, let shape):
      "\(file): tensor \(shown(tensor)) of \(dtype.rawValue) \(shown(shape)) "
        + "has more bytes than can be counted"
    case .partOfByte(let file, let tensor, let dtype, let shape, let bits):
      "\(file): tensor \(shown(tensor)) of \(dtype.rawValue) \(shown(shape)) "
        + "has \(bits) bits, which are not whole bytes"
    case .size(let file, let tensor, let dtype, let shape, let expected, let range):
      "\(file): tensor \(shown(tensor)) of \(dtype.rawValue) \(shown(shape)) "
        + "takes \(expected) bytes, its range \(shown(range)) has \(range.count)"
    case .reversed(let file, let tensor, let begin, let end):
      "\(file): tensor \(shown(tensor)) ends at byte \(end), before it begins at \(begin)"
    case .hole(let file, let range, let after, let before):
      "\(file): no tensor covers bytes \(shown(range)), between "
        + "\(after.map { "tensor \(shown($0))" } ?? "the start of the data") "
        + "and tensor \(shown(before))"
    case .overlap(let file, let tensor, let range, let other, let otherRange):
      "\(file): tensors \(shown(tensor)) at \(shown(range)) and \(shown(other)) "
        + "at \(shown(otherRange)) share bytes; tied weights must be stored once"
    case .truncated(let file, let expected, let found):
      "\(file): has \(found) of \(expected) bytes; an incomplete download? Fetch it again"
    case .trailing(let file, let expected, let found):
      "\(file): has \(found - expected) bytes behind its last tensor, which ends at \(expected)"
    default: ""
    }
  }

  private var useWords: String {
    switch self {
    case .noTensor(let file, let tensor): "\(file): holds no tensor \(shown(tensor))"
    case .notFloatingPoint(let file, let tensor, let dtype):
      "\(file): tensor \(shown(tensor)) holds \(dtype.rawValue), a model needs floating point"
    case .unsupported(let file, let tensor, let dtype):
      "\(file): tensor \(shown(tensor)) holds \(dtype.rawValue), which is not read here; "
        + "convert it to F32, F16 or BF16"
    case .elementCount(let file, let tensor, let shape, let expected):
      "\(file): tensor \(shown(tensor)) has shape \(shown(shape)), \(expected) elements are asked for"
    case .reservedName(let file):
      "\(file): a tensor cannot be called __metadata__, the format keeps that name"
    case .duplicateName(let file, let tensor):
      "\(file): two tensors are called \(shown(tensor))"
    case .givenBytes(let file, let tensor, let expected, let found):
      "\(file): tensor \(shown(tensor)) takes \(expected) bytes, \(found) are given"
    case .cannotHold(let file, let tensor, let dtype, let format):
      "\(file): tensor \(shown(tensor)) holds \(dtype.rawValue), which \(format.name) cannot hold; "
        + "convert to f32 or write safetensors"
    case .outgoing(let file, let tensor, .name):
      "\(file): tensor \(shown(tensor)) has a name that the format cannot hold; write safetensors"
    case .outgoing(let file, let tensor, .dimensions(let count, let limit)):
      "\(file): tensor \(shown(tensor)) has \(count) dimensions, the format holds \(limit)"
    case .unknownExtension(let file):
      "\(file): the name says no format to write; known are .safetensors, .bin, .pt, .pth and .npz"
    default: ""
    }
  }
}

extension EntryProblem: CustomStringConvertible {
  /// What was wrong, as the end of a sentence on the tensor.
  public var description: String {
    switch self {
    case .notObject(let found): "is \(found), not an object"
    case .missing(let field): "has no \(field)"
    case .unknown(let field): "has a field \(shown(field)), which the format does not have"
    case .unknownDType(let name): "has the dtype \(shown(name)), which the format does not have"
    case .wrong(let field, let expected, let found): "has \(found) in \(field), not \(expected)"
    }
  }
}

extension Lookalike: CustomStringConvertible {
  /// What the file seems to be, and what to do.
  public var description: String {
    switch self {
    case .gitLFSPointer: "it is a pointer of Git LFS; run git lfs pull"
    case .webPage: "it is a web page; was the download refused?"
    case .zip: "it is a zip archive, as PyTorch writes; fox convert makes a safetensors file of it"
    case .pickle: "it is a pickle, as PyTorch writes; fox convert makes a safetensors file of it"
    case .hdf5: "it is an HDF5 file, as Keras writes; \(ForeignFormat.conversion)"
    case .gguf: "it is a GGUF file; look for the same model as safetensors"
    }
  }
}

extension ForeignFormat: CustomStringConvertible {
  static let conversion =
    "convert it in Python with transformers: "
    + #"AutoModel….from_pretrained(folder).save_pretrained(folder, max_shard_size="100GB")"#

  /// What the file is, and how to convert it.
  public var description: String {
    let name =
      switch self {
      case .tensorFlow: "weights of TensorFlow are"
      case .flax: "weights of Flax are"
      }
    return "\(name) not read here; \(Self.conversion)"
  }
}

/// A range of bytes as the format writes it, [begin, end).
private func shown(_ range: Range<Int>) -> String { "[\(range.lowerBound), \(range.upperBound))" }

/// A shape from outside, cut after 8 sizes.
func shown(_ shape: [Int]) -> String {
  shape.count <= 8 ? "\(shape)" : "[\(shape.prefix(8).map(String.init).joined(separator: ", ")), …]"
}
