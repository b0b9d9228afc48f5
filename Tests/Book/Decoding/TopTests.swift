import TestSupport
import Testing

@testable import FoxDecoding

@Suite("The greatest of many", .counted)
struct TopTests {
  @Test
  func `TENS-6 values are torch's, indices where values differ`() throws {
    for golden in try Golden.cases("tensors/top_k.json") {
      let values = try golden.required("values").floats()
      let k = try golden.required("k").integer ?? 0
      let best = top(k, of: [values], offsets: [0])
      expectSame(best.map(\.score), try golden.required("best").floats(), "values")
      if let indices = golden["indices"], !indices.isNull {
        expectSame(best.map(\.token), try indices.integers(), "indices")
      }
    }
  }

  @Test
  func `TENS-6 of equal values the lower index comes first`() {
    let values: [Float] = [1, 3, 3, 2, 3, 3, 1]
    #expect(find(3, values) == [1, 2, 4])
    #expect(find(6, values) == [1, 2, 4, 5, 3, 0])
    #expect(find(9, values) == [1, 2, 4, 5, 3, 0, 6])
    #expect(find(0, values) == [])
  }

  @Test
  func `TENS-6 NaN comes before every number, −∞ after`() {
    #expect(find(3, [1, .nan, .infinity, -.infinity]) == [1, 2, 0])
    #expect(find(4, [-.infinity, -.infinity, -5, .nan]) == [3, 2, 0, 1])
  }

  @Test
  func `TENS-6 an offset for each row, added in float32`() {
    let best = top(2, of: [[1, 2], [3, 4]], offsets: [10, 0])
    #expect(best.map(\.score) == [12, 11] && best.map(\.token) == [1, 0])
    // −1e9 swallows small log-probabilities: all its row ties, and the lower index wins.
    let tied = top(3, of: [[-1, -3], [-5, -2]], offsets: [-1e9, 0])
    #expect(tied.map { 2 * $0.beam + $0.token } == [3, 2, 0])
  }

  @Test(arguments: [1, 127, 128, 129, 1000, 5003])
  func `TENS-6 long rows, as by sorting`(columns: Int) {
    var noise = Seeded(UInt64(columns))
    // Few different values, so that there are ties.
    let rows = (0..<3).map { _ in
      (0..<columns).map { _ in Float(Int.random(in: 0..<701, using: &noise)) }
    }
    let offsets: [Float] = [0, -3, 0.5]
    let sums = rows.indices.flatMap { row in rows[row].map { $0 + offsets[row] } }
    let sorted = sums.indices.sorted { sums[$0] > sums[$1] || (sums[$0] == sums[$1] && $0 < $1) }
    let best = top(7, of: rows, offsets: offsets)
    #expect(best.map { $0.beam * columns + $0.token } == Array(sorted.prefix(7)))
    #expect(best.map(\.score) == sorted.prefix(7).map { sums[$0] })
  }

  private func find(_ k: Int, _ values: [Float]) -> [Int] {
    top(k, of: [values], offsets: [0]).map(\.token)
  }
}
