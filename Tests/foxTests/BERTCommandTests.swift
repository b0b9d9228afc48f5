import Foundation
import FoxFiles
import FoxFormats
import FoxModels
import TestSupport
import Testing

@testable import fox

@Suite("Commands for BERT", .counted)
struct BERTCommandTests {
  private static let tokenizer = Places.golden("tokenizers/bert/uncased")
  private static let words = "vocab_size=681"

  /// What `fox init bert` makes of a small shape; the folder lives as long as the call.
  private func withModel(
    _ settings: [String] = [], tokenizer: [String] = ["--tokenizer", tokenizer],
    _ body: (String) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("new").path
      let shape = [
        Self.words, "hidden_size=12", "num_hidden_layers=2", "num_attention_heads=3",
        "intermediate_size=20", "max_position_embeddings=24", "initializer_range=0.5",
      ]
      let run = try FoxProcess.run(
        ["init", "bert", "--out", path, "--seed", "7"] + tokenizer
          + (shape + settings).flatMap { ["--set", $0] })
      #expect(run.status == 0, "\(run.error)")
      try body(path)
    }
  }

  private func json(_ arguments: [String], input: String = "") throws -> JSON {
    let run = try FoxProcess.run(arguments, input: Data(input.utf8))
    #expect(run.status == 0, "\(run.error)")
    return try JSON.parse(Array(run.output.utf8))
  }

  @Test
  func `CLI-61 init makes a model that works, and touches none that is there`() throws {
    try withModel(["num_labels=3"]) { path in
      let loaded = try BERTModel.load(folder: path)
      #expect(loaded.report.isClean && loaded.model.configuration.labels.count == 3)
      let fresh = try BERTModel(fresh: loaded.model.configuration, seed: 7)
      for (made, drawn) in zip(loaded.model.parameters, fresh.parameters) {
        #expect(made.name == drawn.name && made.tensor.elements == drawn.tensor.elements)
      }
      let again = try FoxProcess.run(["init", "bert", "--out", path])
      #expect(again.status == 1)
      #expect(again.error.hasPrefix("fox: \(path) holds a model already"))
    }
    try withModel(["architectures=BertModel"], tokenizer: []) { path in
      let model = try BERTModel.load(folder: path).model
      #expect(model.classifier == nil && model.pooler != nil)
    }
  }

  @Test(arguments: [
    (["--set", "hidden_size=0"], 64, "hidden_size: found 0, expected an integer from 1"),
    (["--set", "n_embd=12"], 64, "--set n_embd: there is no such key; known are vocab_size"),
    (["--set", "architectures=BertForMaskedLM"], 64, "expected BertModel or BertForSequence"),
    (["--set", "vocab_size=680", "--tokenizer", tokenizer], 1, "has ids up to 680, the model"),
    (["--set", "vocab_size=200000000"], 1, "parameters does not fit the memory"),
  ])
  func `CLI-61 CLI-2 init refuses what cannot be`(arguments: [String], status: Int32, words: String)
    throws
  {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("new").path
      let run = try FoxProcess.run(["init", "bert", "--out", path] + arguments)
      #expect(run.status == status && run.error.contains(words), "\(run.error)")
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test
  func `CLI-60 embed: texts, lines, JSON, pooling`() throws {
    try withModel { path in
      let embed = ["embed", "--model", path]
      let model = try BERTModel.load(folder: path).model
      let tokenizer = try LoadedBERT(folder: path).tokenizer()
      let texts = ["the cat", "", "a dog and the cat ."]
      let batch = try BERTBatch(texts.map { try tokenizer.encode($0).ids.map { Int32($0) } })
      #expect(batch.ids[1].count == 2)
      for pooling in BERTPooling.allCases {
        let document = try json(
          embed + texts + ["--pooling", pooling.rawValue, "--normalize", "--json"])
        #expect(document.object?.members.map(\.key) == ["embeddings"])
        let rows = try document["embeddings"]?.array?.map { try $0.floats() } ?? []
        #expect(rows.map(\.count) == [12, 12, 12])
        let expected = try model.embeddings(batch, pooling: pooling, normalize: true)
        expectSame(rows.flatMap { $0 }, expected.elements, pooling.rawValue)
      }
      let plain = try FoxProcess.run(embed + texts).output
      let lines = plain.split(separator: "\n").flatMap {
        $0.split(separator: " ").map { Float($0) }
      }
      expectSame(lines, try model.embeddings(batch).elements.map { $0 }, "lines")
      let input = Data((texts.joined(separator: "\n") + "\n").utf8)
      #expect(try FoxProcess.run(embed, input: input).output == plain)
      let none = try json(embed + ["--json"])
      #expect(none["embeddings"]?.array?.isEmpty == true)
    }
  }

  @Test
  func `CLI-24 embed follows what sentence-transformers wrote, or says that it does not`() throws {
    try withModel { path in
      let embed = ["embed", "--model", path, "The Cat"]
      func write(_ text: String, _ name: String) throws {
        try Folder.create(Folder.split("\(path)/\(name)").folder)
        try AtomicFile.write(Array(text.utf8), to: "\(path)/\(name)")
      }
      func run(_ options: [String] = []) throws -> FoxProcess {
        let run = try FoxProcess.run(embed + options)
        #expect(run.status == 0, "\(run.error)")
        return run
      }
      let (mean, cls) = (try run().output, try run(["--pooling", "cls"]).output)
      #expect(try mean != cls && run().error.isEmpty)
      let modules = ["Transformer", "Pooling", "Normalize", "Dense"].enumerated().map {
        #"{"idx": \#($0), "path": "\#($0)_\#($1)", "type": "sentence_transformers.models.\#($1)"}"#
      }
      func asks(_ pooling: String, _ count: Int = 2) throws {
        try write("[\(modules.prefix(count).joined(separator: ", "))]", "modules.json")
        try write(pooling, "1_Pooling/config.json")
      }
      try asks(#"{"pooling_mode_mean_tokens": true, "pooling_mode_cls_token": false}"#)
      #expect(try run().output == mean && run().error.isEmpty)
      try asks(#"{"pooling_mode_mean_tokens": false, "pooling_mode_cls_token": true}"#)
      #expect(try run().output == cls)
      #expect(try run().error == "fox: from 1_Pooling/config.json: pooling cls\n")
      #expect(try run(["--pooling", "mean"]).output == mean)
      try asks(#"{"pooling_mode_max_tokens": true}"#, 4)
      let odd = try run()
      #expect(odd.output == mean)
      for words in [
        "1_Pooling/config.json: \"max_tokens\" is not followed; the mean", "models.Dense\" is not",
        "modules.json divides vectors by their length; here --normalize does",
      ] { #expect(odd.error.contains(words), "\(odd.error)") }
      #expect(try !run(["--normalize"]).error.contains("--normalize"))
      try write(#"{"do_lower_case": true, "max_seq_length": 2}"#, "sentence_bert_config.json")
      let lower = try run()
      #expect(lower.error.contains("fox: from sentence_bert_config.json: lower case"))
      #expect(lower.error.contains("cuts texts to 2, here --max-length 2 does"))
      #expect(try !run(["--max-length", "3"]).error.contains("cuts texts"))
      try write("<html>", "modules.json")
      let page = try FoxProcess.run(embed)
      #expect(page.status == 1 && page.error.contains("modules.json: found a web page"))
    }
  }

  @Test
  func `CLI-60 CLI-2 embed refuses what the model cannot read`() throws {
    try withModel(["vocab_size=700"]) { path in
      func run(_ arguments: [String]) throws -> FoxProcess {
        try FoxProcess.run(["embed", "--model", path] + arguments)
      }
      let long = String(repeating: "cat ", count: 50)
      let refused = try run([long])
      #expect(refused.status == 1)
      #expect(refused.error.contains("expected at most the model's 24 positions"))
      #expect(try run([long, "--max-length", "24"]).status == 0)
      #expect(try run([long, "--max-length", "0"]).status == 64)
      #expect(try run(["a", "--pooling", "max"]).status == 64)
      let gpt2 = try FoxProcess.run(["embed", "a", "--model", FoxProcess.model])
      #expect(
        gpt2.status == 1 && gpt2.error.contains(#"model_type: found "gpt2", expected "bert""#))
    }
    let model = Places.golden("bert/models/plain")
    let bare = try FoxProcess.run(["embed", "a", "--model", model])
    #expect(bare.status == 1, "\(bare.error)")
    try Places.withTemporaryFolder { folder in
      for name in ["config.json", "model.safetensors"] {
        try FileManager.default.copyItem(
          atPath: "\(model)/\(name)", toPath: folder.appendingPathComponent(name).path)
      }
      try FileManager.default.copyItem(
        atPath: "\(Self.tokenizer)/vocab.txt",
        toPath: folder.appendingPathComponent("vocab.txt").path)
      let run = try FoxProcess.run(["embed", "a", "--model", folder.path])
      #expect(run.status == 1)
      #expect(
        run.error.contains("found ids up to 680, expected at most the model's 90 words"),
        "\(run.error)")
    }
  }

  @Test
  func `CLI-62 logits of a classifier: JSON, a file, labels`() throws {
    try withModel(["id2label={\"0\":\"bad\",\"1\":\"good\"}"]) { path in
      let logits = ["logits", "--model", path]
      let document = try json(logits + ["--text", "the cat", "--json"])
      #expect(document.object?.members.map(\.key) == ["ids", "labels", "logits"])
      let ids = try document.required("ids").integers()
      let tokenizer = try LoadedBERT(folder: path).tokenizer()
      #expect(try ids == tokenizer.encode("the cat").ids)
      let row = try #require(document["logits"]?.array?.first)
      let model = try BERTModel.load(folder: path).model
      let expected = try model.logits(BERTBatch([ids.map { Int32($0) }])).elements
      expectSame(try row.floats(), expected, "logits")
      let list = ids.map(String.init).joined(separator: ",")
      let file = "\(path)/logits.safetensors"
      let written = try FoxProcess.run(logits + ["--ids", list, "--out", file])
      #expect(written.status == 0 && written.output.isEmpty)
      let tensor = try SafeTensorsFile(path: file).tensor(named: "logits")
      #expect(tensor.shape == [1, 2] && tensor.elements == expected)
      let lines = try FoxProcess.run(logits + ["--ids", list]).output.split(separator: "\n")
      let sum = lines.reduce(0.0) { $0 + (Double($1.split(separator: " ")[1]) ?? 0) }
      #expect(lines.map { $0.prefix(3) } == ["bad", "goo"] && abs(sum - 1) < 2e-4)
      let outside = try FoxProcess.run(logits + ["--ids", "1,9999999999"])
      #expect(outside.status == 1 && outside.error.contains("found 9999999999"))
      let rounded = try FoxProcess.run(logits + ["--ids", list, "--precision", "bf16"])
      #expect(rounded.status == 1 && rounded.error.contains("--precision is for GPT-2"))
    }
    try withModel(["num_labels=1"]) { path in
      let line = try FoxProcess.run(["logits", "--model", path, "--text", "a"]).output
      let value = try json(["logits", "--model", path, "--text", "a", "--json"])["logits"]?
        .array?.first?.array?.first?.double
      #expect(line == String(format: "LABEL_0 %.4f\n", try #require(value)))
    }
    try withModel(["architectures=BertModel"]) { path in
      let run = try FoxProcess.run(["logits", "--model", path, "--text", "a"])
      #expect(run.status == 1 && run.error.contains("classification head"))
    }
  }
}
