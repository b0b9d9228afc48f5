public func homeworkROUGE3(reference: [Int], prediction: [Int]) throws -> Double {
  func grams(_ t: [Int], _ n: Int) -> [[Int]] {
    t.count < n ? [] : (0...(t.count - n)).map { Array(t[$0..<$0 + n]) }
  }
  var top = 0, bottom = 0
  for n in 1...3 {
    let r = grams(reference, n), p = grams(prediction, n)
    bottom += r.count
    for g in Set(r) { top += p.filter { $0 == g }.count }
  }
  return bottom == 0 ? 0 : Double(top) / Double(bottom)
}
public func exceedsTwo() throws -> (reference: [Int], prediction: [Int]) {
  ([1], Array(repeating: 1, count: 12))
}
