import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Learning rates")
struct LearningRateScheduleTests {
  static let golden = "training/schedules.json"

  @Test("are the reference's at every step", .spec("OPT-6"))
  func rates() throws {
    let goldens = try Golden.cases(Self.golden)
    #expect(goldens.count == 42)
    for golden in goldens {
      let name = try golden.required("kind").string ?? ""
      let schedule = try LearningRateSchedule(
        try LearningRateSchedule.kind(named: name),
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

  @Test("warm-up by steps or by a part of them", .spec("OPT-7"))
  func warmup() throws {
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
    "numbers and names that cannot be are refused", .spec("OPT-7"),
    arguments: [
      ("linear", -1, 0, 0, "learning_rate is -1.0; expected a number that is not negative"),
      ("linear", .nan, 0, 0, "learning_rate is nan; expected a number that is not negative"),
      ("linear", 1, -1, 0, "warmup_steps is -1; expected a number that is not negative"),
      ("linear", 1, 0, -5, "max_steps is -5; expected a number that is not negative"),
      (
        "polynomial", 1e-7, 0, 5,
        "learning_rate is 1e-07; expected more than 1e-07, where a polynomial schedule ends"
      ),
      (
        "Linear", 1, 0, 5,
        """
        lr_scheduler_type is "Linear"; expected linear, cosine, cosine_with_restarts, \
        polynomial, constant, constant_with_warmup
        """
      ),
    ] as [(String, Double, Int, Int, String)])
  func refusals(name: String, rate: Double, warmup: Int, total: Int, words: String) {
    let error = #expect(throws: TrainingError.self) {
      try LearningRateSchedule(
        try LearningRateSchedule.kind(named: name), learningRate: rate, warmupSteps: warmup,
        totalSteps: total)
    }
    #expect(error?.description == words)
  }

  @Test("a ratio is a part", .spec("OPT-7"), arguments: [-0.1, 1.5, Double.nan])
  func ratio(ratio: Double) {
    #expect(throws: TrainingError.self) {
      try LearningRateSchedule.warmupSteps(0, ratio: ratio, totalSteps: 10)
    }
  }
}
