import FoxDecoding
import TestSupport
import Testing

@Suite("Processors, by hand", .counted)
struct ProcessorTests {
  private typealias W = FourWords

  @Test
  func `PROC-1 WordBlock: nothing that the text has, the prompt's tokens included`() {
    var scores: [[Float]] = [[0, 0, 0, 0], [0, 0, 0, 0]]
    let blocks = WordBlock().process(&scores, of: [[W.the, W.fox], [W.stop]], step: 1)
    #expect(scores == [[blockedScore, blockedScore, 0, 0], [0, 0, 0, blockedScore]])
    #expect(blocks.isEmpty)
  }

  @Test
  func `PROC-2 BeamBlock: after "the fox jumps . the fox" not jumps again`() {
    var scores: [[Float]] = [[0, 0, 0, 0], [0, 0, 0, 0]]
    let text = [W.the, W.fox, W.jumps, W.stop, W.the]
    // One token earlier, after "the", everything may follow.
    let blocks = BeamBlock().process(&scores, of: [text, text + [W.fox]], step: 5)
    #expect(scores == [[0, 0, 0, 0], [0, 0, blockedScore, 0]])
    #expect(blocks == [Block(step: 5, beam: 1, context: [W.the, W.fox], token: W.jumps)])
  }

  @Test
  func `PROC-2 BeamBlock traces every occurrence`() {
    var scores: [[Float]] = [[0, 0, 0]]
    let blocks = BeamBlock().process(&scores, of: [[0, 1, 2, 0, 1, 0, 1, 2, 0, 1]], step: 0)
    #expect(blocks.map(\.token) == [2, 0, 2])
    #expect(scores == [[blockedScore, 0, blockedScore]])
  }

  @Test
  func `PROC-2 PROC-4 a search that may not repeat three words takes another way`() throws {
    let plain = try BeamSearch(beams: 1, steps: 6).run([W.the], next: W.next)
    #expect(plain.beams[0].ids == [0, 1, 2, 0, 1, 2, 0])
    let blocked = try BeamSearch(beams: 1, steps: 6, processors: [BeamBlock()])
      .run([W.the], next: W.next)
    // "the fox jumps the fox" may go on with anything but jumps: with "."
    #expect(blocked.beams[0].ids == [0, 1, 2, 0, 1, 3, 0])
    #expect(blocked.trace == [Block(step: 4, beam: 0, context: [0, 1], token: 2)])
  }

  @Test
  func `PROC-4 processors run in order, each on what the one before it left`() throws {
    let result = try BeamSearch(beams: 1, steps: 1, processors: [Add(1), Times(10)])
      .run([W.the], next: W.next)
    #expect(result.beams[0].score == 0, "(−1 + 1) · 10")
    let other = try BeamSearch(beams: 1, steps: 1, processors: [Times(10), Add(1)])
      .run([W.the], next: W.next)
    #expect(other.beams[0].score == -9, "−1 · 10 + 1")
  }

  @Test
  func `PROC-5 outside the table scores are −∞ and cannot be changed`() {
    var scores: [[Float]] = [[0, 1]]
    for (text, token) in [(-1, 0), (1, 0), (0, -1), (0, 2)] {
      #expect(scores[text, token] == -.infinity)
      scores[text, token] = 5
    }
    #expect(scores == [[0, 1]])
    scores[0, 1] -= 3
    #expect(scores == [[0, -2]])
  }
}

private struct Add: ScoreProcessor {
  let number: Float
  init(_ number: Float) { self.number = number }
  func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    scores = scores.map { $0.map { $0 + number } }
    return []
  }
}

private struct Times: ScoreProcessor {
  let number: Float
  init(_ number: Float) { self.number = number }
  func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    scores = scores.map { $0.map { $0 * number } }
    return []
  }
}
