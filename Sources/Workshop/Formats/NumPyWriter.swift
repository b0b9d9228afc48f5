import FoxDecoding
import FoxFiles
import FoxWeights

extension NumPyFile {
  /// Writes an archive of arrays at `path`, wholly or not at all (`NPY-4`): what `numpy.load` reads.
  ///
  /// - Parameter tensors: In the order of the file. BF16 and floats of 8 bits or fewer are refused:
  ///   NumPy has none.
  /// - Throws: ``Fault``; a file at `path` is then untouched.
  package static func write(
    _ tensors: [OutgoingTensor], to path: String
  ) throws(Fault) {
    try OutgoingFile.check(tensors, path: path) { ZipEntry.isName($0 + suffix) }
    var headers: [[UInt8]] = []
    for tensor in tensors { headers.append(try header(of: tensor, path: path)) }
    try OutgoingFile.write(to: path) { write in
      var archive = ZipWriter(sink: write)
      for (tensor, header) in zip(tensors, headers) {
        let size = try header.count + tensor.byteCount(path: path)
        try archive.add(tensor.name + suffix, size: size) { write in
          try header.withUnsafeBytes(write)
          try tensor.forEachPiece(write)
        }
      }
      try archive.finish()
    }
  }

  /// Magic, version 1 and the dictionary, filled up with spaces to a multiple of 64.
  private static func header(
    of tensor: OutgoingTensor, path: String
  ) throws(Fault) -> [UInt8] {
    guard let kind = NumPyHeader.kinds.first(where: { $0.dtype == tensor.dtype })?.name else {
      throw tensor.cannotBeHeld(by: "NumPy's format", path: path)
    }
    let order = tensor.dtype.bits == 8 ? "|" : "<"
    let sizes = tensor.shape.map { "\($0)" }.joined(separator: ", ")
    let shape = tensor.shape.count == 1 ? "(\(sizes),)" : "(\(sizes))"
    var text = "{'descr': '\(order)\(kind)', 'fortran_order': False, 'shape': \(shape), }"
    let rest = (text.utf8.count + 11) % ZipWriter.alignment
    text += String(repeating: " ", count: (ZipWriter.alignment - rest) % ZipWriter.alignment) + "\n"
    var header = LittleEndian(bytes: NumPyHeader.magic + [1, 0])
    header.add(UInt16(text.utf8.count))
    return header.bytes + Array(text.utf8)
  }
}
