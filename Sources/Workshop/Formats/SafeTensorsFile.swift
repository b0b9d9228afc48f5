import FoxFiles
import FoxKernels

#if _endian(big)
  #error("safetensors files are little-endian, and this room reads their numbers in place")
#endif

/// A safetensors file, mapped and checked; a value that can be passed between tasks.
///
///     let file = try SafeTensorsFile(path: "model.safetensors")
///     let embedding = try file.tensor(named: "wte.weight")
///
/// Opening reads the header only. Float32 tensors are shown where they are in the file, without a
/// copy. Every rule of the format is checked before anything is shown; see SPEC `SAFE-1` to `SAFE-9`.
public struct SafeTensorsFile: TensorFile {
  /// The path that was opened; in errors.
  public let path: String
  /// The tensors in the order of their bytes.
  public let tensors: [TensorInfo]
  /// The `__metadata__` of the file in the order of the header, empty when there is none.
  public let metadata: [(key: String, value: String)]
  /// What the file is.
  public var format: CheckpointFormat { .safetensors }
  /// The size of the file in bytes.
  public var byteCount: Int { storage.byteCount }

  private let storage: Storage
  private let dataStart: Int
  private let places: [UTF8Key: Int]

  /// Maps and checks the file at `path`.
  ///
  /// - Throws: ``CheckpointError`` that names the file, and the tensor at fault.
  /// - Complexity: O(*h* + *n* log *n*) in the bytes of the header and the number of tensors.
  public init(path: String) throws(CheckpointError) {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    try self.init(bytes: file.bytes, owner: file, path: path)
  }

  /// Checks the file that `bytes` hold, which `owner` keeps alive and unchanged.
  package init(
    bytes: UnsafeRawBufferPointer, owner: AnyObject, path: String
  ) throws(CheckpointError) {
    let header = try SafeTensorsHeader(bytes, file: path)
    self.path = path
    (tensors, metadata, dataStart) = (header.tensors, header.metadata, header.dataStart)
    storage = Storage(borrowing: bytes, owner: owner)
    var places: [UTF8Key: Int] = [:]
    for (place, tensor) in tensors.enumerated() { places[UTF8Key(tensor.name)] = place }
    self.places = places
  }

  /// What the file says of the tensor called `name`, compared by bytes.
  ///
  /// - Complexity: O(1).
  public subscript(name: String) -> TensorInfo? {
    places[UTF8Key(name)].map { tensors[$0] }
  }

  /// Where the bytes are in the file (`SAFE-9`).
  public func storedBytes(of tensor: TensorInfo) throws(CheckpointError) -> StoredBytes {
    let range = try info(tensor.name).byteRange
    return StoredBytes(storage, dataStart + range.lowerBound..<dataStart + range.upperBound)
  }
}
