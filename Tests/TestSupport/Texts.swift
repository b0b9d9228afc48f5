import Foundation
import FoxFiles
import Testing

/// The plain files that a tokenizer is made of.
package enum VocabularyText {
  /// The entries of a `vocab.json`, in the order of the file.
  package static func entries(_ path: String) throws -> [(token: String, id: Int)] {
    guard let members = try JSON.read(path: path).object?.members else {
      throw GoldenError.shape(path, "an object")
    }
    return members.compactMap { entry in entry.value.integer.map { (entry.key, $0) } }
  }

  /// The text of a file.
  package static func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }
}

/// FNV-1a, 64 bits, one value a step.
package struct Digest {
  private var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Of nothing.
  package init() {}

  /// Takes the next value.
  package mutating func add(_ next: UInt64) { value = (value ^ next) &* 0x100_0000_01B3 }

  /// 16 digits, as the goldens have it.
  package var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Whether two texts have the same bytes; `==` holds composed and decomposed forms to be equal.
package func expectText(
  _ actual: String, _ golden: String, _ what: @autoclosure () -> String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  if UTF8Key.equal(actual, golden) { return }
  Issue.record(
    "\(what()): \(actual.debugDescription), the golden has \(golden.debugDescription)",
    sourceLocation: sourceLocation)
}

/// A generator of random numbers that a seed repeats (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator {
  /// What to give to ``init(seed:)`` to have the same numbers again.
  package let seed: UInt64
  private var state: UInt64

  /// The numbers of a seed; a seed of its own when none is given. A failing test prints it.
  package init(seed: UInt64 = .random(in: 0...UInt64.max)) {
    self.seed = seed
    state = seed
  }

  /// The next number.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
