import FoxDecoding
import FoxSearch
import Testing

/// Nobody wants the same word twice in a row.
struct NoStutter: ScoreProcessor {
  func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    texts.enumerated().compactMap { text, ids in
      guard let last = ids.last else { return nil }
      scores[text, last] = blockedScore
      return Block(step: step, beam: text, context: [last], token: last)
    }
  }
}

@Suite("The guide to Decoding", .counted)
struct DecodingGuide {
  @Test
  func `BOOK-10 a processor that forbids the last word`() throws {
    // After any word the model would say it again.
    let stubborn: NextTokens = { texts in
      texts.map { ids in (0..<3).map { $0 == ids.last ? -1 : -2 } }
    }
    let search = try BeamSearch(beams: 2, steps: 4, processors: [NoStutter(), BeamBlock()])
    let result = try search.run([0], next: stubborn)
    for beam in result.beams {
      #expect(zip(beam.ids, beam.ids.dropFirst()).allSatisfy { $0 != $1 })
    }
    #expect(!result.trace.isEmpty)
  }
}
