public func tokens(of word: String, merges: [(String, String)]) throws -> [String] {
  // Rank by rank from the beginning again after each: join all places of the first merge that applies.
  var tokens = word.map { String($0) }
  outer: while true {
    for (left, right) in merges {
      var (joined, place, hasChanged) = ([String](), 0, false)
      while place < tokens.count {
        if place + 1 < tokens.count, tokens[place] == left, tokens[place + 1] == right {
          (joined, place, hasChanged) = (joined + [left + right], place + 2, true)
        } else {
          (joined, place) = (joined + [tokens[place]], place + 1)
        }
      }
      tokens = joined
      if hasChanged { continue outer }
    }
    return tokens
  }
}
