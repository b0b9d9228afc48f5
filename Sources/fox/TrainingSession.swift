/// A training run on the command line: notes, progress, Ctrl-C, reports. SPEC `CLI-50` to `CLI-55`.
final class TrainingSession {
  let arguments: TrainingArguments
  let json: Bool
  /// The processes that train together: one, unless `mpirun` started more.
  let ranks: any Ranks
  private(set) var notes: [String] = []
  private var checkpoints: CheckpointsFound?

  init(_ arguments: TrainingArguments, json: Bool) throws {
    (self.arguments, self.json) = (arguments, json)
    ranks = try Processes.join()
    // Rank 0 speaks for all.
    if !ranks.isFirst { dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO) }
    Self.current = ranks
    observe()
  }

  /// The processes that this one has joined.
  private nonisolated(unsafe) static var current: any Ranks = SingleRank()  // by the main thread

  /// When another rank is gone, this one says where to go on, and ends. SPEC `MPI-7`.
  private func observe() {
    let found = CheckpointsFound(arguments.outputFolder)
    checkpoints = found
    let rank = ranks.rank
    let hasSaid = Atomic(false)
    Processes.observe(ranks) {
      if Interruption.wasRequested, !hasSaid.exchange(true, ordering: .relaxed) {
        Output.note("fox: rank \(rank) ends after this step; until then, \(found.sentence)")
      }
    } lost: { what in
      Output.note("fox: rank \(rank): \(what); \(found.sentence)")
      Temporaries.removeFiles()
      _exit(ExitStatus.failedOnInput)
    }
  }

  /// Where to begin, as rank 0 finds the folder.
  func prepareFolder(resumes: Bool) throws -> String? {
    let checkpoint = try ranks.first {
      try RunFolder.prepare(arguments, resumes: resumes, note: warn)
    }
    if ranks.areMany { checkpoints?.begin(at: checkpoint) }
    return checkpoint
  }

  /// Runs a command's work; what Ctrl-C ends, ends with 130.
  static func reporting(_ work: () throws -> Void) throws {
    try reportingFailures {
      do {
        try work()
        Processes.leave(current)
      } catch let error as Interrupted {
        if current.isFirst { Output.note("fox: \(error.description)") }
        Processes.leave(current)
        throw ExitCode(Interruption.status)
      } catch {
        // Its message comes first; the others see that this rank is gone.
        Processes.stopObserving()
        throw error
      }
    }
  }

  /// Tells the user something, unless the log level is above warnings.
  func warn(_ text: String) {
    notes.append(text)
    if ranks.isFirst, arguments.logLevel != "error", arguments.logLevel != "critical" {
      Output.note("fox: \(text)")
    }
  }

  /// Tells the user several things.
  func say(_ texts: [String]) { texts.forEach(warn) }

  /// Trains and evaluates, and prints reports or one document.
  ///
  /// - Parameter finish: Adds to the metrics of the evaluation.
  func run(
    _ task: any TrainableTask, resumingFrom checkpoint: String?,
    finish: (inout JSON.Object) -> Void = { _ in }
  ) throws {
    let document = try perform(task, resumingFrom: checkpoint, finish: finish)
    if json { try Output.json(.object(document)) }
  }

  typealias Report = (_ split: String, JSON.Object) throws -> Void

  /// Trains and evaluates, and prints reports where no document is asked for.
  ///
  /// - Parameter after: Does the rest, and gives more members for the document.
  /// - Returns: The document.
  func perform(
    _ task: any TrainableTask, resumingFrom checkpoint: String?,
    finish: (inout JSON.Object) -> Void = { _ in },
    after: (Trainer, Report) throws -> [(String, JSON)] = { _, _ in [] }
  ) throws -> JSON.Object {
    let line = ProgressLine()
    let progress = TrainingProgress(
      isHidden: arguments.hidesProgress || !ranks.isFirst, show: line.show,
      note: { [ranks] in if ranks.isFirst { Output.note($0) } })
    let trainer = try Trainer(task, arguments, callbacks: [progress], ranks: ranks)
    trainer.note = { [weak self] text in
      line.clear()
      self?.warn(text)
    }
    trainer.isInterrupted = { Interruption.wasRequested }
    if let warning = BLASKernels.selected.warning { warn(warning) }
    if ranks.isFirst, ["info", "debug"].contains(arguments.logLevel) { announce(trainer) }
    defer { line.clear() }
    let report: Report = { [json] split, metrics in
      line.clear()
      if !json { try Output.line(MetricsReport.text(split, metrics)) }
    }
    let (results, more) = try Interruption.during(signals) {
      let results = try trainer.run(
        resumingFrom: checkpoint, finish: finish, report: report)
      return (results, ranks.isFirst ? try after(trainer, report) : [])
    }
    if !ranks.isFirst { return JSON.Object() }
    try LossCurve.write(trainer.state.history, to: arguments.outputFolder)
    var document = document(results, trainer, checkpoint)
    for (key, value) in more { document[key] = value }
    document["notes"] = .array(notes.map { .string($0) })
    return document
  }

  /// What ends a run with a checkpoint. mpirun passes SIGUSR1 on, and sets no deadline then.
  private var signals: [Int32] {
    [SIGINT, SIGTERM, SIGHUP] + (ranks.areMany ? [SIGUSR1] : [])
  }

  /// The lines that the reference's Trainer logs before it trains.
  private func announce(_ trainer: Trainer) {
    Output.notes(
      """
      ***** Running training *****
        Num examples = \(trainer.task.trainingSamples)
        Num parameters = \(trainer.task.parameters.count)
        Instantaneous batch size per device = \(arguments.trainingBatchSize)
        Gradient Accumulation steps = \(arguments.accumulation)
      """)
  }

  private func document(
    _ results: RunResults, _ trainer: Trainer, _ checkpoint: String?
  ) -> JSON.Object {
    JSON.Object([
      ("output_dir", .string(arguments.outputFolder)),
      ("resumed_from", checkpoint.map { .string($0) } ?? .null),
      ("global_step", .integer(trainer.state.step)),
      ("train", results.train.map { .object($0) } ?? .null),
      ("eval", results.evaluation.map { .object($0) } ?? .null),
      ("best_model_checkpoint", trainer.state.bestCheckpoint.map { .string($0) } ?? .null),
    ])
  }
}
