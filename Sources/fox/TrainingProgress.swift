/// The line of progress, and a line for each entry of the log.
final class TrainingProgress: TrainerCallback {
  private let isHidden: Bool
  private let show: (String) -> Void
  private let note: (String) -> Void
  private let clock: () -> Double
  private var begin = 0.0
  private var firstStep: Int?
  private var tokens = 0
  private var last = ""

  /// - Parameters:
  ///   - show: Writes over the line.
  ///   - note: Writes a line that stays.
  ///   - clock: Seconds.
  init(
    isHidden: Bool, show: @escaping (String) -> Void, note: @escaping (String) -> Void,
    clock: @escaping () -> Double = { ProcessInfo.processInfo.systemUptime }
  ) {
    (self.isHidden, self.show, self.note, self.clock) = (isHidden, show, note, clock)
  }

  func handle(_ event: TrainerEvent, _ state: TrainerState, _ control: inout TrainerControl) {
    switch event {
    case .trainBegin:
      (begin, firstStep, tokens) = (clock(), state.step, 0)
    case .stepEnd(let report):
      tokens += report.tokens
      last = Self.words(
        report, of: state.maximumSteps, since: firstStep ?? 0, tokens: tokens,
        seconds: clock() - begin)
      line(last)
    case .predictionStep(let done, let count):
      line("\(last.isEmpty ? "" : last + "  ")evaluating \(done) of \(count)")
    case .save(let folder): line("\(last)  saved \(folder)")
    case .log(let entry):
      line("")
      if let text = Self.words(entry) { note(text) }
    default: break
    }
  }

  private func line(_ text: String) { if !isHidden { show(text) } }

  /// Step, loss, time to go, speed.
  static func words(
    _ report: StepReport, of steps: Int, since first: Int, tokens: Int, seconds: Double
  ) -> String {
    let loss = report.losses.reduce(0, +) / Float(max(report.losses.count, 1))
    let rate = seconds / Double(max(report.step - first, 1))
    let rest = rate * Double(max(steps - report.step, 0))
    let speed = seconds > 0 ? Double(tokens) / seconds : 0
    return "step \(report.step) of \(steps)  loss \(String(format: "%.4f", loss))  "
      + "\(clock(rest)) to go  \(String(format: "%.0f", speed)) tokens/s"
  }

  /// An entry of the log, rounded as the reference's; nothing for the report at the end.
  static func words(_ entry: JSON.Object) -> String? {
    if entry["train_runtime"] != nil { return nil }
    let values = entry.members.filter { $0.key != "step" }.compactMap { key, value in
      value.double.map { "\(key) \(number($0, key))" }
    }
    return "step \(entry["step"]?.integer ?? 0): \(values.joined(separator: ", "))"
  }

  private static func number(_ value: Double, _ key: String) -> String {
    if key == "learning_rate" { return String(format: "%.4g", value) }
    return String(format: key == "epoch" ? "%.2f" : "%.4f", value)
  }

  private static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "?" }
    let whole = Int(seconds.rounded())
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }
}
