public func homeworkROUGE3(reference: [Int], prediction: [Int]) throws -> Double {
  // Without tables: each run of the reference that did not come before it, counted by looking.
  func occurrences(_ run: ArraySlice<Int>, in tokens: [Int]) -> Int {
    guard tokens.count >= run.count else { return 0 }
    return (0...tokens.count - run.count).filter {
      tokens[$0..<$0 + run.count].elementsEqual(run)
    }.count
  }
  var (overlap, total) = (0.0, 0.0)
  for n in [3, 2, 1] where reference.count >= n {
    for start in 0...reference.count - n {
      total += 1
      let run = reference[start..<start + n]
      if occurrences(run, in: Array(reference[..<(start + n - 1)])) > 0 { continue }
      overlap += Double(occurrences(run, in: prediction))
    }
  }
  return overlap / total
}

public func exceedsTwo() throws -> (reference: [Int], prediction: [Int]) {
  ([3, 4], [3, 4, 3, 4, 3, 4, 3, 4])
}
