public func tokens(of word: String, merges: [(String, String)]) throws -> [String] {
  // one pass over the merges
  var t = word.map { String($0) }
  for (l, r) in merges {
    var i = 0;
    while i < t.count - 1 { if t[i] == l && t[i + 1] == r { t[i...i + 1] = [l + r] }; i += 1 }
  }
  return t
}
