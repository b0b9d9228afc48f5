import FoxDecoding

public struct MyBeamBlock: ScoreProcessor {
  public init() {}
  public func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    var out = [Block]()
    for b in 0..<texts.count {
      let t = texts[b]
      if t.count < 2 { continue }
      let (p, q) = (t[t.count - 2], t[t.count - 1])
      var i = 0
      while i + 2 < t.count {
        if t[i] == p && t[i + 1] == q {
          scores[b][t[i + 2]] = blockedScore
          out.append(Block(step: step, beam: b, context: [p, q], token: t[i + 2]))
        }
        i += 1
      }
    }
    return out
  }
}
