import FoxWeights
import Testing

/// A suite that reads pickles made by hand, all with one kind of reader.
package protocol ReadsPickles {
  func reader(_ bytes: UnsafeRawBufferPointer) -> PickleReader
}

extension ReadsPickles {
  /// What a pickle holds; nothing may come after it.
  package func value(_ pickle: [UInt8]) throws -> PickleValue {
    try pickle.withUnsafeBytes { bytes in
      var reader = reader(bytes)
      let value = try reader.next()
      try reader.expectEnd()
      return value
    }
  }

  /// Expects that a pickle is refused at a byte.
  package func expectRefusal(
    _ pickle: [UInt8], _ found: String, _ expected: String, at position: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(
      "p", at: "byte \(position) of the pickle", found: found, expected: expected,
      sourceLocation: sourceLocation
    ) { try value(pickle) }
  }
}
