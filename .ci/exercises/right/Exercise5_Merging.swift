public func tokens(of word: String, merges: [(String, String)]) throws -> [String] {
  var tokens = word.map { String($0) }
  while true {
    var best: (rank: Int, place: Int)?
    for place in tokens.indices.dropLast() {
      guard let rank = merges.firstIndex(where: { $0 == (tokens[place], tokens[place + 1]) })
      else { continue }
      if best == nil || rank < best!.rank { best = (rank, place) }
    }
    guard let (_, place) = best else { return tokens }
    tokens[place] += tokens.remove(at: place + 1)
  }
}
