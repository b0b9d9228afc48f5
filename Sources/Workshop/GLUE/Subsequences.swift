/// ROUGE-L and ROUGE-Lsum.
enum Subsequences {
  /// The score of the longest common subsequence.
  ///
  /// Source: `_score_lcs`. SPEC `ROUGE-5`.
  ///
  /// - Complexity: O(*m n*) time, O(*n*) memory.
  static func score(
    _ reference: [Int32], _ prediction: [Int32]
  ) throws(MetricsError) -> ROUGEScore {
    if reference.isEmpty || prediction.isEmpty { return .zero }
    try check("ROUGE-L", reference, prediction, limit: 1 << 32)
    var row = [Int32](repeating: 0, count: prediction.count + 1)
    for word in reference {
      var diagonal: Int32 = 0
      for (column, other) in prediction.enumerated() {
        let above = row[column + 1]
        row[column + 1] = word == other ? diagonal + 1 : max(above, row[column])
        diagonal = above
      }
    }
    let length = Double(row[prediction.count])
    return ROUGEScore(
      precision: length / Double(prediction.count), recall: length / Double(reference.count))
  }

  /// The score of the union of longest common subsequences: each line of the reference against all
  /// lines of the prediction; no word is counted more often than it occurs on either side.
  ///
  /// Source: `_summary_level_lcs`. SPEC `ROUGE-6`.
  static func unionScore(
    _ reference: [[Int32]], _ prediction: [[Int32]]
  ) throws(MetricsError) -> ROUGEScore {
    let (total, guesses) = (
      reference.reduce(0) { $0 + $1.count }, prediction.reduce(0) { $0 + $1.count }
    )
    if total == 0 || guesses == 0 { return .zero }
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
    return ROUGEScore(
      precision: Double(hits) / Double(guesses), recall: Double(hits) / Double(total))
  }

  private static func counts(_ lines: [[Int32]]) -> [Int32: Int] {
    lines.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// The places in `line` of one longest common subsequence; where there are several, the one the
  /// reference's way back through the table finds (`_backtrack_norec`).
  private static func longest(
    _ line: [Int32], _ other: [Int32]
  ) throws(MetricsError) -> [Int] {
    try check("ROUGE-Lsum", line, other, limit: 1 << 28)
    let width = other.count + 1
    var table = [Int32](repeating: 0, count: (line.count + 1) * width)
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

  private static func check(
    _ metric: String, _ reference: [Int32], _ prediction: [Int32], limit: Int
  ) throws(MetricsError) {
    let (size, overflow) = reference.count.multipliedReportingOverflow(by: prediction.count)
    if overflow || size > limit {
      throw .tooLong(metric: metric, reference: reference.count, prediction: prediction.count)
    }
  }
}
