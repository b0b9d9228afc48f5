/// A fault in a checkpoint of PyTorch.
public enum TorchProblem: Equatable, Sendable {
  /// The archive is a program of TorchScript.
  case script
  /// The file is a tar archive, as PyTorch wrote before 0.1.11.
  case tar
  /// The file is a pickle that `torch.save` did not write.
  case notTorch
  /// What the file says of itself is something else than is read here.
  case unknown(String, found: String)
  /// There is no dictionary of tensors; the keys that are there.
  case noStateDictionary(keys: [String])
  /// The name of a tensor is no text.
  case name(found: String)
  /// The tensor's storage is not in the file.
  case noStorage(tensor: String, key: String)
  /// The storage has another number of bytes than the tensor says.
  case storageSize(tensor: String, key: String, expected: Int, found: Int)
  /// Storages of one key have elements of different sizes, or different numbers of them.
  case storageConflict(key: String)
  /// A storage of the file belongs to no tensor.
  case strayStorage(key: String)
  /// The file ends before the storage does.
  case cut(key: String)
  /// Bytes follow the last storage.
  case trailing(bytes: Int)
  /// Sizes and strides do not fit the storage.
  case view(tensor: String, problem: ViewProblem)
}

/// A fault in sizes, strides and offset of a tensor.
public enum ViewProblem: Equatable, Sendable {
  /// There are not as many strides as sizes, or too many of both.
  case dimensions(sizes: Int, strides: Int)
  /// A size, a stride or the offset is negative.
  case negative
  /// Elements or distances are more than can be counted.
  case tooMany
  /// The last element lies behind the storage.
  case outside(last: Int, elements: Int)
  /// The view repeats elements beyond what is allowed.
  case repeats(elements: Int, of: Int)
}
