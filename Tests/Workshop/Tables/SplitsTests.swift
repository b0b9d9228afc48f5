import FoxDecoding
import FoxFiles
import FoxTables
import TestSupport
import Testing

@Suite("Splits", .counted)
struct SplitTests {
  @Test
  func `DATA-6 DATA-11 by hand: ten rows`() throws {
    let quarter = try Splits.first(percent: 25, of: 10)
    #expect(quarter.validation == 0..<2 && quarter.training == 2..<10)
    let fourth = try Splits.every(4, of: 10)
    #expect(fourth.heldOut == [3, 7] && fourth.training == [0, 1, 2, 4, 5, 6, 8, 9])
  }

  @Test
  func `DATA-11 train[:5%] and train[5%:]`() throws {
    for golden in try Golden.arguments("datasets/tables.json", in: "splits") {
      let count = try golden.required("count").integer ?? 0
      let parts = try Splits.first(percent: golden.required("percentage").integer ?? 0, of: count)
      let expected = try golden.required("validation").integer ?? 0
      #expect(parts.validation == 0..<expected && parts.training == expected..<count)
    }
    #expect(try Splits.every(20, of: 45).heldOut == [19, 39])
  }

  @Test
  func `DATA-6 DATA-11 FAULT-1 what does not split`() {
    #expect(
      throws: Fault("validation_split_percentage", found: "101", expected: "0 to 100")
    ) { try Splits.first(percent: 101, of: 1) }
    #expect(throws: Fault("holdout_every", found: "1", expected: "at least 2")) {
      try Splits.every(1, of: 1)
    }
  }
}
