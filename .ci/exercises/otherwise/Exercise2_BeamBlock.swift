import FoxDecoding

public struct MyBeamBlock: ScoreProcessor {
  public init() {}

  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    // With a table from pairs to what followed them, in the order of the text.
    texts.enumerated().flatMap { beam, ids -> [Block] in
      guard let last = ids.last, ids.count > 2 else { return [] }
      var followers: [[Int]: [Int]] = [:]
      for place in ids.indices.dropLast(2) {
        followers[[ids[place], ids[place + 1]], default: []].append(ids[place + 2])
      }
      let context = [ids[ids.count - 2], last]
      return (followers[context] ?? []).map { token in
        scores[beam][token] = -1e9
        return Block(step: step, beam: beam, context: context, token: token)
      }
    }
  }
}
