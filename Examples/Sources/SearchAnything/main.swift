// Beam search over a function of our own. What the search wants to know is which token may follow a text,
// and how likely each is; here tokens are letters, and a letter is as likely as it is frequent after the
// one before it in a list of animals. No network anywhere.
import Foundation
import FoxDecoding

let animals = [
  "fox", "wolf", "dog", "cat", "hare", "hen", "horse", "hedgehog", "otter", "owl", "toad", "goose",
  "goat", "mouse", "mole", "marten", "badger", "beaver", "bear", "deer", "robin", "raven", "rook",
]
// Token 0 ends a name and begins the next one.
let letters = [" "] + (97...122).map { String(UnicodeScalar($0)) }

// How often letter `b` follows letter `a`, plus a little: nothing is impossible.
var counts = Array(repeating: Array(repeating: Float(0.01), count: 27), count: 27)
for animal in animals {
  let ids = [0] + animal.utf8.map { Int($0) - 96 } + [0]
  for (a, b) in zip(ids, ids.dropFirst()) { counts[a][b] += 1 }
}
let logProbabilities = counts.map { row in
  let total = row.reduce(0, +)
  return row.map { log($0 / total) }
}

/// A processor of our own: no letter stands beside itself.
struct NoDoubles: ScoreProcessor {
  func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
    for (row, text) in texts.enumerated() {
      if let last = text.last { scores[row][last] = blockedScore }
    }
    return []
  }
}

let search = try BeamSearch(beams: 4, steps: 6, processors: [NoDoubles()])
let found = try search.run([0]) { texts in
  texts.map { logProbabilities[$0.last ?? 0] }
}
for beam in found.beams {
  let name = beam.ids.map { letters[$0] }.joined()
  print(String(format: "%.3f", beam.scorePerToken), name)
}
