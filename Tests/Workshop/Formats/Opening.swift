import FoxFiles
import FoxWeights
import TestSupport

@testable import FoxFormats

/// Opens a checkpoint that `bytes` are, with files of other names beside it.
func open(
  _ bytes: [UInt8], path: String = HandMadeZip.path, siblings: [String: [UInt8]] = [:]
) throws(Fault) -> Checkpoint {
  try Checkpoint(StoredBytes(copying: bytes), path: path) { name throws(Fault) in
    guard let bytes = siblings[name] else { throw .fileMissing(path: name) }
    return StoredBytes(copying: bytes)
  }
}
