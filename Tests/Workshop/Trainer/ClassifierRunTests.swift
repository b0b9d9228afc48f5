import Foundation
import FoxDecoding
import FoxFiles
import FoxGLUE
import FoxModels
import FoxTables
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Classifier: configurations and runs", .counted)
struct ClassifierRunTests {
  private func with(
    _ name: String = "padded", _ settings: [String] = [],
    _ body: (ClassifierRun, String) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { folder in
      try body(
        RecordedClassifier.named(name).run(in: folder.path, settings: settings), folder.path)
    }
  }

  @Test
  func `CLASS-1 keys, the homework's unknown ones too`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("c.json").path
      try AtomicFile.write(Array(HomeworkClassifier.configuration.utf8), to: path)
      let run = try ClassifierRun(path: path)
      #expect(run.training.trainingBatchSize == 32 && run.training.evaluationBatchSize == 8)
      #expect(run.training.learningRate == 2e-5 && run.training.epochs == 3)
      let notes = run.arguments.notes.joined(separator: "\n")
      for key in [
        "task_type", "do_lower_case", "data_dir", "model_cache_dir", "data_cache_dir",
      ] { #expect(notes.contains("\"\(key)\"")) }
      #expect(throws: Fault.self) { try ClassifierRun(path: path, strict: true) }
      for (setting, words) in [
        ("do_train=false", "nothing to do"), ("train_file=null", "train_file: found nothing"),
        ("task_name=snli", "expected one of cola"), ("max_seq_length=2", "from 3 to"),
        ("model_name_or_path=null", "model_name_or_path: found nothing"),
        ("do_predict=true", "test_file: found nothing"), ("fp16=true", "fp16: found true"),
        ("test_mismatched_file=x", "only mnli"),
        ("text_pair_column_name=x", "text_column_name: found nothing"),
      ] {
        var found = "nothing was thrown"
        do {
          _ = try ClassifierRun(path: path, settings: [setting, "do_eval=false"])
        } catch { found = "\(error)" }
        #expect(found.contains(words), "\(setting): \(found)")
      }
    }
  }

  @Test
  func `CLASS-2 CLASS-3 CLASS-4 notes and refusals while the data are read`() throws {
    var notes: [String] = []
    try with("dynamic") { run, _ in _ = try run.prepare { notes.append($0) } }
    let text = notes.joined(separator: "\n")
    #expect(text.contains("sentence pairs are \"sentence1\" and \"sentence2\", labels \"label\""))
    #expect(text.contains("max_seq_length is 128, but the tokenizer's model_max_length is 24"))
    #expect(text.contains("texts have more than 24 tokens and are cut"))
    for (setting, words) in [
      ("label_column_name=sentence", "is the right column"), ("label_column_name=nope", "nope"),
      ("text_column_name=nope", "found no column \"nope\", expected \"sentence\", \"label\""),
      ("task_name=mrpc", "found no column \"sentence1\""), ("task_name=mnli", "premise"),
    ] where setting != "label_column_name=sentence" {
      var found = "nothing was thrown"
      do { try with("padded", [setting]) { run, _ in _ = try run.prepare() } } catch {
        found = "\(error)"
      }
      #expect(found.contains(words), "\(setting): \(found)")
    }
    try with("padded") { run, folder in
      let config = try JSON.read(path: "\(folder)/model/config.json")
      var small = try #require(config.object)
      small["max_position_embeddings"] = 8
      try AtomicFile.write(JSON.object(small).fileBytes, to: "\(folder)/model/config.json")
      #expect(throws: Fault.self) { try run.prepare() }
    }
  }

  @Test
  func `CLASS-2 a checkpoint of its own labels`() throws {
    try with("dynamic", ["max_steps=1", "do_eval=false"]) { run, folder in
      _ = try Trainer(run.prepare().task, run.training).run()
      // Three labels, by the same names: gone on with. Of a task of two: refused.
      var notes: [String] = []
      let again = try RecordedClassifier.named("dynamic").run(
        in: "\(folder)/again", settings: ["model_name_or_path=\(folder)/out"])
      _ = try again.prepare { notes.append($0) }
      #expect(!notes.contains { $0.contains("ignored") || $0.contains("newly") })
      let other = try RecordedClassifier.named("padded").run(
        in: "\(folder)/other", settings: ["model_name_or_path=\(folder)/out"])
      let fault = #expect(throws: Fault.self) { try other.prepare() }
      #expect(fault?.subject == "\(folder)/out/model.safetensors" && fault?.found == "[3, 16]")
      let dev = try String(contentsOfFile: "\(folder)/train.csv", encoding: .utf8)
      let renamed = dev.replacingOccurrences(of: "maybe", with: "perhaps")
      try AtomicFile.write(Array(renamed.utf8), to: "\(folder)/again/train.csv")
      _ = try ClassifierRun(
        path: "\(folder)/again/config.json",
        settings: [
          "model_name_or_path=\(folder)/out", "do_eval=false", "evaluation_strategy=no",
        ]
      ).prepare { notes.append($0) }
      #expect(
        notes.contains { $0.contains("labels maybe, no, yes, the data has no, perhaps, yes") })
      // Without training data the labels are the model's.
      let alone = try ClassifierRun(
        path: "\(folder)/again/config.json",
        settings: [
          "model_name_or_path=\(folder)/out", "do_train=false", "train_file=null",
        ])
      #expect(try alone.prepare().task.labels.names == ["maybe", "no", "yes"])
    }
  }

  @Test
  func `CLASS-6 MNLI's two evaluations; files of predictions`() throws {
    try Places.withTemporaryFolder { url in
      let folder = url.path
      _ = try RecordedClassifier.named("padded").run(in: folder)
      let names = ["entailment", "neutral", "contradiction"]
      let rows = (0..<12).map { "a good \($0),it is \($0),\(names[$0 % 3])\n" }.joined()
      let test = (0..<5).map { "a \($0),so \($0)\n" }.joined()
      for (name, text) in [
        ("m.csv", "premise,hypothesis,label\n" + rows), ("t.csv", "premise,hypothesis\n" + test),
      ] { try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(name)") }
      let mnli = try ClassifierRun(
        path: "\(folder)/config.json",
        settings: [
          "task_name=mnli", "do_predict=true", "max_steps=2", "evaluation_strategy=no",
          "max_predict_samples=4", "save_strategy=no",
        ] + ["train", "validation", "validation_mismatched"].map { "\($0)_file=\(folder)/m.csv" }
          + ["test_file=\(folder)/t.csv", "test_mismatched_file=\(folder)/t.csv"])
      let prepared = try mnli.prepare()
      let trainer = try Trainer(prepared.task, mnli.training)
      let results = try trainer.run()
      let second = try #require(try ClassifierResults.evaluateMismatched(trainer, prepared))
      #expect(second["eval_loss_mm"] == results.evaluation?["eval_loss"])
      #expect(second["eval_accuracy_mm"] == results.evaluation?["eval_accuracy"])
      let all = try JSON.read(path: "\(folder)/out/all_results.json")
      #expect(all["eval_samples_mm"] == 12 && all["eval_samples"] == 12)
      let files = try ClassifierResults.writePredictions(
        prepared, batchSize: 3, folder: "\(folder)/out")
      #expect(
        files.map { ($0 as NSString).lastPathComponent } == [
          "predict_results_mnli.txt", "predict_results_mnli-mm.txt",
        ])
      let lines = try String(contentsOfFile: files[0], encoding: .utf8).split(separator: "\n")
      #expect(lines.count == 5 && lines[0] == "index\tprediction")
      for (index, line) in lines.dropFirst().enumerated() {
        #expect(names.contains { line == "\(index)\t\($0)" }, "\(line)")
      }
    }
    try with("scores") { _, folder in
      let again = try ClassifierRun(
        path: "\(folder)/config.json",
        settings: ["do_predict=true", "test_file=\(folder)/dev.csv"])
      // The last rows, too, of which the reference's loader makes no batch.
      let dropping = try ClassifierRun(
        path: "\(folder)/config.json",
        settings: ["do_predict=true", "test_file=\(folder)/dev.csv", "dataloader_drop_last=true"])
      let all = try ClassifierResults.writePredictions(
        dropping.prepare(), batchSize: 4, folder: folder)
      #expect(try String(contentsOfFile: all[0], encoding: .utf8).split(separator: "\n").count == 8)
      let files = try ClassifierResults.writePredictions(
        again.prepare(), batchSize: 8, folder: folder)
      let text = try String(contentsOfFile: files[0], encoding: .utf8)
      #expect(text.contains(#/\n6\t-?\d\.\d{3}\n$/#), "\(text)")
    }
  }

  @Test
  func `CLASS-7 seeds are kept, and not mixed with those of other configurations`() throws {
    try with("padded") { run, folder in
      try Folder.create(run.training.outputFolder)
      var runs = try SeedRecord.open(run, resumes: false)
      #expect(runs.folder(of: 7) == "\(folder)/out/seed-7" && runs.metrics(of: 7) == nil)
      func metrics(_ accuracy: Double) -> JSON.Object {
        JSON.Object([
          ("eval_accuracy", .number(accuracy)), ("eval_loss", .number(1)), ("epoch", 3),
          ("eval_runtime", 1.5), ("eval_samples", 10),
        ])
      }
      try runs.finish(7, metrics(0.5))
      try runs.finish(8, metrics(0.75))
      let again = try SeedRecord.open(run, resumes: true)
      #expect(again.metrics(of: 8)?["eval_accuracy"] == 0.75)
      let summaries = try again.summarize([7, 8])
      #expect(summaries.map(\.key) == ["eval_accuracy", "eval_loss"])
      #expect(summaries[0].summary == (try SeedSummary.of([0.5, 0.75])))
      #expect(
        again.table([7, 8], summaries)
          == """
          seed  accuracy    loss
             7    0.5000  1.0000
             8    0.7500  1.0000
          mean    0.6250  1.0000
           std    0.1250  0.0000
          """)
      let other = try ClassifierRun(
        path: "\(folder)/config.json", settings: ["learning_rate=1e-4"])
      #expect(
        throws: Fault.otherRun(
          checkpoint: "\(folder)/out/seeds.json", key: "learning_rate", then: "0.001",
          now: "0.0001")
      ) { try SeedRecord.open(other, resumes: true) }
      let fresh = try ClassifierRun(
        path: "\(folder)/config.json", settings: ["overwrite_output_dir=true"])
      #expect(try SeedRecord.open(fresh, resumes: false).metrics(of: 7) == nil)
      try AtomicFile.write(Array("[]".utf8), to: "\(folder)/out/seeds.json")
      #expect(throws: Fault.self) { try SeedRecord.open(run, resumes: true) }
    }
  }
}

/// The homework's configuration, its paths replaced by settings where a test needs it.
enum HomeworkClassifier {
  static let configuration = """
    {"seed": 1234, "model_name_or_path": "bert-base-cased",
     "train_file": "./data/tinySST/train.csv", "validation_file": "./data/tinySST/dev.csv",
     "task_type": "text_classification", "do_train": true, "do_eval": true, "do_lower_case": true,
     "data_dir": "./data/tinySST", "max_seq_length": 128, "per_device_train_batch_size": 32,
     "learning_rate": 2e-5, "num_train_epochs": 3.0, "model_cache_dir": "./models",
     "data_cache_dir": "./data_cache", "output_dir": "./output/tinySST-1234",
     "overwrite_output_dir": true, "log_level": "warning"}
    """
}
