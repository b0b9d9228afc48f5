import TestSupport
import Testing

@testable import Datasets

@Suite("DatasetError")
struct DatasetErrorTests {
  @Test("has words for every case", .spec("FAIL-1"))
  func words() {
    #expect(DatasetError.empty("x").description == "x is empty")
  }
}
