import FoxDecoding
import TestSupport
import Testing

@testable import FoxTraining

@Suite("Learning rates", .counted)
struct LearningRateScheduleTests {
  static let golden = "training/schedules.json"

  private func rates(
    _ kind: LearningRateSchedule.Kind, rate: Double = 1, warmup: Int = 0
  ) throws -> [Double] {
    let schedule = try LearningRateSchedule(
      kind, learningRate: rate, warmupSteps: warmup, totalSteps: 10)
    return (0...10).map(schedule.value)
  }

  /// A wave of cosine goes through ½ in the middle, and is as far above it before as below it after.
  @Test
  func `OPT-6 ten steps by hand`() throws {
    #expect(
      try rates(.linear) == [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0])
    #expect(
      try rates(.linear, warmup: 2)
        == [0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0])
    #expect(try rates(.constant, rate: 0.3) == Array(repeating: 0.3, count: 11))
    #expect(try rates(.constantWithWarmup, warmup: 4).prefix(6) == [0, 0.25, 0.5, 0.75, 1, 1])
    let cosine = try rates(.cosine)
    #expect(cosine[0] == 1 && abs(cosine[5] - 0.5) < 1e-15 && cosine[10] == 0)
    #expect((0...10).allSatisfy { abs(cosine[$0] + cosine[10 - $0] - 1) < 1e-15 })
  }

  @Test
  func `OPT-6 are the reference's at every step`() throws {
    let goldens = try Golden.cases(Self.golden)
    #expect(goldens.count == 42)
    for golden in goldens {
      let name = try golden.required("kind").string ?? ""
      let schedule = try LearningRateSchedule(
        try #require(LearningRateSchedule.Kind(rawValue: name)),
        learningRate: try golden.required("learning_rate").double ?? 0,
        warmupSteps: try golden.required("warmup_steps").integer ?? 0,
        totalSteps: try golden.required("total_steps").integer ?? 0)
      let expected = try golden.required("rates").array?.compactMap(\.double) ?? []
      let actual = expected.indices.map { schedule.value($0) }
      expectSame(actual, expected, "\(schedule)")
      if expected.isEmpty { #expect(schedule.kind == .polynomial) }
      #expect((0..<300).allSatisfy { schedule.value($0).isFinite })
    }
  }

  @Test
  func `OPT-7 warm-up by steps or by a part of them`() throws {
    for golden in try Golden.json(Self.golden).required("warmups").array ?? [] {
      let steps = try LearningRateSchedule.warmupSteps(
        try golden.required("steps").integer ?? 0, ratio: try golden.required("ratio").double ?? 0,
        totalSteps: try golden.required("total").integer ?? 0)
      #expect(steps == (try golden.required("warmup").integer))
    }
    let most = try LearningRateSchedule.warmupSteps(0, ratio: 1, totalSteps: .max)
    #expect(most == .max)
  }

  @Test(
    arguments: [
      (.linear, -1, 0, 0, Fault("learning_rate", found: "-1.0", expected: "0 or more")),
      (.linear, .nan, 0, 0, Fault("learning_rate", found: "nan", expected: "0 or more")),
      (.linear, 1, -1, 0, Fault("warmup_steps", found: "-1", expected: "0 or more")),
      (.linear, 1, 0, -5, Fault("max_steps", found: "-5", expected: "0 or more")),
      (
        .polynomial, 1e-7, 0, 5,
        Fault(
          "learning_rate", found: "1e-07",
          expected: "more than 1e-07, where a polynomial schedule ends")
      ),
    ] as [(LearningRateSchedule.Kind, Double, Int, Int, Fault)])
  func `OPT-7 numbers that make no sense are refused`(
    kind: LearningRateSchedule.Kind, rate: Double, warmup: Int, total: Int, fault: Fault
  ) {
    #expect(throws: fault) {
      try LearningRateSchedule(
        kind, learningRate: rate, warmupSteps: warmup, totalSteps: total)
    }
  }

  @Test(arguments: [-0.1, 1.5, Double.nan])
  func `OPT-7 a ratio is a part`(ratio: Double) {
    #expect(throws: Fault.self) {
      try LearningRateSchedule.warmupSteps(0, ratio: ratio, totalSteps: 10)
    }
  }
}
