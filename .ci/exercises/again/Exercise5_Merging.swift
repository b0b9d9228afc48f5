public func tokens(of word: String, merges: [(String, String)]) throws -> [String] {
  // As GPT-2's own bpe(): a dictionary of ranks, all places of the best pair at once.
  let ranks = Dictionary(uniqueKeysWithValues: merges.enumerated().map { ("\($1.0) \($1.1)", $0) })
  var parts = word.map(String.init)
  while parts.count > 1 {
    let pairs = zip(parts, parts.dropFirst()).map { "\($0) \($1)" }
    guard let best = pairs.filter({ ranks[$0] != nil }).min(by: { ranks[$0]! < ranks[$1]! }) else {
      break
    }
    var new: [String] = []
    var i = 0
    while i < parts.count {
      if i + 1 < parts.count, "\(parts[i]) \(parts[i + 1])" == best {
        new.append(parts[i] + parts[i + 1]); i += 2
      } else {
        new.append(parts[i]); i += 1
      }
    }
    parts = new
  }
  return parts
}
