import FoxFiles

extension CheckpointFormat {
  /// The format in the words of its users.
  public var name: String {
    switch self {
    case .safetensors: "safetensors"
    case .torchZip: "PyTorch's format"
    case .torchLegacy: "PyTorch's old format"
    case .npy, .npz: "NumPy's format"
    case .sharded: "a checkpoint in several files"
    }
  }
}

extension ZipProblem: CustomStringConvertible {
  /// What was wrong with the archive.
  public var description: String {
    switch self {
    case .noEnd: "the zip archive has no end; an incomplete download?"
    case .twoEnds(let a, let b):
      "the zip archive could end by its records at byte \(a) and at byte \(b)"
    case .record(let what, let offset): "the zip archive's \(what) at byte \(offset) is damaged"
    case .disagreement(let what): "in the zip archive, \(what) contradict each other"
    case .multiDisk: "the zip archive is one of several parts; join them first"
    case .stray(let range):
      "bytes [\(range.lowerBound), \(range.upperBound)) of the zip archive belong to no entry"
    case .overlap(let a, let b): "in the zip archive, \(shown(a)) and \(shown(b)) share bytes"
    case .duplicate(let name): "the zip archive has two entries \(shown(name))"
    case .badName(let name):
      "the zip archive has an entry \(shown(name)), a name that leads elsewhere or cannot be read"
    case .encrypted(let name): "\(shown(name)) in the zip archive is encrypted"
    case .method(let name, let method):
      "\(shown(name)) in the zip archive is compressed by method \(method); read are 0 and 8 (deflate)"
    case .badSize(let name, let compressed, let size):
      "\(shown(name)) in the zip archive says that its \(compressed) bytes make \(size), "
        + "which they cannot"
    case .bomb(let inflated, let limit):
      "the zip archive inflates to \(inflated) bytes or more, \(limit) are allowed for its size; "
        + "unpack it first if you trust it"
    case .inflate(let name, let expected):
      "\(shown(name)) in the zip archive is damaged: it does not inflate to \(expected) bytes"
    case .checksum(let name, let expected, let found):
      "\(shown(name)) in the zip archive is damaged: its checksum is \(hexadecimal(found)), "
        + "not \(hexadecimal(expected))"
    case .nothing: "the zip archive holds no checkpoint that is read here"
    case .several(let names):
      "the zip archive holds several checkpoints: \(list(names)); unpack the one you mean"
    case .nested: "the zip archive is in another one and holds no checkpoint itself"
    }
  }
}

extension PickleProblem: CustomStringConvertible {
  /// What was wrong, as the end of a sentence on the byte.
  public var description: String {
    switch self {
    case .cut: "wants more than there is; an incomplete download?"
    case .operation(let code):
      "is operation 0x\(hexadecimal(code)), which no state dictionary needs"
    case .version(let version): "begins protocol \(version); PyTorch writes protocol 2"
    case .global(let name):
      "asks for \(shown(name)), which is not among the few names that stand for tensors; "
        + "nothing was called. If you trust the file, save its state_dict anew"
    case .misuse(let operation, let what): "is \(operation) on \(what)"
    case .stack: "takes values that are not there, or leaves some"
    case .memo(let number): "recalls number \(number), which was not kept"
    case .text: "is text that is not UTF-8, or a name that is not ASCII"
    case .tooMuch(let what, let limit): "goes beyond \(limit) \(what)"
    case .trailing: "is behind its end"
    }
  }
}

extension TorchProblem: CustomStringConvertible {
  /// What was wrong with the checkpoint.
  public var description: String {
    switch self {
    case .script:
      "is a TorchScript program, not a checkpoint; in Python: "
        + "torch.save(torch.jit.load(file).state_dict(), other)"
    case .tar:
      "is a tar archive, as PyTorch wrote before 0.1.11, which is unsafe to read; "
        + "load it in an old PyTorch and save it anew"
    case .notTorch: "is a pickle, but none that torch.save wrote"
    case .unknown(let what, let found): "its \(what) is \(shown(found)), which is not read here"
    case .noStateDictionary(let keys):
      "holds no dictionary of tensors"
        + (keys.isEmpty ? "" : "; its keys are \(list(keys))")
    case .name(let found): "a tensor is called by \(found), not by a text"
    case .noStorage(let tensor, let key):
      "the storage \(shown(key)) of tensor \(shown(tensor)) is not in the file"
    case .storageSize(let tensor, let key, let expected, let found):
      "the storage \(shown(key)) has \(found) bytes, tensor \(shown(tensor)) asks for \(expected)"
    case .storageConflict(let key):
      "the storage \(shown(key)) is described twice, in different ways"
    case .strayStorage(let key): "the storage \(shown(key)) belongs to no tensor"
    case .cut(let key): "ends before its storage \(shown(key)) does; an incomplete download?"
    case .trailing(let bytes): "has \(bytes) bytes behind its last storage"
    case .view(let tensor, let problem): "tensor \(shown(tensor)) \(problem)"
    }
  }
}

extension ViewProblem: CustomStringConvertible {
  /// What was wrong, as the end of a sentence on the tensor.
  public var description: String {
    switch self {
    case .dimensions(let sizes, let strides):
      "has \(sizes) sizes and \(strides) strides"
    case .negative: "has a negative size, stride or offset"
    case .tooMany: "has more elements, or longer strides, than can be counted"
    case .outside(let last, let elements):
      "reaches to element \(last) of a storage of \(elements)"
    case .repeats(let elements, let storage):
      "repeats the \(storage) elements of its storage to \(elements)"
    }
  }
}

extension NumPyProblem: CustomStringConvertible {
  /// What was wrong with the array.
  public var description: String {
    switch self {
    case .cut: "ends in the header of the array, or has none; an incomplete download?"
    case .version(let version): "has version \(version) of NumPy's format; read are 1 to 3"
    case .headerTooLong(let length, let limit):
      "the header of the array has \(length) bytes, \(limit) are allowed"
    case .header(let expected, let position):
      "the header of the array wants \(expected) at byte \(position)"
    case .kind(let kind):
      "the array holds \(shown(kind)), which is not read here; convert it to numbers"
    case .tooMany(let shape): "the array \(shown(shape)) has more bytes than can be counted"
    case .size(let shape, let expected, let found):
      "the array \(shown(shape)) takes \(expected) bytes, the file has \(found)"
    case .notAnArray(let entry): "\(shown(entry)) in the archive of arrays is none"
    }
  }
}

extension ShardProblem: CustomStringConvertible {
  /// What was wrong with the index.
  public var description: String {
    switch self {
    case .noMap: "has no weight_map of names of files"
    case .badName(let tensor, let file):
      "tensor \(shown(tensor)) is in \(shown(file)), which is no file beside the index"
    case .notThere(let tensor, let file):
      "tensor \(shown(tensor)) is not in \(shown(file)), where the index says it is"
    case .nested(let file): "its part \(shown(file)) is an index too"
    }
  }
}

/// Names from outside, cut after 6.
private func list(_ names: [String]) -> String {
  let list = names.prefix(6).map { shown($0) }.joined(separator: ", ")
  return names.count > 6 ? "\(list) and \(names.count - 6) more" : list
}

private func hexadecimal(_ value: UInt32) -> String {
  (0..<4).reversed().map { FoxFiles.hexadecimal(UInt8(truncatingIfNeeded: value >> (8 * $0))) }
    .joined()
}
