import FoxDecoding

public func thirdMostProbable(after prompt: [Int], next: @escaping NextTokens) throws -> [Int] {
  // A search of one's own: every beam continued by every token, the best four kept.
  var beams: [(ids: [Int], score: Float)] = [(prompt, 0)]
  for _ in 0..<3 {
    let scores = try next(beams.map(\.ids))
    var all: [(ids: [Int], score: Float)] = []
    for (beam, row) in zip(beams, scores) {
      for (token, score) in row.enumerated() {
        all.append((beam.ids + [token], beam.score + score))
      }
    }
    // A stable order: of equal scores the lower beam, then the lower token.
    let order = all.indices.sorted {
      all[$0].score != all[$1].score ? all[$0].score > all[$1].score : $0 < $1
    }
    beams = order.prefix(4).map { all[$0] }
  }
  return beams[2].ids
}
