import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("Two doors, one rule", .counted)
struct DoorTests {
  private let generate = [
    "generate", "--max-new-tokens", "3", "--model", FoxProcess.model,
  ]

  // Before, `\r` reached the model, though files drop it.
  @Test
  func `CLI-14 DATA-5 lines of standard input may end with CR and LF`() throws {
    let (plain, returns) = (Data("The cat\nThe dog\n".utf8), Data("The cat\r\nThe dog\r\n".utf8))
    for options in [[], ["--json"], ["--beams", "2"]] {
      let run = try FoxProcess.run(generate + options, input: plain)
      #expect(run.status == 0 && run.output.contains("The dog"))
      #expect(try FoxProcess.run(generate + options, input: returns).output == run.output)
      let marked = Data([0xEF, 0xBB, 0xBF]) + returns
      #expect(try FoxProcess.run(generate + options, input: marked).output == run.output)
    }
    // One in a line is a part of it, and so is a second one.
    let inner = try FoxProcess.run(generate + ["--json"], input: Data("a\rb\r\r\n".utf8))
    #expect(try JSON.parse(Array(inner.output.utf8))["prompt"] == "a\rb\r")
    try ClassifierFolder.with { folder in
      let embed = ["embed", "--model", "\(folder.path)/bert"]
      let vectors = try FoxProcess.run(embed, input: plain)
      #expect(vectors.status == 0 && !vectors.output.isEmpty, "\(vectors.error)")
      #expect(try FoxProcess.run(embed, input: returns).output == vectors.output)
      #expect(try folder.train(["--set", "do_eval=false"]).status == 0)
      let predict = ["predict", "classifier", "--model", folder.output, "--json"]
      let classes = try FoxProcess.run(predict, input: plain)
      #expect(classes.status == 0 && !classes.output.isEmpty, "\(classes.error)")
      #expect(try FoxProcess.run(predict, input: returns).output == classes.output)
    }
  }

