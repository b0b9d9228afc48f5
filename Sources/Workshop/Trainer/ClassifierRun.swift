import Foundation
import FoxDecoding
import FoxFiles
import FoxGLUE
import FoxKernels
import FoxModels
import FoxTables
import FoxTries

/// # A classifier's run, from its configuration
///
/// Fine-tuning a BERT classifier from a configuration: what the notebook's run_glue does before it
/// trains.
///
/// SPEC `CLASS-1` to `CLASS-4`. Homework Q3.1.
package struct ClassifierRun {
  /// Every key.
  package private(set) var arguments: Arguments
  /// How it is trained.
  package private(set) var training: TrainingArguments
  /// The task of GLUE, if it is one.
  package let task: GLUETask?
  private let locate: (String) throws -> String

  /// Reads a configuration.
  ///
  /// - Parameters: As those of ``LanguageModelRun/init(path:settings:strict:locate:)``; the keys are
  ///   ``ArgumentField/classifier``.
  /// - Throws: `Fault` for a file that cannot be read or is not JSON, and for what
  ///   is wrong in it.
  package init(
    path: String, settings: [String] = [], strict: Bool = false,
    locate: @escaping (String) throws -> String = { $0 }
  ) throws {
    var arguments = try Arguments(
      JSON.read(path: path), path: path, settings: settings, fields: ArgumentField.classifier,
      strict: strict)
    training = try TrainingArguments(&arguments)
    task = arguments.text("task_name").flatMap(GLUETask.init)
    (self.arguments, self.locate) = (arguments, locate)
    try check()
    try RunFolder.check(arguments, training)
  }

  /// The same run from another seed, written to another folder.
  package func with(seed: Int, outputFolder: String) -> ClassifierRun {
    var run = self
    run.training.seed = UInt64(clamping: seed)
    run.training.outputFolder = outputFolder
    return run
  }

  /// Whether a file with the labels of the texts to predict is to be written.
  package var predicts: Bool { arguments.flag("do_predict") }

  private func check() throws(Fault) {
    let path = arguments.path
    if !training.trains, !training.evaluates, !predicts {
      throw Fault(
        path, at: "do_train", found: "false", expected: "true",
        hint: "do_eval and do_predict are false too: there is nothing to do")
    }
    for (isAsked, verb, file) in [
      (training.trains, "do_train", "train_file"),
      (training.evaluates, "do_eval", "validation_file"), (predicts, "do_predict", "test_file"),
    ] where isAsked && arguments.text(file) == nil {
      throw .missing(
        file, in: path, "\(verb) needs data")
    }
    if arguments.text("model_name_or_path") == nil {
      throw .missing(
        "model_name_or_path", in: path,
        "name the folder of a BERT; fox init bert makes one, fox fetch brings one")
    }
    if arguments.text("text_pair_column_name") != nil, arguments.text("text_column_name") == nil {
      throw .missing(
        "text_column_name", in: path, "text_pair_column_name needs it")
    }
    if task != .mnli {
      for key in ["validation_mismatched_file", "test_mismatched_file"]
      where arguments.text(key) != nil {
        throw Fault(
          path, at: key, found: "a file", expected: "none",
          hint: "task_name is not mnli, and only mnli has mismatched genres")
      }
    }
  }

  /// What a run works on.
  package struct Prepared {
    /// What a ``Trainer`` trains.
    package let task: ClassifierTask
    /// MNLI's second set to evaluate on.
    package let mismatched: ClassifierSamples?
    /// What to predict, by the name of its file of predictions.
    package let tests: [(name: String, samples: ClassifierSamples)]
  }

  /// Reads the model, the tokenizer and the data.
  ///
  /// - Parameter note: Takes sentences for the user.
  /// - Throws: What the rooms of models, tokenizers and data throw, and `Fault`.
  package func prepare(note: (String) -> Void = { _ in }) throws -> Prepared {
    let folder = try locate(arguments.text("model_name_or_path") ?? "")
    let tokenizerFolder = try tokenizerFolder()
    var configuration = try BERTConfiguration(
      folder: arguments.text("config_name").map(locate) ?? folder)
    let tables = try Tables(self)
    guard let first = tables.first else { throw Fault.nothing(in: "the data") }
    let columns = try ClassifierColumns(
      of: first, task: task, text: arguments.text("text_column_name"),
      pair: arguments.text("text_pair_column_name"),
      label: arguments.text("label_column_name") ?? "label")
    note("\(first.name): \(columns.description)")
    let labels = try labels(tables, columns, configuration, note)
    let tokenizer = try BERTTokenizer(folder: tokenizerFolder)
    let length = try length(configuration, tokenizer, note)
    if labels.isRegression, training.labelSmoothing > 0 {
      throw Fault(
        arguments.path, at: "label_smoothing_factor", found: "\(training.labelSmoothing)",
        expected: "0", hint: "the labels of \(first.name) are numbers, which nothing can share")
    }
    configuration.labels = labels.isRegression ? ["LABEL_0"] : labels.names
    configuration.problem = labels.isRegression ? .regression : .singleLabel
    func samples(_ table: Table?, labelled: Bool = true) throws -> ClassifierSamples? {
      guard let table else { return nil }
      let samples = try ClassifierSamples(
        table, columns, labels: labelled ? labels : nil, tokenizer: tokenizer, length: length,
        padsToLength: arguments.flag("pad_to_max_length"))
      if samples.cut > 0 {
        note(
          "\(table.name): \(samples.cut) of \(samples.count) texts \(samples.cut == 1 ? "has" : "have") more "
            + "than \(length) tokens "
            + "and are cut")
      }
      return samples
    }
    let (train, evaluation) = (try samples(tables.train), try samples(tables.evaluation))
    let mismatched = try samples(tables.mismatched)
    var tests: [(name: String, samples: ClassifierSamples)] = []
    for (name, table) in tables.tests {
      if let samples = try samples(table, labelled: false) { tests.append((name, samples)) }
    }
    let task = ClassifierTask(
      try model(folder, configuration, tokenizer, note), labels: labels, training: train,
      evaluation: evaluation, glue: task, columns: columns,
      smoothing: LabelSmoothing(self.training.labelSmoothing),
      lengths: try lengths(tables.train, note), companions: try TokenizerFiles.read(tokenizerFolder)
    )
    return Prepared(task: task, mismatched: mismatched, tests: tests)
  }

  /// The folder of the tokenizer: its own, or the model's.
  package func tokenizerFolder() throws -> String {
    try locate(arguments.text("tokenizer_name") ?? arguments.text("model_name_or_path") ?? "")
  }

  // MARK: - Parts

  /// The files, cut to the numbers of samples asked for.
  private struct Tables {
    /// The whole training data: what says which labels there are.
    var labelled: Table?
    var train: Table?
    var evaluation: Table?
    var mismatched: Table?
    var tests: [(name: String, table: Table)] = []

    var first: Table? { labelled ?? evaluation ?? tests.first?.table }

    init(_ run: ClassifierRun) throws {
      let arguments = run.arguments
      func read(_ key: String, _ limit: String) throws -> (all: Table, used: Table)? {
        guard let path = arguments.text(key) else { return nil }
        let table = try Table.read(
          path: path, options: TableOptions(field: arguments.field(of: path)))
        if table.count == 0 { throw Fault.noRows(path) }
        return (table, table.prefix(arguments.integer(limit) ?? .max))
      }
      if let training = try read("train_file", "max_train_samples") {
        labelled = training.all
        train = run.training.trains ? training.used : nil
      }
      if run.training.evaluates {
        evaluation = try read("validation_file", "max_eval_samples")?.used
        mismatched = try read("validation_mismatched_file", "max_eval_samples")?.used
      }
      guard run.predicts else { return }
      let name = run.task?.rawValue ?? "None"
      for (key, name) in [("test_file", name), ("test_mismatched_file", "\(name)-mm")] {
        if let table = try read(key, "max_predict_samples")?.used { tests.append((name, table)) }
      }
    }
  }

  private func labels(
    _ tables: Tables, _ columns: ClassifierColumns, _ own: BERTConfiguration,
    _ note: (String) -> Void
  ) throws -> ClassifierLabels {
    let standard = own.labels.indices.map { "LABEL_\($0)" }
    if let task {
      let labels = ClassifierLabels(of: task, own: own.labels)
      if !task.isRegression, own.labels != standard, own.labels.count == labels.names.count,
        labels.names != own.labels
      {
        note(ignoring(own.labels, task.labelNames))
      }
      return labels
    }
    guard let table = tables.labelled else { return ClassifierLabels(of: own) }
    if !table.has(column: columns.label) {
      var fault = Fault.noColumn(path: table.name, name: columns.label, columns: table.columns)
      fault.hint = "label_column_name names another one"
      throw fault
    }
    let labels = try ClassifierLabels(of: table, column: columns.label)
    if let warning = ClassifierLabels.warning(about: table, column: columns.label) {
      note(warning)
    }
    if own.architecture == .classifier, own.labels != standard, !labels.isRegression,
      own.labels.count == labels.names.count, own.labels != labels.names
    {
      note(ignoring(own.labels, labels.names))
    }
    if labels.names.count > 20 {
      note(
        "\(table.name): \(Fault.quoted(columns.label)) has \(labels.names.count) different "
          + "labels for \(table.count) texts; is it the right column (label_column_name)?")
    }
    return labels
  }

  /// The lengths that the table itself gives, by which the reference then groups.
  private func lengths(_ table: Table?, _ note: (String) -> Void) throws(Fault) -> [Int]? {
    let column = arguments.text("length_column_name") ?? "length"
    guard training.groupsByLength, let table, table.has(column: column) else { return nil }
    guard case .integers(let lengths) = try table.values(column: column) else {
      throw Fault(
        table.name, at: "column \(Fault.quoted(column))", found: "no integers",
        expected: "lengths", hint: "group_by_length goes by length_column_name")
    }
    note("\(table.name): samples are grouped by the column \(Fault.quoted(column))")
    return lengths
  }

  private func ignoring(_ own: [String], _ data: [String]) -> String {
    func list(_ names: [String]) -> String { names.prefix(10).joined(separator: ", ") }
    return "the model was trained with the labels \(list(own)), the data has \(list(data)): "
      + "the model's are ignored"
  }

  /// `max_seq_length`, at most what tokenizer and model can take.
  private func length(
    _ configuration: BERTConfiguration, _ tokenizer: BERTTokenizer, _ note: (String) -> Void
  ) throws(Fault) -> Int {
    let asked = arguments.integer("max_seq_length") ?? 128
    let length = min(asked, tokenizer.modelMaxLength ?? asked)
    if length < asked {
      note(
        "\(arguments.path): max_seq_length is \(asked), but the tokenizer's model_max_length is "
          + "\(length): texts have at most \(length) tokens")
    }
    if length <= configuration.positions { return length }
    throw Fault(
      arguments.path, at: "max_seq_length", found: "\(asked)",
      expected: "at most the model's \(configuration.positions) positions "
        + "(max_position_embeddings)")
  }

  /// The model with its head, drawn from the seed where the checkpoint has none.
  private func model(
    _ folder: String, _ configuration: BERTConfiguration, _ tokenizer: BERTTokenizer,
    _ note: (String) -> Void
  ) throws -> BERTTrainable {
    try ModelMemory.check(configuration.parameterCount)
    var generator = TorchGenerator(seed: training.seed)
    let loaded = try BERTModel.load(
      classifierFrom: folder, configuration: configuration, drawing: &generator)
    try loaded.model.checkTokenizer(tokens: tokenizer.endID)
    let report = loaded.report.description
    if !report.isEmpty { note(report) }
    return try BERTTrainable(loaded.model)
  }
}
