import Foundation
import FoxFiles
import FoxFormats
import FoxModels
import TestSupport
import Testing

/// A tiny BERT with its tokenizer, data and a configuration.
struct ClassifierFolder {
  let path: String
  var output: String { "\(path)/out" }

  static func with(
    _ change: [(key: String, value: JSON)] = [], _ body: (ClassifierFolder) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { url in
      let folder = ClassifierFolder(path: url.path)
      let made = try FoxProcess.run(
        [
          "init", "bert", "--out", "\(url.path)/bert", "--tokenizer",
          Places.golden("tokenizers/bert/uncased"),
        ]
          + [
            "vocab_size=690", "max_position_embeddings=32", "hidden_size=16",
            "num_hidden_layers=1", "num_attention_heads=2", "intermediate_size=24",
            "architectures=BertModel",
          ].flatMap { ["--set", $0] })
      #expect(made.status == 0, "\(made.error)")
      try folder.write(table(20), to: "train.csv")
      try folder.write(table(8), to: "dev.csv")
      try folder.configure(change)
      try body(folder)
    }
  }

  static func table(_ rows: Int) -> String {
    "sentence,label\r\n"
      + (0..<rows).map { "\"a \($0), it is \($0)\",\($0 % 2 == 0 ? "good" : "bad")\r\n" }.joined()
  }

  func configure(_ change: [(key: String, value: JSON)] = []) throws {
    var keys = JSON.Object([
      ("model_name_or_path", .string("\(path)/bert")), ("train_file", .string("\(path)/train.csv")),
      ("validation_file", .string("\(path)/dev.csv")), ("do_train", true), ("do_eval", true),
      ("task_type", "text_classification"), ("output_dir", .string(output)), ("max_steps", 2),
      ("max_seq_length", 16), ("seed", 3), ("learning_rate", 1e-3),
    ])
    for (key, value) in change { keys[key] = value }
    try write(JSON.object(keys).text(), to: "config.json")
  }

  func write(_ text: String, to name: String) throws {
    try AtomicFile.write(Array(text.utf8), to: "\(path)/\(name)")
  }

  func train(_ options: [String] = []) throws -> FoxProcess {
    try FoxProcess.run(["train", "classifier", "\(path)/config.json"] + options)
  }
}

