import Foundation
import FoxDecoding
import FoxHomework
import TestSupport
import Testing

/// Four words. What stood after the last word before is expected again with 0.91; without such a word
/// all four are equally likely: a model that loves to repeat itself.
private func parrot(_ texts: [[Int]]) -> [[Float]] {
  texts.map { text in
    let before = text.indices.dropLast().last { text[$0] == text.last }
    return (0..<4).map { word in
      guard let before else { return log(0.25) }
      return log(word == text[before + 1] ? 0.91 : 0.03)
    }
  }
}

@Suite("Questions about searches, by hand")
struct DecodingQuestionTests {
  @Test("Q1.2: sure by repetition, not by context", .spec("HW-5"))
  func certainty() throws {
    // 0 is new, then 0 follows 0 (0 0: a pair, not yet a trigram), then 0 0 0 repeats itself.
    let answer = try Q1_2.answer([0], steps: 4, next: parrot)
    #expect(answer.steps.map(\.token) == [0, 0, 0, 0])
    #expect(answer.steps.map(\.isRepetition) == [false, false, true, true])
    #expect(abs(answer.steps[0].probability - 0.25) < 1e-6)
    #expect(abs(answer.steps[0].entropy - log(4)) < 1e-6)
    let sure = -0.91 * log(0.91) - 3 * 0.03 * log(0.03)
    #expect(answer.steps.dropFirst().allSatisfy { abs($0.entropy - sure) < 1e-6 })
    #expect(abs(answer.early.probability - 0.58) < 1e-6 && answer.early.count == 2)
    #expect(abs(answer.late.probability - 0.91) < 1e-6)
    #expect(answer.new?.count == 2 && answer.repeated?.count == 2)
    // Of two prompts, and of none that repeats.
    let more = try Q1_2.answer([0], steps: 2, others: [[1, 2, 3]], next: parrot)
    #expect(more.early.count == 2 && more.repeated == nil && more.steps.count == 2)
    #expect(throws: Fault.self) { try Q1_2.answer([0], steps: 1, next: parrot) }
  }

  @Test("entropy: log n for n equally likely, 0 for one that is certain", .spec("HW-5"))
  func entropy() {
    #expect(Q1_2.entropy([0, -.infinity]) == 0)
    #expect(abs(Q1_2.entropy([log(0.5), log(0.5)]) - log(2)) < 1e-7)
  }

  @Test("Q1.4: what is blocked is what would have been said", .spec("HW-15", "PROC-1"))
  func wordBlock() throws {
    let answer = try Q1_4.answer([0, 1], steps: 3, next: parrot)
    // Alone: 0 is the first of equals, then 1 follows 0 as before, and so on.
    #expect(answer.plain == [0, 1, 0, 1, 0] && answer.repeatedTrigrams == 1)
    // With WordBlock 2, then 3, and then every word is used: the least bad is the first.
    #expect(answer.blocked == [0, 1, 2, 3, 0])
    #expect(answer.allowed == [2, 1, 0])
    for (mass, expected) in zip(answer.blockedMass, [0.5, 0.75, 1]) {
      #expect(abs(mass - expected) < 1e-6)
    }
    #expect(answer.starvedAt == 1 && !answer.isPractical)
    #expect(answer.plainScore > answer.blockedScore)
  }

  @Test("repeated trigrams", .spec("HW-15"))
  func trigrams() {
    #expect(Q1_4.repeatedTrigrams([0, 0, 0, 0, 0]) == 2)
    #expect(Q1_4.repeatedTrigrams([0, 1, 2, 0, 1, 2]) == 1 && Q1_4.repeatedTrigrams([1]) == 0)
  }

  @Test("Q1.5: each line of the trace, explained", .spec("HW-16", "PROC-2"))
  func beamBlock() throws {
    // After 0 1 2 0 1 the parrot says 2 with 0.91: blocked, as 0 1 2 stood at the beginning. It says
    // 0 instead, the first of the others.
    let answer = try Q1_5.answer([0, 1, 2, 0, 1], steps: 1, next: parrot)
    #expect(answer.plain == [0, 1, 2, 0, 1, 2] && answer.blocked == [0, 1, 2, 0, 1, 0])
    let line = try #require(answer.preventions.first)
    #expect(answer.preventions.count == 1)
    #expect(line.step == 0 && line.context == [0, 1] && line.token == 2 && line.earlier == 2)
    #expect(abs(line.probability - 0.91) < 1e-6 && abs(line.insteadProbability - 0.03) < 1e-6)
    #expect(line.instead == 0 && line.changedTheText)
  }

  @Test("the notebook's loop blocks what the processor blocks", .spec("PROC-2"))
  func loop() {
    var state: UInt32 = 7
    func draw(_ bound: UInt32) -> Int {
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int((state >> 16) % bound)
    }
    for count in 0..<60 {
      let text = (0..<count).map { _ in draw(3) }
      var (rows, row) = ([[Float](repeating: 0, count: 3)], [Float](repeating: 0, count: 3))
      _ = BeamBlock().process(&rows, of: [text], step: 0)
      Q1_5.block(&row, in: text)
      #expect(row == rows[0], "seed 7, \(text)")
    }
  }
}
