import Foundation
import FoxDecoding
import FoxFiles
import FoxGLUE

/// # The same run from several seeds
///
/// Adds what the homework's Q3.1 reports: mean and deviation over seeds, and a record of which are done.
extension SeedSummary {
  /// The homework's last line: `Accuracy on TinySST dev set: 0.675 +/- 0.02`, with all digits.
  ///
  /// - Parameters:
  ///   - metric: Its key, without `eval_`.
  ///   - path: The validation file; its folder is the name of the data.
  package func line(metric: String, path: String) -> String {
    let url = URL(fileURLWithPath: path)
    let data = Self.capitalized(url.deletingLastPathComponent().lastPathComponent)
    let part = url.deletingPathExtension().lastPathComponent
    return "\(Self.capitalized(metric)) on \(data) \(part) set: \(Python.text(mean)) +/- "
      + Python.text(deviation)
  }

  private static func capitalized(_ word: String) -> String {
    word.prefix(1).uppercased() + word.dropFirst()
  }
}

/// The runs of several seeds: which are done, kept in `seeds.json` of the output folder.
///
/// SPEC `CLASS-7`.
package struct SeedRecord {
  /// The folder of all runs.
  package let folder: String
  /// What decides the numbers of a run, its seed apart.
  private let identity: JSON
  private var done: [(seed: Int, metrics: JSON.Object)] = []

  private init(folder: String, identity: JSON) {
    (self.folder, self.identity) = (folder, identity)
  }

  /// The record of a run in its output folder: an empty one, or the one that is there.
  ///
  /// - Parameters:
  ///   - run: Its `output_dir` holds the runs of all seeds.
  ///   - resumes: Whether finished runs are kept; otherwise only where `overwrite_output_dir` is not
  ///     set.
  /// - Throws: `Fault` for a `seeds.json` that is not a record, and for a folder that another
  ///   process writes to.
  package static func open(_ run: ClassifierRun, resumes: Bool) throws -> SeedRecord {
    let fields = ArgumentField.classifier.filter { !apart.contains($0.name) }
    let identity = JSON.Object(fields.map { ($0.name, run.arguments[$0.name]) })
    var record = SeedRecord(folder: run.training.outputFolder, identity: .object(identity))
    // Two that wrote one record would lose each other's seeds.
    try RunLock.take(record.folder)
    if resumes || !run.training.overwritesOutput,
      FileManager.default.fileExists(atPath: record.path)
    {
      try record.read()
    }
    return record
  }

  /// Keys that may differ between the runs of one record.
  private static let apart = [
    "seed", "output_dir", "overwrite_output_dir", "resume_from_checkpoint", "disable_tqdm",
    "log_level",
  ]

  private mutating func read() throws {
    let document = try JSON.read(path: path)
    guard let runs = document["runs"]?.array, let before = document["configuration"] else {
      throw Fault(path, found: "another document", expected: "a record of seeds")
    }
    for (key, now) in identity.object?.members ?? [] {
      let then = before[key] ?? .null
      if then.text() != now.text() {
        throw Fault.otherRun(
          checkpoint: path, key: key, then: then.text(), now: now.text())
      }
    }
    for run in runs {
      guard let seed = run["seed"]?.integer, let metrics = run["eval"]?.object else {
        throw Fault(
          path, at: "runs", found: shown(run.text()), expected: "a seed and its metrics")
      }
      done.append((seed, metrics))
    }
  }

  private var path: String { "\(folder)/seeds.json" }

  /// Where a seed's run is written.
  package func folder(of seed: Int) -> String { "\(folder)/seed-\(seed)" }

  /// The metrics of a finished run.
  package func metrics(of seed: Int) -> JSON.Object? { done.first { $0.seed == seed }?.metrics }

  /// Keeps the metrics of a finished run.
  ///
  /// - Throws: `Fault` for a file that cannot be written.
  package mutating func finish(_ seed: Int, _ metrics: JSON.Object) throws {
    done.removeAll { $0.seed == seed }
    done.append((seed, metrics))
    try write([])
  }

  private func write(_ more: [(String, JSON)]) throws {
    let runs = done.map { JSON.object(.init([("seed", .integer($0)), ("eval", .object($1))])) }
    let members: [(String, JSON)] = [("configuration", identity), ("runs", .array(runs))]
    try AtomicFile.write(JSON.object(.init(members + more)).fileBytes, to: path)
  }

  /// The metrics that say how good a run is: all but times and counts.
  package static func measures(_ metrics: JSON.Object) -> [String] {
    metrics.members.map(\.key).filter {
      $0.hasPrefix("eval_") && !$0.contains("_runtime") && !$0.contains("_per_second")
        && !$0.hasPrefix("eval_samples")
    }
  }

  /// The summary of every metric over the seeds; the first is the one the homework reports.
  ///
  /// - Throws: `Fault` for a file that cannot be written.
  package func summarize(_ seeds: [Int]) throws -> [(key: String, summary: SeedSummary)] {
    let runs = seeds.compactMap { metrics(of: $0) }
    guard let first = runs.first else { return [] }
    let keys = Self.measures(first)
    let summaries = try keys.map { key in
      (key: key, summary: try SeedSummary.of(runs.compactMap { $0[key]?.measure }))
    }
    let members = summaries.map { key, summary in
      let values: [(String, JSON)] = [
        ("mean", .number(summary.mean)), ("std", .number(summary.deviation)),
      ]
      return (key, JSON.object(.init(values)))
    }
    try write([
      ("seeds", .array(seeds.map { .integer($0) })), ("summary", .object(.init(members))),
    ])
    return summaries
  }

  /// A table: a line for each seed, then mean and standard deviation.
  package func table(_ seeds: [Int], _ summaries: [(key: String, summary: SeedSummary)]) -> String {
    var rows = [["seed"] + summaries.map { String($0.key.dropFirst("eval_".count)) }]
    func text(_ value: Double?) -> String { value.map { String(format: "%.4f", $0) } ?? "" }
    for seed in seeds {
      rows.append([String(seed)] + summaries.map { text(metrics(of: seed)?[$0.key]?.measure) })
    }
    rows.append(["mean"] + summaries.map { text($0.summary.mean) })
    rows.append(["std"] + summaries.map { text($0.summary.deviation) })
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }
        .joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
