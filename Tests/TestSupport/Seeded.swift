import Foundation

/// Random inputs that can be repeated: a generator whose seed is printed, and printed again when the
/// test fails.
///
///     var random = Seeded(7)
///     let texts = (0..<100).map { _ in randomText(using: &random) }
///
/// `FOX_SEED` takes the place of the seed in the source: a run with another one tries other inputs. The
/// numbers are those of SplitMix64.
package struct Seeded: RandomNumberGenerator {
  private var state: UInt64

  /// A generator that begins with `seed`, or with `FOX_SEED` where that is set.
  package init(_ seed: UInt64) {
    state = ProcessInfo.processInfo.environment["FOX_SEED"].flatMap { UInt64($0) } ?? seed
    Ledger.shared.seeded(state)
    print("seed \(state)")
  }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
