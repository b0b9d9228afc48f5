import FoxDecoding

// A search of its own.
public func thirdMostProbable(after prompt: [Int], next: @escaping NextTokens) throws -> [Int] {
  var beams: [(ids: [Int], score: Float)] = [(prompt, 0)]
  for _ in 0..<3 {
    let rows = try next(beams.map(\.ids))
    var all: [(ids: [Int], score: Float, beam: Int, token: Int)] = []
    for (b, row) in rows.enumerated() {
      for (t, s) in row.enumerated() { all.append((beams[b].ids + [t], beams[b].score + s, b, t)) }
    }
    all.sort { ($0.score, -$0.beam, -$0.token) > ($1.score, -$1.beam, -$1.token) }
    beams = all.prefix(4).map { ($0.ids, $0.score) }
  }
  return beams[2].ids
}
