import FoxDecoding

public struct MyBeamBlock: ScoreProcessor {
  public init() {}

  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    var blocks: [Block] = []
    for (beam, ids) in texts.enumerated() {
      for end in 2..<ids.count where Array(ids[end - 2..<end]) == Array(ids.suffix(2)) {
        scores[beam, ids[end]] = blockedScore
        blocks.append(Block(step: step, beam: beam, context: Array(ids.suffix(2)), token: ids[end]))
      }
    }
    return blocks
  }
}
