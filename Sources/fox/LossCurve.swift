import FoxReport

/// The losses of a training run as a figure beside the model. SPEC `CLI-55`.
enum LossCurve {
  static let name = "loss.svg"

  /// Writes the figure, unless fewer than two losses were logged.
  static func write(_ history: [JSON.Object], to folder: String) throws {
    guard let chart = chart(history) else { return }
    try AtomicFile.write(Array(chart.svg.utf8), to: "\(folder)/\(name)")
  }

  static func chart(_ history: [JSON.Object]) -> LineChart? {
    let (training, evaluation) = (points("loss", history), points("eval_loss", history))
    if training.count < 2, evaluation.count < 2 { return nil }
    let series = [
      LineChart.Series("training, since the last log", training),
      LineChart.Series("evaluation", evaluation, isMarked: true),
    ]
    return LineChart(
      title: "Loss by step", xLabel: "step", yLabel: "loss",
      series: series.filter { !$0.points.isEmpty })
  }

  private static func points(_ key: String, _ history: [JSON.Object]) -> [(x: Double, y: Double)] {
    history.compactMap { entry in
      guard let step = entry["step"]?.double, let value = entry[key]?.double else { return nil }
      return (step, value)
    }
  }
}
