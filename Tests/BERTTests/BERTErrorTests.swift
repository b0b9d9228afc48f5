import TestSupport
import Testing

@testable import BERT

@Suite("BERTError")
struct BERTErrorTests {
  @Test("has words for every case", .spec("FAIL-1"))
  func words() {
    #expect(BERTError.empty("x").description == "x is empty")
  }
}
