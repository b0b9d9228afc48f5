/// A fault in a zip archive. Names are those of its entries.
public enum ZipProblem: Equatable, Sendable {
  /// No record ends the archive: it was cut, or is none.
  case noEnd
  /// Two records could end the archive, at these bytes, and readers would differ.
  case twoEnds(Int, Int)
  /// A record of the archive at `offset` is cut, or is not what should be there.
  case record(String, offset: Int)
  /// Two records give different values for the same thing.
  case disagreement(String)
  /// The archive is one of several volumes.
  case multiDisk
  /// Bytes that belong to no entry and no record.
  case stray(Range<Int>)
  /// Two entries, or an entry and the directory, share bytes.
  case overlap(String, String)
  /// Two entries have one name.
  case duplicate(String)
  /// The name leads out of the archive's folder, or is none.
  case badName(String)
  /// The entry is encrypted.
  case encrypted(String)
  /// The entry is compressed by something else than deflate.
  case method(String, Int)
  /// The entry says it inflates to more than deflate can, or is stored with two sizes.
  case badSize(String, compressed: Int, size: Int)
  /// The archive inflates to more than is allowed for a file of its size.
  case bomb(inflated: Int, limit: Int)
  /// The compressed bytes are damaged, or give another number of bytes than the directory says.
  case inflate(String, expected: Int)
  /// The bytes have another checksum than the directory says.
  case checksum(String, expected: UInt32, found: UInt32)
  /// The archive holds no checkpoint.
  case nothing
  /// The archive holds several checkpoints.
  case several([String])
  /// Archives are in archives.
  case nested(String)
}
