import Exercises
import FoxDecoding
import Testing

@Suite("Exercise 2: BeamBlock")
struct Exercise2Tests {
  /// What the rule says, found the slow way: try each token, and look for its trigram.
  private func forbidden(_ ids: [Int], _ vocabulary: Int) -> [Int] {
    (0..<vocabulary).filter { token in
      let longer = ids + [token]
      guard longer.count > 3 else { return false }
      let last = Array(longer.suffix(3))
      return (0...(ids.count - 3)).contains { Array(ids[$0..<$0 + 3]) == last }
    }
  }

  private func check(_ texts: [[Int]], vocabulary: Int = 6) {
    let before = texts.map { _ in (0..<vocabulary).map { -Float($0) - 1 } }
    var scores = before
    let blocks = MyBeamBlock().process(&scores, of: texts, step: 3)
    for (row, ids) in texts.enumerated() {
      let wrong = Set(forbidden(ids, vocabulary))
      for token in 0..<vocabulary {
        let isBlocked = scores[row][token] != before[row][token]
        if wrong.contains(token) {
          #expect(
            isBlocked,
            "beam \(row), \(ids): \(token) would make a trigram that was there before; block it")
          if isBlocked {
            #expect(scores[row][token] == blockedScore, "the homework blocks with −1e9, not −∞")
          }
        } else {
          #expect(
            !isBlocked, "beam \(row), \(ids): \(token) makes a new trigram; leave its score alone")
        }
      }
    }
    checkTrace(blocks, texts)
  }

  private func checkTrace(_ blocks: [Block], _ texts: [[Int]]) {
    var expected: [Block] = []
    for (beam, ids) in texts.enumerated() where ids.count >= 3 {
      for end in 2..<ids.count where Array(ids[end - 2..<end]) == Array(ids.suffix(2)) {
        expected.append(Block(step: 3, beam: beam, context: Array(ids.suffix(2)), token: ids[end]))
      }
    }
    #expect(
      blocks == expected,
      "one Block for each earlier occurrence, in the order of the text: step, beam, the last two tokens, the blocked one"
    )
  }

  @Test func `the fox jumps, and the fox …`() { check([[0, 1, 2, 3, 0, 1]]) }
  @Test func `every beam, not only the first`() { check([[0, 1, 2, 4, 5], [0, 1, 2, 3, 0, 1]]) }
  @Test func `twice before: two blocks, one token`() { check([[0, 1, 2, 0, 1, 2, 0, 1]]) }
  @Test func `two different continuations`() { check([[0, 1, 2, 0, 1, 3, 0, 1]]) }
  @Test func `a trigram within a run of one token`() { check([[5, 5, 5], [5, 5, 5, 5]]) }
  /// In a process of its own: a range that ends before it begins ends the program.
  @Test func `too short for a trigram`() async {
    let survivor = await #expect(
      processExitsWith: .success,
      "texts of 0 and 1 tokens come too: look at the length before you make a range or take a suffix"
    ) {
      var scores: [[Float]] = [[-1, -2], [-1, -2], [-1, -2]]
      _ = MyBeamBlock().process(&scores, of: [[], [1], [1, 0]], step: 3)
    }
    if survivor != nil { check([[], [1], [1, 2], [0, 0]]) }
  }
  @Test func `two tokens are not three`() { check([[0, 1, 2, 1, 3, 4, 1]]) }
  @Test func `the text's own trigrams, not only those of the prompt`() {
    check([[4, 0, 1, 2, 3, 2, 3, 0, 1, 2, 3]])
  }

  @Test(arguments: 1...20) func `random texts`(seed: UInt64) {
    var random = Random(seed)
    check((0..<3).map { _ in (0..<(3 + random.below(27))).map { _ in random.below(3) } })
  }
}
