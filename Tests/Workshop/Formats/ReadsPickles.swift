import TestSupport
import Testing

@testable import FoxFormats

/// A suite that reads pickles made by hand.
protocol ReadsPickles {}

extension ReadsPickles {
  /// What a pickle holds; nothing may come after it.
  func value(_ pickle: [UInt8]) throws -> PickleValue {
    try pickle.withUnsafeBytes { bytes in
      var reader = PickleReader(bytes, file: "p")
      let value = try reader.next()
      try reader.expectEnd()
      return value
    }
  }

  /// Expects that a pickle is refused at a byte.
  func expectRefusal(
    _ pickle: [UInt8], _ found: String, _ expected: String, at position: Int,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    expectFault(
      "p", at: "byte \(position) of the pickle", found: found, expected: expected,
      sourceLocation: sourceLocation
    ) { try value(pickle) }
  }
}
