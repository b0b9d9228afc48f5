import Exercises
import FoxDecoding
import Testing

@Suite("Exercise 1: the third most probable sequence")
struct Exercise1Tests {
  @Test func `by hand: what follows depends on the last word`() throws {
    // the → fox −1, jumps −2, . −3; fox → jumps −1 …
    let table: [[Float]] = [
      [-9, -1, -2, -3], [-3, -9, -1, -2], [-1, -9, -9, -2], [-1, -2, -3, -9],
    ]
    let ids = try thirdMostProbable(after: [0]) { texts in texts.map { table[$0.last ?? 0] } }
    #expect(ids.count == 4, "a prompt of 1 token and 3 more are 4; yours has \(ids.count)")
    let best = try BeamSearch(beams: 4, steps: 3).run([0]) { $0.map { table[$0.last ?? 0] } }.beams
    check(ids, best)
  }

  @Test(arguments: 1...6) func `random models`(seed: UInt64) throws {
    var random = Random(seed)
    let table = (0..<7).map { _ in (0..<7).map { _ in -5 * Float(random.unit()) } }
    let next: NextTokens = { texts in
      texts.map { text in
        table[(text.last ?? 0) % 7].indices.map { table[(text.last ?? 0) % 7][$0] }
      }
    }
    let prompt = [Int(seed % 7), 3]
    let ids = try thirdMostProbable(after: prompt, next: next)
    check(ids, try BeamSearch(beams: 4, steps: 3).run(prompt, next: next).beams)
  }

  private func check(_ ids: [Int], _ beams: [Beam]) {
    if ids == beams[2].ids { return }
    let place = beams.firstIndex { $0.ids == ids }
    let hint: Comment =
      switch place {
      case 0: "that is the most probable one"
      case 1: "that is the second: counting starts at 0"
      case 3: "that is the fourth: counting starts at 0, so the third is number 2"
      case _ where beams.contains { $0.ids.suffix(ids.count).elementsEqual(ids) }:
        "the ids of the prompt belong to the sequence"
      default: "no search of 4 beams and 3 steps ends with this sequence; are they 4 and 3?"
      }
    #expect(ids == beams[2].ids, hint)
  }
}

/// Numbers that are the same in every run: SplitMix64.
struct Random {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func word() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// From 0 to 1.
  mutating func unit() -> Double { Double(word() >> 11) / 9_007_199_254_740_992 }

  /// Below `count`.
  mutating func below(_ count: Int) -> Int { Int(word() % UInt64(count)) }
}
