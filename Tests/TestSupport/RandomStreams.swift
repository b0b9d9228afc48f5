import Foundation
import FoxFiles
import Testing

/// The recorded streams of PyTorch, NumPy and Python.
package enum RandomStreams {
  static let golden = "tensors/streams.json"

  /// The cases of one generator.
  package static func cases(_ key: String) throws -> [JSON] {
    try Golden.json(golden).required(key).array ?? []
  }

  /// A mask, compared by its first bytes and its SHA-256.
  package static func check(_ mask: [UInt8], _ golden: JSON, _ what: String) throws {
    expectSame(mask.prefix(64).map(Int.init), try golden.required("first").integers(), what)
    #expect(hash(mask) == (try golden.required("sha256").string), "\(what)")
  }

  /// The SHA-256.
  package static func hash(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize().hexadecimal
  }

  /// The SHA-256.
  package static func hash(_ order: [Int]) -> String {
    hash(order.flatMap { value in withUnsafeBytes(of: Int64(value).littleEndian) { Array($0) } })
  }
}
