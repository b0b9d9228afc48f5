import FoxDecoding
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Other schedules of the learning rate", .counted)
struct TrainerScheduleTests {
  static let golden = "training/schedules.json"

  private func rates(
    _ kind: TrainerSchedule.Kind, rate: Double = 1, warmup: Int = 0
  ) throws -> [Double] {
    let schedule = try TrainerSchedule(
      kind, learningRate: rate, warmupSteps: warmup, totalSteps: 10)
    return (0...10).map(schedule.value)
  }

  /// A wave of cosine goes through ½ in the middle, and is as far above it before as below it after.
  @Test
  func `OPT-6 ten steps by hand`() throws {
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
      let kind = try #require(TrainerSchedule.Kind(rawValue: name))
      let schedule = try TrainerSchedule(
        kind, learningRate: try golden.required("learning_rate").double ?? 0,
        warmupSteps: try golden.required("warmup_steps").integer ?? 0,
        totalSteps: try golden.required("total_steps").integer ?? 0)
      let expected = try golden.required("rates").array?.compactMap(\.double) ?? []
      let actual = expected.indices.map { schedule.value($0) }
      expectSame(actual, expected, "\(schedule)")
      if expected.isEmpty { #expect(kind == .polynomial) }
      #expect((0..<300).allSatisfy { schedule.value($0).isFinite })
    }
  }

  @Test
  func `OPT-7 warm-up by steps or by a part of them`() throws {
    for golden in try Golden.json(Self.golden).required("warmups").array ?? [] {
      let steps = try TrainerSchedule.warmupSteps(
        try golden.required("steps").integer ?? 0, ratio: try golden.required("ratio").double ?? 0,
        totalSteps: try golden.required("total").integer ?? 0)
      #expect(steps == (try golden.required("warmup").integer))
    }
    let most = try TrainerSchedule.warmupSteps(0, ratio: 1, totalSteps: .max)
    #expect(most == .max)
  }

  @Test
  func `OPT-7 a polynomial that would have to rise is refused`() {
    #expect(
      throws: Fault(
        "learning_rate", found: "1e-07",
        expected: "more than 1e-07, where a polynomial schedule ends")
    ) { try TrainerSchedule(.polynomial, learningRate: 1e-7, totalSteps: 5) }
  }

  @Test(arguments: [-0.1, 1.5, Double.nan])
  func `OPT-7 a ratio is a part`(ratio: Double) {
    #expect(throws: Fault.self) {
      try TrainerSchedule.warmupSteps(0, ratio: ratio, totalSteps: 10)
    }
  }
}
