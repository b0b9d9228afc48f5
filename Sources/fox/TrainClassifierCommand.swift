/// `fox train classifier`.
struct TrainClassifierCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classifier",
    abstract: "Train a BERT to tell classes of texts, or to give them scores.",
    discussion: """
      Reads the keys of the homework's run_glue: model_name_or_path, train_file, validation_file, \
      test_file (CSV, TSV or JSON), task_name, max_seq_length, pad_to_max_length, max_train_samples \
      and TrainingArguments of transformers 4.17.0. Labels with a fraction are scores. With the same \
      seed a run draws the random numbers that PyTorch draws.

      Writes what "fox train lm" writes, and with do_predict predict_results_TASK.txt. With --seeds it \
      does so in output_dir/seed-N for each seed, and then prints a table and the mean and standard \
      deviation of each metric, which it keeps in seeds.json: finished seeds are not repeated.

      Examples:
        fox train classifier config.json --dry-run
        fox train classifier config.json --seeds 1234,2341,3412,4123
      """)

  @OptionGroup var options: TrainOptions
  @Option(
    help: ArgumentHelp(
      "Train once with each of these seeds, such as 1234,2341,3412,4123.", valueName: "n,n,…"))
  var seeds: String?

  func validate() throws {
    guard let seeds else { return }
    let list = try Self.read(seeds)
    if Set(list).count < list.count {
      throw ValidationError("--seeds \(seeds): a seed is there twice")
    }
  }

  private static func read(_ text: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map {
      // "1, 2" is how lists are written.
      guard let seed = Int($0.trimmingPrefix { $0 == " " }), seed >= 0, seed <= Int(UInt32.max)
      else {
        throw ValidationError("--seeds \(text): expected numbers from 0 to 4294967295")
      }
      return seed
    }
  }

  func run() throws {
    try TrainingSession.reporting {
      if options.dryRun {
        try preview(makeRun())
      } else if let seeds {
        try runAll(Self.read(seeds))
      } else {
        let document = try perform(makeRun())
        if options.json { try Output.json(.object(document)) }
      }
    }
  }

  private func makeRun() throws -> ClassifierRun {
    try ClassifierRun(
      path: options.configuration, settings: options.set, strict: options.strict,
      locate: NamedModel.folder)
  }

  /// What a run would do.
  private func preview(_ run: ClassifierRun) throws {
    let session = try TrainingSession(run.training, json: options.json)
    session.say(run.arguments.notes)
    try session.show(
      RunPreview.of(
        run.prepare(note: session.warn).task, run.training,
        tokenizer: BERTTokenizer(folder: run.tokenizerFolder())))
  }

  /// One run, from the configuration to its reports.
  private func perform(_ run: ClassifierRun, tells: Bool = true) throws -> JSON.Object {
    let session = try TrainingSession(run.training, json: options.json)
    if tells { session.say(run.arguments.notes) }
    let note: (String) -> Void = { if tells { session.warn($0) } }
    let checkpoint = try session.prepareFolder(resumes: options.resume)
    let prepared = try run.prepare(note: note)
    func after(
      _ trainer: Trainer, _ report: TrainingSession.Report
    ) throws -> [(String, JSON)] {
      var more: [(String, JSON)] = []
      if let metrics = try ClassifierResults.evaluateMismatched(trainer, prepared) {
        try report("eval", metrics)
        more.append(("eval_mm", .object(metrics)))
      }
      let files = try ClassifierResults.writePredictions(
        prepared, batchSize: run.training.evaluationBatchSize, folder: run.training.outputFolder)
      if !files.isEmpty { more.append(("predictions", .array(files.map { .string($0) }))) }
      return more
    }
    return try session.perform(prepared.task, resumingFrom: checkpoint, after: after)
  }

  /// A run for each seed, and what they have in common.
  private func runAll(_ seeds: [Int]) throws {
    try Processes.requireOne(for: "--seeds")
    let whole = try makeRun()
    guard whole.training.evaluates, let file = whole.arguments.text("validation_file") else {
      throw Fault(
        options.configuration, at: "do_eval", found: "nothing to evaluate", expected: "true",
        hint: "--seeds compares evaluations")
    }
    try Folder.create(whole.training.outputFolder)
    var runs = try SeedRecord.open(whole, resumes: options.resume)
    for (index, seed) in seeds.enumerated() {
      if runs.metrics(of: seed) != nil {
        Output.note("fox: seed \(seed) is done; not repeated")
        continue
      }
      Output.note("fox: seed \(seed), \(index + 1) of \(seeds.count)")
      let run = whole.with(seed: seed, outputFolder: runs.folder(of: seed))
      let document = try perform(run, tells: index == 0)
      if let metrics = document["eval"]?.object { try runs.finish(seed, metrics) }
    }
    let summaries = try runs.summarize(seeds)
    if options.json {
      return try Output.json(try JSON.read(path: "\(runs.folder)/seeds.json"))
    }
    try Output.line(runs.table(seeds, summaries))
    if let first = summaries.first {
      let name = String(first.key.dropFirst("eval_".count))
      try Output.line(first.summary.line(metric: name, path: file))
    }
  }
}
