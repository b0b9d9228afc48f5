import TestSupport
import Testing

@testable import Training

@Suite("TrainingError")
struct TrainingErrorTests {
  @Test("has words for every case", .spec("FAIL-1"))
  func words() {
    #expect(TrainingError.empty("x").description == "x is empty")
    #expect(
      TrainingError.badOption(name: "seed", found: "-1", expected: "0 or more").description
        == "seed is -1; expected 0 or more")
  }
}
