import TestSupport
import Testing

@testable import Metrics

@Suite("MetricsError")
struct MetricsErrorTests {
  @Test("has words for every case", .spec("FAIL-1"))
  func words() {
    #expect(MetricsError.empty("x").description == "x is empty")
  }
}
