import Foundation
import FoxDecoding
import FoxFiles
import FoxGLUE
import FoxKernels
import FoxModels
import FoxTables
import FoxTries
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Classifier: labels, columns, samples, summaries", .counted)
struct ClassifierTests {
  private func table(_ columns: [String], _ rows: [[JSON]]) throws -> Table {
    try Table(name: "t.csv", columns: columns, rows: rows)
  }

  private func labels(_ cells: [JSON]) throws -> ClassifierLabels {
    try ClassifierLabels(of: table(["label"], cells.map { [$0] }), column: "label")
  }

  @Test
  func `CLASS-2 labels of one's own data`() throws {
    let integers = try labels(["10", "2", "2"])
    #expect(integers.names == ["2", "10"] && integers.areIntegers && !integers.isRegression)
    #expect(try labels(["yes", "no", "Yes"]).names == ["Yes", "no", "yes"])
    // Canonically equivalent, and still two labels.
    #expect(try labels([.string("e\u{301}"), .string("\u{e9}")]).names.count == 2)
    #expect(try labels(["1.0", "2"]).isRegression && labels([0.5]).outputs == 1)
    let eval = try table(["x", "label"], [["a", "2"], ["b", "10"]])
    #expect(try integers.targets(of: eval, column: "label") == .classes([0, 1]))
    #expect(
      try ClassifierLabels.scores.targets(of: eval, column: "label") == .values([2, 10]))
  }

  @Test
  func `CLASS-2 labels that are none`() throws {
    for (cells, words) in [
      (
        ["a", "a"], "t.csv, label: found one class only, \"a\", expected at least two"
      ),
      ([1, "a"], "t.csv, row 1, column \"label\": found 1, expected a text"),
      ([true, "a"], "t.csv, row 1, column \"label\": found a boolean, expected a text"),
    ] as [([JSON], String)] {
      var found = "nothing was thrown"
      do { _ = try labels(cells) } catch { found = "\(error)" }
      #expect(found.hasPrefix(words), "\(found)")
    }
    let known = try labels(["no", "yes"])
    #expect(throws: Fault.self) {
      try known.targets(of: table(["label"], [["no"], ["maybe"]]), column: "label")
    }
    #expect(throws: Fault.self) {
      try ClassifierLabels.scores.targets(of: table(["label"], [["1.5"], ["x"]]), column: "label")
    }
    #expect(throws: Fault.self) {
      try ClassifierLabels.scores.targets(
        of: table(["label"], [["1e300"], ["0.5"]]), column: "label")
    }
  }

  @Test
  func `CLASS-2 labels of tasks, in the order of a model's own`() throws {
    let plain = ClassifierLabels(of: .qnli, own: ["LABEL_0", "LABEL_1"])
    #expect(plain.names == ["entailment", "not_entailment"])
    let rows = try table(["label"], [["entailment"], ["not_entailment"]])
    let ids = try table(["label"], [[0], [1]])
    #expect(try plain.targets(of: rows, column: "label") == .classes([0, 1]))
    let own = ClassifierLabels(of: .qnli, own: ["NOT_ENTAILMENT", "ENTAILMENT"])
    #expect(own.names == ["NOT_ENTAILMENT", "ENTAILMENT"])
    #expect(try own.targets(of: rows, column: "label") == .classes([1, 0]))
    #expect(try own.targets(of: ids, column: "label") == .classes([1, 0]))
    #expect(ClassifierLabels(of: .stsb, own: ["a"]).isRegression)
    for task in GLUETask.allCases {
      #expect(ClassifierLabels(of: task, own: []).outputs == max(1, task.labelNames.count))
    }
    var configuration = BERTConfiguration()
    configuration.labels = ["negative", "positive"]
    let model = ClassifierLabels(of: configuration)
    let both = try table(["label"], [["positive"], ["0"]])
    #expect(try model.targets(of: both, column: "label") == .classes([1, 0]))
    configuration.labels = ["1", "0"]
    #expect(
      try ClassifierLabels(of: configuration).targets(of: ids, column: "label") == .classes([1, 0]))
  }

  @Test(
    arguments: [
      ["a", ""], ["a", "  "], ["a", .null], ["1.0", "nan"], ["1", "NaN"], ["yes", "NaN"],
      ["1", "NA"], ["1", "-"], ["0", "?"], ["2", "#N/A"],
      ["0.5", "inf"], [1, "None"], [.number(0.5), .null],
    ] as [[JSON]])
  func `CLASS-11 a row without a label is refused and named`(cells: [JSON]) throws {
    let fault = #expect(throws: Fault.self) { try labels(cells) }
    #expect(fault?.place == "row 2, column \"label\"" && fault?.expected == "a label")
  }

  @Test
  func `CLASS-11 booleans, negative integers and words are classes; fractions are said`() throws {
    #expect(try labels([true, false]).names == ["false", "true"])
    #expect(try labels(["1", "-1"]).names == ["-1", "1"] && labels([0, -1, 1]).outputs == 3)
    #expect(try labels(["none", "some"]).names == ["none", "some"])
    func warning(_ cells: [JSON]) throws -> String? {
      ClassifierLabels.warning(
        about: try table(["label"], cells.map { [$0] }), column: "label")
    }
    let whole = try #require(try warning(["1.0", "0.0"]))
    #expect(whole.contains("regression") && whole.hasSuffix("for classes write 1, not 1.0"))
    #expect(try warning(["0.5", "2"])?.hasSuffix("(regression)") == true)
    #expect(try warning(["1", "-1"])?.contains("-1") == true)
    #expect(try warning(["1", "0"]) == nil && warning(["a", "b"]) == nil)
  }

  @Test(
    arguments: [
      (["id", "sentence", "label"], ["7", "a b", "1"], "sentence", nil),
      (["", "sentence", "label"], ["0", "a b", "1"], "sentence", nil),
      (["sentence", "label", ""], ["a b", "1", ""], "sentence", nil),
      (["guid", "sentence", "label"], ["train-1", "a b", "1"], "sentence", nil),
      (["text", "sentiment"], ["a b", "1"], "text", nil),
      (["text", "sentiment"], ["a b", "yes"], "text", nil),
      (["text", "sentiment"], ["a b", "YES"], "text", nil),
      (["text", "Sentiment"], ["a b", "bad"], "text", nil),
      (["gold_label", "text"], ["x", "a b"], "text", nil),
      (["x", "y", "label"], ["a b", "c", "1"], "x", "y"),
    ] as [([String], [String], String, String?)])
  func `CLASS-12 ids, indexes, empty columns and labels are not texts`(
    names: [String], cells: [String], first: String, second: String?
  ) throws {
    let known = try labels(["no", "yes"])
    let found = try ClassifierColumns(
      of: table(names, [cells.map { .string($0) }]), labels: known)
    #expect(found.first == first && found.second == second)
  }

  @Test
  func `CLASS-12 one word a row and always the same few is a label, where the model does not say`()
    throws
  {
    let rows: [[JSON]] = [["a b", "pos"], ["c", "neg"], ["d e", "pos"]]
    let known = try labels(["LABEL_0", "LABEL_1"])
    let found = try ClassifierColumns(of: table(["text", "mood"], rows), labels: known)
    #expect(found.first == "text" && found.second == nil)
    // A prediction has no labels to speak of.
    #expect(found.description == "sentences are \"text\"")
    // Where nothing else is left, it is the text.
    let alone = try table(["mood"], rows.map { [$0[1]] })
    #expect(try ClassifierColumns(of: alone, labels: known).first == "mood")
    // In training the label is known.
    let pairs = try ClassifierColumns(of: table(["text", "mood"], rows))
    #expect(pairs.second == "mood")
  }

  @Test
  func `CLASS-2 a name that two outputs have means neither`() throws {
    var configuration = BERTConfiguration()
    configuration.labels = ["pos", "neg", "pos"]
    let labels = ClassifierLabels(of: configuration)
    #expect(labels.distinctNames == ["pos (0)", "neg", "pos (2)"])
    let ids = try table(["label"], [["2"], ["neg"], ["0"]])
    #expect(try labels.targets(of: ids, column: "label") == .classes([2, 1, 0]))
    let fault = #expect(throws: Fault.self) {
      try labels.targets(of: table(["label"], [["pos"]]), column: "label")
    }
    #expect(fault?.expected == "one of the labels \"pos (0)\", \"neg\", \"pos (2)\"")
  }

  @Test
  func `CLASS-11 labels that differ in capitals or blanks alone are said`() throws {
    func warning(_ cells: [JSON]) throws -> String? {
      ClassifierLabels.warning(about: try table(["label"], cells.map { [$0] }), column: "label")
    }
    let words = "are taken as two classes"
    #expect(try warning(["pos", "neg", "Pos"])?.contains("\"pos\" and \"Pos\"") == true)
    #expect(try warning(["pos ", "neg", "pos"])?.hasSuffix(words) == true)
    #expect(try warning(["pos", "neg", "pos"]) == nil)
  }

  @Test
  func `CLASS-12 the columns of training are read again, or refused`() throws {
    try Places.withTemporaryFolder { folder in
      let train = try table(["sentence", "label"], [["a", "1"]])
      let columns = try ClassifierColumns(of: train)
      let path = folder.appendingPathComponent(ClassifierColumns.file).path
      try AtomicFile.write(columns.document.fileBytes, to: path)
      func found(_ names: [String], label: String? = nil) throws -> ClassifierColumns? {
        let rows = try table(names, [names.map { .string($0) }])
        return try ClassifierColumns(ofModel: folder.path, in: rows, label: label)
      }
      #expect(try found(["note", "sentence", "label"]) == columns)
      // The label may be missing: prediction does not need it.
      #expect(try found(["sentence"])?.label == "label")
      #expect(try found(["sentence", "y"], label: "y")?.label == "y")
      let fault = #expect(throws: Fault.self) { try found(["text", "label"]) }
      #expect(fault?.expected == "\"text\", \"label\"")
      #expect(try ClassifierColumns(ofModel: "/nowhere", in: train, label: nil) == nil)
    }
  }

  @Test
  func `CLASS-3 columns`() throws {
    for (names, first, second) in [
      (["label", "sentence"], "sentence", nil), (["a", "label", "b", "c"], "a", "b"),
      (["sentence2", "x", "sentence1", "label"], "sentence1", "sentence2"),
    ] as [([String], String, String?)] {
      let found = try ClassifierColumns(of: table(names, [names.map { .string($0) }]))
      #expect(found.first == first && found.second == second && found.label == "label")
    }
    let pair = try table(["premise", "hypothesis", "y"], [["a", "b", "c"]])
    let mnli = try ClassifierColumns(of: pair, task: .mnli, label: "y")
    #expect(
      mnli.description
        == "sentence pairs are \"premise\" and \"hypothesis\", labels \"y\"")
    #expect(try ClassifierColumns(of: pair, text: "hypothesis").second == nil)
    #expect(throws: Fault.noColumn(path: "t.csv", name: "sentence", columns: pair.columns)) {
      try ClassifierColumns(of: pair, task: .sst2)
    }
    #expect(throws: Fault.self) { try ClassifierColumns(of: pair, text: "nope") }
    #expect(throws: Fault.self) {
      try ClassifierColumns(of: table(["label"], [["a"]]))
    }
    for task in GLUETask.allCases {
      let names = task.sentenceColumns + ["label"]
      let found = try ClassifierColumns(
        of: table(names, [names.map { .string($0) }]), task: task)
      #expect([found.first] + (found.second.map { [$0] } ?? []) == task.sentenceColumns)
    }
  }

  @Test
  func `CLASS-4 samples: cut, empty, padded or not`() throws {
    let tokenizer = try BERTTokenizer(folder: Places.golden("tokenizers/bert/uncased"))
    let long = String(repeating: "a b ", count: 5000)
    let rows = try table(["sentence", "label"], [["", 0], [.string(long), 1], ["a b", 1]])
    let columns = try ClassifierColumns(of: rows)
    let labels = try ClassifierLabels(of: rows, column: "label")
    let fixed = try ClassifierSamples(
      rows, columns, labels: labels, tokenizer: tokenizer, length: 12, padsToLength: true)
    #expect(fixed.ids.map(\.count) == [2, 12, 4] && fixed.cut == 1 && fixed.width == 12)
    #expect(fixed.tokens([0, 2]) == 24)
    let free = try ClassifierSamples(
      rows, columns, labels: nil, tokenizer: tokenizer, length: 12, padsToLength: false)
    #expect(free.tokens([0, 2]) == 8 && free.labels == nil && free.batch([0, 2]).width == 4)
    #expect(free.digest != fixed.digest)
    let shared = try Golden.json("training/classifier-folder.json")["cases"]?.array ?? []
    // The reference loaded what fox wrote, and put out what it had trained itself.
    #expect(shared.count == 4)
    for check in shared {
      #expect(check["difference"]?.double ?? 1 <= 1e-6)
      #expect(check["architectures"] == ["BertForSequenceClassification"])
    }
  }

  @Test
  func `CLASS-7 mean and deviation as the homework prints them`() throws {
    let accuracies: [Double] = [604, 605, 585, 561].map { (correct: Float) in
      Double(correct / 872)
    }
    let summary = try SeedSummary.of(accuracies)
    #expect(
      summary.line(metric: "accuracy", path: "./data/tinySST/dev.csv")
        == "Accuracy on TinySST dev set: 0.6751720309257507 +/- 0.020520400137613005")
  }

  @Test
  func `CLASS-5 classes and probabilities of outputs`() {
    #expect(ClassifierOutputs.classes([1, 1, 0, 2], width: 2) == [0, 1])
    #expect(ClassifierOutputs.classes([3, -1], width: 1) == [0, 0])
    let even = ClassifierOutputs.probabilities([1000, 1000])
    #expect(even == [0.5, 0.5])
  }

  @Test
  func `CLASS-8 a report: metrics that apply, confusion`() throws {
    try Places.withTemporaryFolder { folder in
      for name in ["padded", "scores"] {
        let run = try RecordedClassifier.named(name)
        let prepared = try run.run(in: folder.appendingPathComponent(name).path).prepare()
        let samples = try #require(prepared.task.evaluation)
        let report = try ClassifierReport.of(
          prepared.task.model, samples, labels: prepared.task.labels, batchSize: 3)
        #expect(report.count == samples.count && report.loss > 0)
        if name == "padded" {
          #expect(report.metrics.map(\.name) == ["accuracy", "f1", "matthews_correlation"])
          let right = report.confusion[0][0] + report.confusion[1][1]
          #expect(report.metrics[0].value == Double(right) / Double(report.count))
          #expect(report.confusion.joined().reduce(0, +) == report.count)
        } else {
          #expect(report.metrics.first?.name == "mse" && report.confusion.isEmpty)
          #expect(abs(report.metrics[0].value - report.loss) < 1e-5)
        }
      }
    }
  }
}