@Suite("fox train, eval and predict classifier", .counted)
struct ClassifierCommandTests {
  @Test
  func `CLI-63 CLI-64 CLI-65 CLASS-1 CLASS-8 train, then evaluate and predict`() throws {
    try ClassifierFolder.with([
      ("do_predict", true), ("evaluation_strategy", "steps"), ("eval_steps", 1),
      ("load_best_model_at_end", true), ("save_steps", 1), ("metric_for_best_model", "accuracy"),
    ]) { folder in
      try folder.write("sentence\na b\n", to: "test.csv")
      let run = try folder.train(["--set", "test_file=\(folder.path)/test.csv"])
      #expect(run.status == 0, "\(run.error)")
      #expect(run.output.hasPrefix("***** train metrics *****\n"))
      #expect(run.output.contains("  eval_accuracy           = "))
      #expect(run.error.contains("unknown key \"task_type\""))
      #expect(run.error.contains("sentences are \"sentence\", labels \"label\""))
      #expect(run.error.contains("newly initialized"))
      let predictions = try String(
        contentsOfFile: "\(folder.output)/predict_results_None.txt", encoding: .utf8)
      #expect(
        ["index\tprediction\n0\tbad\n", "index\tprediction\n0\tgood\n"].contains(predictions))
      let state = try JSON.read(path: "\(folder.output)/trainer_state.json")
      #expect(state["best_model_checkpoint"]?.string != nil)

      let eval = try FoxProcess.run(
        [
          "eval", "classifier", "--model", folder.output, "--data", "\(folder.path)/dev.csv",
          "--json",
        ])
      #expect(eval.status == 0, "\(eval.error)")
      let document = try JSON.parse(Array(eval.output.utf8))
      #expect(document["labels"] == ["bad", "good"] && document["texts"] == 8)
      let all = try JSON.read(path: "\(folder.output)/all_results.json")
      #expect(document["metrics"]?["accuracy"] == all["eval_accuracy"])
      let table = try FoxProcess.run(
        ["eval", "classifier", "--model", folder.output, "--data", "\(folder.path)/dev.csv"])
      #expect(table.output.contains("true \\ predicted  bad  good\n"))

      let lines = try FoxProcess.run(
        ["predict", "classifier", "--model", folder.output, "--json"],
        input: Data("a good\n\n\(String(repeating: "a ", count: 10_000))".utf8))
      #expect(lines.status == 0, "\(lines.error)")
      #expect(lines.error.contains("line 3: 10002 tokens are cut to 24"))
      let documents = try lines.output.split(separator: "\n").map {
        try JSON.parse(Array($0.utf8))
      }
      #expect(documents.map { $0["index"]?.integer } == [0, 1, 2])
      let values = documents[1]["probabilities"]?.object?.members ?? []
      #expect(values.map(\.key) == ["bad", "good"])
      #expect(abs(values.compactMap { $0.value.double }.reduce(0, +) - 1) < 1e-9)
      let text = try FoxProcess.run(
        [
          "predict", "classifier", "--model", folder.output, "--data", "\(folder.path)/dev.csv",
        ])
      let first = text.output.split(separator: "\n").first?.split(separator: "\t") ?? []
      #expect(text.output.split(separator: "\n").count == 8 && first.count == 4)
    }
  }

  @Test
  func `CLI-65 predictions come as lines arrive`() throws {
    try ClassifierFolder.with([("save_strategy", "no")]) { folder in
      #expect(try folder.train().status == 0)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: FoxProcess.path)
      process.arguments = ["predict", "classifier", "--model", folder.output]
      let (input, output) = (Pipe(), Pipe())
      process.standardInput = input
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      for _ in 0..<2 {
        try input.fileHandleForWriting.write(contentsOf: Data("a b\n".utf8))
        // Blocks until there is an answer, before the next line is sent.
        let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        #expect(answer.hasSuffix("\n") && answer.contains("good="))
      }
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
  }

  @Test
  func `CLI-63 CLASS-7 several seeds, gone on with`() throws {
    try ClassifierFolder.with([("save_strategy", "no")]) { folder in
      let first = try folder.train(["--seeds", "5,6"])
      #expect(first.status == 0, "\(first.error)")
      let line = first.output.split(separator: "\n").last ?? ""
      #expect(line.hasPrefix("Accuracy on ") && line.contains(" dev set: "))
      #expect(line.contains(" +/- "))
      let again = try folder.train(["--seeds", "5,6,7", "--json"])
      #expect(again.status == 0, "\(again.error)")
      #expect(again.error.contains("seed 5 is done") && again.error.contains("seed 6 is done"))
      let document = try JSON.parse(Array(again.output.utf8))
      #expect(document["seeds"] == [5, 6, 7])
      #expect(document["runs"]?.array?.count == 3)
      #expect(document["summary"]?["eval_accuracy"]?["std"]?.double != nil)
      #expect(FileManager.default.fileExists(atPath: "\(folder.output)/seed-7/model.safetensors"))
      let single = try folder.train(["--set", "seed=6", "--set", "output_dir=\(folder.path)/one"])
      #expect(single.status == 0)
      let (a, b) = (
        try MappedFile(path: "\(folder.path)/one/model.safetensors"),
        try MappedFile(path: "\(folder.output)/seed-6/model.safetensors")
      )
      #expect(SHA256.hash(of: a) == SHA256.hash(of: b))
      for (seeds, words) in [("1,x", "expected numbers"), ("1,1", "there twice"), ("", "expected")]
      {
        let wrong = try folder.train(["--seeds", seeds])
        #expect(wrong.status == 64 && wrong.error.contains(words), "\(wrong.error)")
      }
      let none = try folder.train(["--seeds", "1", "--set", "do_eval=false"])
      #expect(none.status == 1 && none.error.contains("do_eval: found nothing"))
    }
  }

  @Test
  func `CLI-66 CLASS-2 what is wrong with the data is named`() throws {
    try ClassifierFolder.with { folder in
      for (data, words) in [
        ("sentence\na\n", "found no column \"label\""),
        ("sentence,label\na,x\nb,x\n", "found one class only"),
        ("sentence,label\na,x\nb,\n", "line 3, column \"label\": found \"\", expected a label"),
        ("sentence,label\na,x\n\"b,y\n", "line 3"),
        ("sentence,label\na,x\nb\n", "line 3"),
        ("sentence,label\n", "found no rows"), ("", "found an empty file"),
        ("label\nx\ny\n", "found \"label\" holds the labels, expected a column of texts"),
        ("[{\"sentence\": \"a\", \"label\": 1}, {\"sentence\": \"b\", \"label\": \"x\"}]", "row 1"),
        (
          "[{\"sentence\": 1, \"label\": 1}, {\"sentence\": \"b\", \"label\": 0}]",
          "expected a text"
        ),
      ] {
        let name = data.hasPrefix("[") ? "bad.json" : "bad.csv"
        try folder.write(data, to: name)
        let run = try folder.train(["--set", "train_file=\(folder.path)/\(name)"])
        #expect(run.status == 1 && run.error.contains(words), "\(data): \(run.error)")
        #expect(run.error.contains(name), "\(run.error)")
      }
      // A byte-order mark, quotes, commas, line breaks, CRLF: all fine.
      try folder.write(
        "\u{FEFF}sentence,label\r\n\"a \"\"b\"\", c\r\nd\",good\r\n,bad\r\n", to: "odd.csv")
      let odd = try folder.train(["--set", "train_file=\(folder.path)/odd.csv"])
      #expect(odd.status == 0, "\(odd.error)")
      // A guid is not a sentence, and what is taken is said.
      try folder.write("guid,sentence,label\n1,a,good\n2,b,bad\n", to: "guid.csv")
      let settings = [
        "--set", "train_file=\(folder.path)/guid.csv", "--set",
        "validation_file=\(folder.path)/guid.csv", "--set", "overwrite_output_dir=true",
      ]
      let guided = try folder.train(settings)
      #expect(guided.status == 0, "\(guided.error)")
      #expect(guided.error.contains("sentences are \"sentence\""))
      let named = try folder.train(settings + ["--set", "text_column_name=sentence"])
      #expect(named.status == 0 && named.error.contains("sentences are \"sentence\""))
      let unknown = try folder.train([
        "--set", "validation_file=\(folder.path)/guid.csv", "--set", "overwrite_output_dir=true",
      ])
      #expect(unknown.status == 0, "\(unknown.error)")
      try folder.write("sentence,label\na,good\nb,ugly\n", to: "ugly.csv")
      let ugly = try folder.train([
        "--set", "validation_file=\(folder.path)/ugly.csv", "--set", "overwrite_output_dir=true",
      ])
      #expect(ugly.status == 1 && ugly.error.contains("line 3"), "\(ugly.error)")
      #expect(ugly.error.contains("expected one of the labels \"bad\", \"good\""))
    }
  }

  @Test
  func `CLI-66 models and tokenizers that do not fit`() throws {
    try ClassifierFolder.with { folder in
      let gpt2 = try folder.train(["--set", "model_name_or_path=\(FoxProcess.model)"])
      #expect(gpt2.status == 1 && gpt2.error.contains("expected \"bert\""), "\(gpt2.error)")
      let none = try folder.train(["--set", "model_name_or_path=/nowhere"])
      #expect(none.status == 1 && none.error.contains("there is no such folder"))
      let small = Places.golden("bert/models/plain")
      let vocabulary = try folder.train([
        "--set", "model_name_or_path=\(small)", "--set", "tokenizer_name=\(folder.path)/bert",
      ])
      #expect(vocabulary.status == 1 && vocabulary.error.contains("do not belong together"))
      for command in ["eval", "predict"] {
        func run(_ model: String) throws -> FoxProcess {
          try FoxProcess.run(
            [command, "classifier", "--model", model, "--data", "\(folder.path)/dev.csv"])
        }
        let encoder = try run("\(folder.path)/bert")
        #expect(encoder.status == 1 && encoder.error.contains("no classification head"))
        let other = try run(FoxProcess.model)
        #expect(other.status == 1 && !other.error.contains("internal"), "\(other.error)")
      }
      #expect(try folder.train(["--set", "save_strategy=no"]).status == 0)
      for (options, words) in [
        (["--label-column", "nope"], "no column \"nope\""),
        (["--text-column", "nope"], "expected \"sentence\", \"label\""),
      ] {
        let run = try FoxProcess.run(
          [
            "eval", "classifier", "--model", folder.output, "--data", "\(folder.path)/dev.csv",
          ] + options)
        #expect(run.status == 1 && run.error.contains(words), "\(run.error)")
      }
      try folder.write(
        "sentence,label\na,one\na,two\na,three\n", to: "three.csv")
      let three = try folder.train([
        "--set", "train_file=\(folder.path)/three.csv", "--set",
        "validation_file=\(folder.path)/three.csv", "--set", "model_name_or_path=\(folder.output)",
        "--set", "output_dir=\(folder.path)/next",
      ])
      #expect(three.status == 1 && three.error.contains("expected 3 labels"), "\(three.error)")
      for arguments in [
        ["predict", "classifier", "--max-length", "2"], ["eval", "classifier", "--data", ""],
        ["eval", "classifier", "--data", "x", "--limit", "0"],
        ["predict", "classifier", "--pair-column", "x"],
      ] { #expect(try FoxProcess.run(arguments).status == 64) }
    }
  }
}
