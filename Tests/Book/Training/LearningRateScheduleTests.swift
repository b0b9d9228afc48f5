import FoxDecoding
import FoxFiles
import TestSupport
import Testing

@testable import FoxTraining

@Suite("Learning rates", .counted)
struct LearningRateScheduleTests {
  private func rates(rate: Double = 1, warmup: Int = 0) throws -> [Double] {
    let schedule = try LearningRateSchedule(
      learningRate: rate, warmupSteps: warmup, totalSteps: 10)
    return (0...10).map(schedule.value)
  }

  @Test
  func `OPT-6 ten steps by hand`() throws {
    #expect(try rates() == [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0])
    #expect(
      try rates(warmup: 2) == [0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0])
    #expect(try rates(rate: 0, warmup: 4) == Array(repeating: 0, count: 11))
  }

  @Test
  func `OPT-6 are the reference's at every step`() throws {
    let goldens = try Golden.cases("training/schedules.json")
      .filter { $0["kind"]?.string == "linear" }
    #expect(goldens.count == 7)
    for golden in goldens {
      let schedule = try LearningRateSchedule(
        learningRate: try golden.required("learning_rate").double ?? 0,
        warmupSteps: try golden.required("warmup_steps").integer ?? 0,
        totalSteps: try golden.required("total_steps").integer ?? 0)
      let expected = try golden.required("rates").array?.compactMap(\.double) ?? []
      expectSame(expected.indices.map { schedule.value($0) }, expected, "\(schedule)")
    }
  }

  @Test(
    arguments: [
      (-1, 0, 0, Fault("learning_rate", found: "-1.0", expected: "0 or more")),
      (.nan, 0, 0, Fault("learning_rate", found: "nan", expected: "0 or more")),
      (1, -1, 0, Fault("warmup_steps", found: "-1", expected: "0 or more")),
      (1, 0, -5, Fault("max_steps", found: "-5", expected: "0 or more")),
    ] as [(Double, Int, Int, Fault)])
  func `OPT-7 numbers that make no sense are refused`(
    rate: Double, warmup: Int, total: Int, fault: Fault
  ) {
    #expect(throws: fault) {
      try LearningRateSchedule(learningRate: rate, warmupSteps: warmup, totalSteps: total)
    }
  }
}