  // Before, the first bad line ended the run, and no line was named.
  @Test
  func `CLI-14 a line that cannot be used is named, the others are worked on, and it ends with 1`()
    throws
  {
    let long = String(repeating: "fox ", count: 70)
    let input = Data("The cat\n\n\(long)\nThe dog".utf8)
    for options in [[], ["--beams", "2"], ["--json"]] {
      let alone = try ["The cat", "The dog"].map {
        try FoxProcess.run(generate + options + [$0]).output
      }
      let run = try FoxProcess.run(generate + options, input: input)
      #expect(run.status == 1)
      #expect(run.output == alone.joined())
      let words = run.error.split(separator: "\n")
      #expect(
        words.first?.hasPrefix("fox: line 2 of standard input: the prompt: found no token") == true)
      #expect(words.last?.hasPrefix("fox: line 3 of standard input: the text: found ") == true)
      #expect(words.count == 2, "\(run.error)")
    }
    // Nothing is left for the last: a line was begun and is ended.
    let blocked = try FoxProcess.run(generate + ["--model", "/nowhere"], input: input)
    #expect(blocked.status == 1 && blocked.error.split(separator: "\n").count == 1)
  }

  @Test
  func `CLI-14 CLI-60 embed: an empty line or null where a line was too long`() throws {
    try ClassifierFolder.with { folder in
      let embed = ["embed", "--model", "\(folder.path)/bert"]
      let long = String(repeating: "a ", count: 40)
      let good = try FoxProcess.run(embed + ["a", "", "it is"])
      let lines = good.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(good.status == 0 && lines.count == 4)
      let input = Data("a\n\(long)\n\nit is\n".utf8)
      let run = try FoxProcess.run(embed, input: input)
      #expect(run.status == 1)
      let found = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(found.count == 5 && found[1].isEmpty)
      // In a batch of other texts sums may round differently.
      #expect(
        found[0].split(separator: " ").count == 16 && found[3].split(separator: " ").count == 16)
      #expect(run.error.contains("fox: line 2 of standard input: the text: found 42 tokens"))
      let json = try FoxProcess.run(embed + ["--json"], input: input)
      let rows = try JSON.parse(Array(json.output.utf8))["embeddings"]?.array
      #expect(json.status == 1 && rows?.count == 4 && rows?[1] == .null)
      let argument = try FoxProcess.run(embed + ["a", long])
      #expect(argument.status == 1 && argument.output.isEmpty)
    }
  }

  // Before, beams were lost: "found 65 tokens, expected at most 64 positions" after all the work.
  @Test
  func `CLI-12 HF-7 at the end of the positions, beams end as greedy text does`() throws {
    let prompt = String(repeating: "fox ", count: 14)
    let arguments = [
      "generate", prompt, "--max-new-tokens", "60", "--model", FoxProcess.model, "--json",
      "--ignore-end-token",
    ]
    var lengths: [Int?] = []
    for beams in ["1", "3"] {
      let run = try FoxProcess.run(arguments + ["--beams", beams])
      #expect(run.status == 0, "\(run.error)")
      #expect(run.error == "fox: stopped at the model's 64 positions\n")
      let document = try JSON.parse(Array(run.output.utf8))
      lengths.append(document["beams"]?.array?[0]["ids"]?.array?.count)
    }
    #expect(lengths == [65, 65])
  }

  // Before, train said "there is no such folder … fox fetch", and others "holds no tokenizer".
  @Test
  func `CLI-3 CLI-16 a model's name is found in Weights; one that is not there is said alike`()
    throws
  {
    try Places.withTemporaryFolder { folder in
      let weights = folder.appendingPathComponent("Weights").path
      try Folder.create(weights)
      for name in ["tale-gpt2", "small"] {
        try FileManager.default.copyItem(atPath: FoxProcess.model, toPath: "\(weights)/\(name)")
      }
      func run(_ arguments: String) throws -> FoxProcess {
        try FoxProcess.runShell(
          "cd \(folder.path) && \(FoxProcess.path) \(arguments)",
          environment: ["FOX_MODEL": "", "FOX_DATA": ""])
      }
      let found = try run("beam Hi --model small --json")
      #expect(try JSON.parse(Array(found.output.utf8))["model"] == "Weights/small")
      try AtomicFile.write(Array("story\nA b. C d.\n".utf8), to: "\(folder.path)/s.csv")
      for arguments in [
        "beam a --model gpt9", "generate a --max-new-tokens 1 --model gpt9",
        "tokenize a --tokenizer gpt9", "detokenize 1 --tokenizer gpt9",
        "logits --ids 1 --model gpt9", "embed a --model gpt9",
        "eval pairs --data s.csv --model gpt9", "eval classifier --data s.csv --model gpt9",
        "predict classifier --model gpt9", "homework q1.1 --model gpt9",
        "homework q3.1 --classifier gpt9", "homework verify --gpt2 gpt9",
        "homework verify --bert gpt9", "report r.html --model gpt9",
        "init gpt2 --out new --tokenizer gpt9", "init bert --out new --tokenizer gpt9",
      ] {
        let run = try run(arguments)
        #expect(run.status == 1, "\(arguments): \(run.error)")
        #expect(
          run.error.hasPrefix(
            "fox: \"gpt9\": there is no such folder, nor one in Weights; \"fox fetch\""),
          "\(arguments): \(run.error)")
      }
    }
  }

  // Before, only `eval pairs` could say it, and `--set field=train` was ignored.
  @Test
  func `CLI-15 every command that reads JSON rows takes field`() throws {
    try ClassifierFolder.with([("field", "train"), ("max_steps", 1), ("do_eval", false)]) {
      folder in
      func rows(_ label: String) -> JSON {
        .array(
          (0..<4).map { ["sentence": .string("a \($0)"), "label": .string("\(label)\($0 % 2)")] })
      }
      let lists: JSON = ["train": rows("x"), "dev": rows("x"), "words": "none"]
      try folder.write(lists.text(), to: "lists.json")
      let path = "\(folder.path)/lists.json"
      let train = try folder.train(["--set", "train_file=\(path)"])
      #expect(train.status == 0, "\(train.error)")
      let none = try folder.train([
        "--set", "train_file=\(path)", "--set", "field=words", "--set",
        "output_dir=\(folder.path)/o",
      ])
      #expect(none.status == 1 && none.error.contains("words"), "\(none.error)")
      let labels: JSON = ["a": [["label": 1]], "b": [["label": 0]]]
      try folder.write(labels.text(), to: "labels.json")
      let glue =
        ["metrics", "glue", "--task", "sst2"]
        + ["--predictions", "--references"].flatMap { [$0, "\(folder.path)/labels.json"] }
      let recording: JSON = [
        "translations": .array(
          (0..<4).map {
            ["path": ["eng", "spa", "eng"], "text": .string("a \($0)"), "translation": "b"]
          })
      ]
      try folder.write(recording.text(), to: "t.json")
      for arguments in [
        ["eval", "classifier", "--model", folder.output, "--data", path, "--field", "dev"],
        ["predict", "classifier", "--model", folder.output, "--data", path, "--field", "dev"],
        [
          "eval", "pairs", "--model", FoxProcess.model, "--data", path, "--field", "dev",
          "--text-column", "sentence",
        ],
        glue + ["--field", "a"],
        [
          "augment", "--input", path, "--output", "\(folder.path)/augmented", "--field", "dev",
          "--translator", "recorded:\(folder.path)/t.json",
        ],
      ] {
        let run = try FoxProcess.run(arguments)
        // The rows have no second sentences, which is all that is wrong.
        let isRead = run.status == 0 || run.error.contains("found two sentences in none")
        #expect(isRead, "\(arguments): \(run.error)")
        let without = try FoxProcess.run(
          Array(arguments.filter { $0 != "--field" && $0 != "dev" && $0 != "a" }))
        #expect(
          without.status == 1 && without.error.contains("say which with field"), "\(without.error)")
      }
    }
  }

  // Before, `1.1` and `part1` were refused.
  @Test
  func `CLI-80 CLI-91 HW-16 questions by short names, in homework and spec`() throws {
    let arguments = ["--prompts", "1", "--model", FoxProcess.model, "--json"]
    let environment = ["FOX_DATA": "", "FOX_MODEL": ""]
    for (name, members) in [("1.1", ["beamSearch"]), ("Q1.1", ["beamSearch"])] {
      let run = try FoxProcess.run(["homework", name] + arguments, environment: environment)
      #expect(run.status == 0, "\(run.error)")
      let document = try JSON.parse(Array(run.output.utf8))
      #expect(document.object?.members.map(\.key).filter { $0 != "provenance" } == members)
    }
    let unknown = try FoxProcess.run(["homework", "part9"], environment: environment)
    #expect(unknown.status == 64 && unknown.error.contains("part1 to part3 or all"))
    func clauses(_ name: String) throws -> [String] {
      let run = try FoxProcess.runShell(
        "cd \(Places.package.path) && \(FoxProcess.path) spec \(name) --json")
      #expect(run.status == 0, "\(run.error)")
      let list = try JSON.parse(Array(run.output.utf8))["clauses"]?.array ?? []
      return list.compactMap { $0["id"]?.string }
    }
    let first = try clauses("Q1.1")
    #expect(!first.isEmpty)
    #expect(try clauses("1.1") == first && clauses("q1.1") == first)
    let part = try clauses("part1")
    #expect(Set(part).isSuperset(of: first) && Set(part).count == part.count)
  }
}
