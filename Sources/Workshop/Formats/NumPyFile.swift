import FoxDecoding
import FoxFiles
import FoxWeights

/// NumPy arrays: one (`.npy`), or several in a zip archive (`.npz`) (`NPY-1` to `NPY-3`).
package struct NumPyFile: CheckpointFile {
  /// The path that was opened; in errors.
  package let path: String
  /// What the file is.
  package let format: CheckpointFormat
  /// The arrays in the order of the file. One alone has the name of its file.
  package let tensors: [TensorInfo]
  /// None: the format has none.
  package var metadata: [(key: String, value: String)] { [] }
  /// The size of the file in bytes.
  package let byteCount: Int

  private let headers: [UTF8Key: (place: Int, header: NumPyHeader)]
  private let source: Source

  private enum Source: Sendable {
    case whole(StoredBytes)
    case archive(ZipArchive)
  }

  static let suffix = ".npy"

  /// Checks the array that `bytes` are.
  init(array bytes: StoredBytes, path: String) throws(Fault) {
    let header = try bytes.withBytes { (buffer) throws(Fault) in
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
  init(_ archive: ZipArchive) throws(Fault) {
    var tensors: [TensorInfo] = []
    var headers: [UTF8Key: (place: Int, header: NumPyHeader)] = [:]
    for entry in archive.entries {
      guard entry.name.hasSuffix(Self.suffix) else {
        throw Fault(archive.path, at: shown(entry.name), found: "no array", expected: "a .npy file")
      }
      let file = "\(archive.path)/\(entry.name)"
      let beginning = archive.beginning(of: entry, count: NumPyHeader.maximumLength + 12)
      let header = try beginning.withBytes { (buffer) throws(Fault) in
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
  package subscript(name: String) -> TensorInfo? {
    headers[UTF8Key(name)].map { tensors[$0.place] }
  }

  /// The elements in row-major order.
  package func storedBytes(of tensor: TensorInfo) throws(Fault) -> StoredBytes {
    let info = try info(tensor.name)
    let bytes: StoredBytes? =
      switch source {
      case .whole(let bytes): bytes
      case .archive(let archive): try archive.read(info.name + Self.suffix)
      }
    guard let header = headers[UTF8Key(info.name)]?.header, let bytes else {
      throw Fault(path, at: shown(info.name), found: "nothing", expected: "an array")
    }
    let end = header.dataStart + header.dataSize
    return header.view.elements(of: bytes.part(header.dataStart..<end))
  }
}

extension NumPyHeader {
  /// Checks that a file of `size` bytes holds the numbers and nothing else.
  func check(size: Int, file: String) throws(Fault) {
    let found = size - dataStart
    if found != dataSize {
      throw Fault(
        file, found: counted(found, "byte"),
        expected: "\(dataSize) of the array \(shown(view.shape))")
    }
  }

  func info(_ name: String) -> TensorInfo {
    TensorInfo(name: name, dtype: view.dtype, shape: view.shape, byteRange: 0..<dataSize)
  }
}
