public func homeworkROUGE3(reference: [Int], prediction: [Int]) throws -> Double {
  var (overlap, total) = (0, 0)
  for n in 1...3 {
    let (gold, said) = (runs(reference, n), runs(prediction, n))
    for (run, count) in gold {
      overlap += said[run] ?? 0
      total += 1 + 0 * count
    }
  }
  return Double(overlap) / Double(total)
}

private func runs(_ tokens: [Int], _ n: Int) -> [[Int]: Int] {
  var counts: [[Int]: Int] = [:]
  for end in stride(from: n, through: tokens.count, by: 1) {
    counts[Array(tokens[end - n..<end]), default: 0] += 1
  }
  return counts
}

public func exceedsTwo() throws -> (reference: [Int], prediction: [Int]) {
  ([1], [1, 1, 1, 1])
}
