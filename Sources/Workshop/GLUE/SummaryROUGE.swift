import FoxDecoding

/// ROUGE-Lsum: ROUGE-L line by line, for summaries of several sentences.
enum SummaryROUGE {
  /// The score of the union of longest common subsequences: each line of the reference against all
  /// lines of the prediction; no word is counted more often than it occurs on either side.
  ///
  /// Source: `_summary_level_lcs`. SPEC `ROUGE-6`.
  static func score(
    _ reference: [[Int]], _ prediction: [[Int]]
  ) throws(Fault) -> ROUGEScore {
    let (total, guesses) = (
      reference.reduce(0) { $0 + $1.count }, prediction.reduce(0) { $0 + $1.count }
    )
    var (left, right) = (counts(reference), counts(prediction))
    var hits = 0
    for line in reference {
      var places: Set<Int> = []
      for other in prediction { places.formUnion(try longest(line, other)) }
      for place in places.sorted() {
        let word = line[place]
        guard let there = right[word], let here = left[word], there > 0, here > 0 else { continue }
        hits += 1
        right[word] = there - 1
        left[word] = here - 1
      }
    }
    return ROUGEScore(hits: hits, prediction: guesses, reference: total)
  }

  private static func counts(_ lines: [[Int]]) -> [Int: Int] {
    lines.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// The places in `line` of one longest common subsequence; where there are several, the one the
  /// reference's way back through the table finds (`_backtrack_norec`).
  private static func longest(
    _ line: [Int], _ other: [Int]
  ) throws(Fault) -> [Int] {
    try checkProduct(line, other, limit: 1 << 28, of: "ROUGE-Lsum")
    let width = other.count + 1
    var table = [Int](repeating: 0, count: (line.count + 1) * width)
    for (i, word) in line.enumerated() {
      let (above, here) = (i * width, (i + 1) * width)
      for (j, candidate) in other.enumerated() {
        table[here + j + 1] =
          word == candidate
          ? table[above + j] + 1 : max(table[above + j + 1], table[here + j])
      }
    }
    var (i, j, places): (Int, Int, [Int]) = (line.count, other.count, [])
    while i > 0, j > 0 {
      if line[i - 1] == other[j - 1] {
        places.append(i - 1)
        i -= 1
        j -= 1
      } else if table[i * width + j - 1] > table[(i - 1) * width + j] {
        j -= 1
      } else {
        i -= 1
      }
    }
    return places
  }
}
