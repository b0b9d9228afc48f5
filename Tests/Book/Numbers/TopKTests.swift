import FoxNumbers
import TestSupport
import Testing

@Suite("The greatest of many", .counted, .plain)
struct TopKTests {
  @Test
  func `TENS-6 values are torch's, indices where values differ`() throws {
    for golden in try Golden.cases("tensors/top_k.json") {
      let values = try golden.required("values").floats()
      let k = try golden.required("k").integer ?? 0
      let best = TopK.find(k, in: values, offsets: [0], columns: values.count)
      expectSame(best.map(\.value), try golden.required("best").floats(), "values")
      if let indices = golden["indices"], !indices.isNull {
        expectSame(best.map(\.index), try indices.integers(), "indices")
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
    let rows: [Float] = [1, 2, 3, 4]
    let best = TopK.find(2, in: rows, offsets: [10, 0], columns: 2)
    #expect(best == [.init(value: 12, index: 1), .init(value: 11, index: 0)])
    // −1e9 swallows small log-probabilities: all its row ties, and the lower index wins.
    let tied = TopK.find(3, in: [-1, -3, -5, -2], offsets: [-1e9, 0], columns: 2)
    #expect(tied.map(\.index) == [3, 2, 0])
  }

  @Test(arguments: [1, 127, 128, 129, 1000, 5003])
  func `TENS-6 long rows, as by sorting`(columns: Int) {
    var noise = MersenneTwister(seed: UInt64(columns))
    // Few different values, so that there are ties.
    let values = (0..<3 * columns).map { _ in Float(noise.next32() % 701) }
    let offsets: [Float] = [0, -3, 0.5]
    let sums = values.indices.map { values[$0] + offsets[$0 / columns] }
    let sorted = sums.indices.sorted { sums[$0] > sums[$1] || (sums[$0] == sums[$1] && $0 < $1) }
    let best = TopK.find(7, in: values, offsets: offsets, columns: columns)
    #expect(best.map(\.index) == Array(sorted.prefix(7)))
    #expect(best.map(\.value) == sorted.prefix(7).map { sums[$0] })
  }

  private func find(_ k: Int, _ values: [Float]) -> [Int] {
    TopK.find(k, in: values, offsets: [0], columns: values.count).map(\.index)
  }
}
