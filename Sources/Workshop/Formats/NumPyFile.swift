import FoxFiles

/// NumPy arrays: one (`.npy`), or several in a zip archive (`.npz`) (`NPY-1` to `NPY-3`).
public struct NumPyFile: TensorFile {
  /// The path that was opened; in errors.
  public let path: String
  /// What the file is.
  public let format: CheckpointFormat
  /// The arrays in the order of the file. One alone has the name of its file.
  public let tensors: [TensorInfo]
  /// None: the format has none.
  public var metadata: [(key: String, value: String)] { [] }
  /// The size of the file in bytes.
  public let byteCount: Int

  private let headers: [UTF8Key: (place: Int, header: NumPyHeader)]
  private let source: Source

  private enum Source: Sendable {
    case whole(StoredBytes)
    case archive(ZipArchive)
  }

  static let suffix = ".npy"

  /// Checks the array that `bytes` are.
  init(array bytes: StoredBytes, path: String) throws(CheckpointError) {
    let header = try bytes.withBytes { (buffer) throws(CheckpointError) in
      try NumPyHeader(buffer, file: path)
    }
    try header.check(size: bytes.count, file: path)
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let name = file.hasSuffix(Self.suffix) ? String(file.dropLast(Self.suffix.count)) : file
    (self.path, format, byteCount, source) = (path, .npy, bytes.count, .whole(bytes))
    tensors = [header.info(name)]
    headers = [UTF8Key(name): (0, header)]
  }

  /// Checks the headers of the arrays of an archive; each array is checked whole when it is read.
  init(_ archive: ZipArchive) throws(CheckpointError) {
    var tensors: [TensorInfo] = []
    var headers: [UTF8Key: (place: Int, header: NumPyHeader)] = [:]
    for entry in archive.entries {
      guard entry.name.hasSuffix(Self.suffix) else {
        throw .numpy(file: archive.path, problem: .notAnArray(entry: entry.name))
      }
      let file = "\(archive.path)/\(entry.name)"
      let beginning = archive.beginning(of: entry, count: NumPyHeader.maximumLength + 12)
      let header = try beginning.withBytes { (buffer) throws(CheckpointError) in
        try NumPyHeader(buffer, file: file)
      }
      try header.check(size: entry.size, file: file)
      let name = String(entry.name.dropLast(Self.suffix.count))
      headers[UTF8Key(name)] = (tensors.count, header)
      tensors.append(header.info(name))
    }
    (path, format, byteCount) = (archive.path, .npz, archive.byteCount)
    (source, self.tensors, self.headers) = (.archive(archive), tensors, headers)
  }

  /// What the file says of the array called `name`, compared by bytes.
  public subscript(name: String) -> TensorInfo? { headers[UTF8Key(name)].map { tensors[$0.place] } }

  /// The elements in row-major order.
  public func storedBytes(of tensor: TensorInfo) throws(CheckpointError) -> StoredBytes {
    guard let header = headers[UTF8Key(tensor.name)]?.header else {
      throw .noTensor(file: path, tensor: tensor.name)
    }
    let bytes: StoredBytes? =
      switch source {
      case .whole(let bytes): bytes
      case .archive(let archive): try archive.read(tensor.name + Self.suffix)
      }
    guard let bytes else { throw .noTensor(file: path, tensor: tensor.name) }
    let end = header.dataStart + header.dataSize
    return header.view.elements(of: bytes.part(header.dataStart..<end))
  }
}

extension NumPyHeader {
  /// Checks that a file of `size` bytes holds the numbers and nothing else.
  func check(size: Int, file: String) throws(CheckpointError) {
    let found = size - dataStart
    if found != dataSize {
      throw .numpy(
        file: file, problem: .size(shape: view.shape, expected: dataSize, found: found))
    }
  }

  func info(_ name: String) -> TensorInfo {
    TensorInfo(name: name, dtype: view.dtype, shape: view.shape, byteRange: 0..<dataSize)
  }
}
