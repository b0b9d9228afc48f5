import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("fox homework", .counted)
struct HomeworkCommandTests {
  /// Runs the command without real data.
  private func run(_ arguments: [String], data: String = "") throws -> FoxProcess {
    try FoxProcess.run(["homework"] + arguments, environment: ["FOX_DATA": data, "FOX_MODEL": ""])
  }

  @Test
  func `CLI-80 HW-10 questions as text, as JSON, and saved one after the other`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("r.json").path
      let text = try run(["q1.1", "--model", FoxProcess.model, "--save", path])
      #expect(text.status == 0, "\(text.error)")
      #expect(text.output.hasPrefix("Q1.1  Beam search on GPT-2\n───"))
      #expect(text.output.contains("\n0  -") && text.error.contains("r.json: q1.1\n"))
      let run = try run([
        "q1.2", "--prompts", "2", "--model", FoxProcess.model, "--save", path, "--json",
      ])
      #expect(run.status == 0, "\(run.error)")
      let document = try JSON.parse(Array(run.output.utf8))
      #expect(document["certainty"]?["prompts"]?.integer == 2 && document["beamSearch"] == nil)
      let saved = try JSON.read(path: path)
      #expect(saved["certainty"] == document["certainty"] && saved["beamSearch"] != nil)
      #expect(
        saved["provenance"]?["data"]?.string == "the few texts of the package")
    }
  }

  @Test
  func `CLI-80 lines are at most 100 columns wide`() throws {
    let run = try run([
      "q1.2", "q1.3", "--prompts", "2", "--model", FoxProcess.model, "--color", "never",
    ])
    #expect(run.status == 0, "\(run.error)")
    let lines = run.output.components(separatedBy: "\n").filter { $0.count > 100 }
    // What a model says is not broken.
    #expect(lines.allSatisfy { $0.hasPrefix(" ") || $0.hasPrefix("The brown fox") }, "\(lines)")
  }

  @Test
  func `CLI-80 CLI-6 coloured`() throws {
    let run = try run(["q1.1", "--model", FoxProcess.model, "--color", "always"])
    #expect(run.output.contains("\u{1B}[1;38;2;0;0;0;48;2;"))
  }

  @Test
  func `CLI-80 HW-9 part 3 with a tiny BERT and recorded translations`() throws {
    try ClassifierFolder.with { folder in
      let texts = (0..<20).map { "a \($0), it is \($0)" }
      let rows = texts.enumerated().map { "\($1)\t\($0 % 2)\n" }.joined()
      let data = "\(folder.path)/data"
      try FileManager.default.createDirectory(
        atPath: "\(data)/sst2/tinySST", withIntermediateDirectories: true)
      for name in ["train", "dev"] {
        try folder.write("sentence\tlabel\n" + rows, to: "data/sst2/tinySST/\(name).tsv")
      }
      func entry(_ path: String, _ text: String, _ translation: String) -> JSON {
        [
          "path": .array(path.split(separator: "-").map { .string(String($0)) }),
          "text": .string(text), "translation": .string(translation),
        ]
      }
      let entries =
        texts.map { entry("eng-spa", $0, "so \($0)") }
        + texts.map { entry("spa-eng", "so \($0)", "it is \($0)") }
      let recording: JSON = ["translations": .array(entries)]
      try folder.write(recording.text(), to: "t.json")
      let run = try run(
        [
          "q3.1", "q3.2", "--classifier", "\(folder.path)/bert", "--no-search", "--sentences", "4",
          "--translator", "recorded:\(folder.path)/t.json", "--pivots", "spa", "--pivot-gains",
          "--json",
        ], data: data)
      #expect(run.status == 0, "\(run.error)")
      let document = try JSON.parse(Array(run.output.utf8))
      #expect(document["classification"]?["runs"]?.array?.count == 1)
      let pivot = try #require(document["augmentation"]?["pivots"]?.array?.first)
      #expect(pivot["kept"]?.integer == 20 && pivot["gain"]?.double != nil)
      let comparison = document["augmentation"]?["comparisons"]?.array?.first
      #expect(comparison?["with"]?["trainingSentences"]?.integer == 40)
    }
  }

  @Test
  func `CLI-80 all leaves out what is not there, with a note`() throws {
    try Places.withTemporaryFolder { folder in
      // A package without MiniLM, and a program that does not stand in one that has it.
      let program = folder.appendingPathComponent("fox").path
      try FileManager.default.copyItem(atPath: FoxProcess.path, toPath: program)
      let weights = folder.appendingPathComponent("Weights/tale-gpt2").path
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/Weights", withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: FoxProcess.model, toPath: weights)
      let command = "cd \(folder.path) && \(program) homework all --prompts 1 --json"
      let run = try FoxProcess.runShell(
        command + " --stories 1 --pairs 1", environment: ["FOX_DATA": "", "FOX_MODEL": ""])
      // The tiny model has too few positions for 40 steps after the homework's prompt.
      #expect(run.status == 0 || run.error.contains("positions"), "\(run.error)")
      if run.status == 0 { #expect(run.error.contains("q3.1 and q3.2 are left out")) }
    }
  }

  @Test
  func `CLI-81 verify: without weights nothing differs, and what is needed is said`() throws {
    try Places.withTemporaryFolder { folder in
      let weights = folder.appendingPathComponent("Weights/tale-gpt2").path
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/Weights", withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: FoxProcess.model, toPath: weights)
      let command = "cd \(folder.path) && \(FoxProcess.path) homework verify"
      let environment = ["FOX_DATA": "", "FOX_MODEL": ""]
      let table = try FoxProcess.runShell(command, environment: environment)
      #expect(table.status == 0, "\(table.error)")
      #expect(table.output.contains("q2.1              equal           total_flos: 124593GF\n"))
      #expect(table.output.contains("[1] gpt2: fox fetch gpt2\n"))
      #expect(table.output.contains("last line: Accuracy on TinySST dev set: 0.67517203092575"))
      #expect(table.output.contains(", 0 differ."))
      #expect(table.output.components(separatedBy: "\n").allSatisfy { $0.count <= 110 })
      let json = try FoxProcess.runShell(command + " --json", environment: environment)
      let document = try JSON.parse(Array(json.output.utf8))
      #expect(document["holds"] == true)
      let row = try #require(document["rows"]?.array?.first)
      #expect(row["verdict"] == "needs gpt2: fox fetch gpt2" && row["ours"] == .null)
      #expect(row["kind"] == "needs")
      let headings = ["Computed here\n", "Consistent with the print", "Needs true weights"]
      let places = headings.map { table.output.range(of: $0)?.lowerBound }
      #expect(places.allSatisfy { $0 != nil } && places.compactMap(\.self).isSorted)
      #expect(table.output.contains(" 8 are computed and equal, "))
      #expect(table.output.contains("consistent      listing: train-1-aug-fa"))
    }
  }

  @Test(.tier(.t1))
  func `CLI-81 verify: a row that differs is exit code 1`() throws {
    let model = Places.weights.appendingPathComponent("tale-gpt2").path
    let run = try run(["verify", "--gpt2", model])
    #expect(run.status == 1)
    #expect(run.output.contains("DIFFERS         beam 0: -1.106 The brown fox jumps"))
  }

  @Test
  func `CLI-82 check: a student's own answer, equal and different`() throws {
    try Places.withTemporaryFolder { folder in
      let model = ["--model", FoxProcess.model]
      let path = folder.appendingPathComponent("a.json").path
      func check(_ text: String, _ question: String = "q1.1") throws -> FoxProcess {
        try AtomicFile.write(Array(text.utf8), to: path)
        return try run(["check", question, path] + model)
      }
      let answer = try run(["q1.1", "--json"] + model)
      let same = try check(answer.output)
      #expect(same.status == 0 && same.output.hasPrefix("q1.1: equal ("), "\(same.error)")
      let lines = try run(["q1.1", "--color", "never"] + model)
      #expect(try check(lines.output).status == 0)
      let beam = try FoxProcess.run(
        ["beam", "The brown fox jumps", "--json"] + model, environment: ["FOX_MODEL": ""])
      #expect(try check(beam.output).output.hasPrefix("q1.1: equal ("))
      let wrong = try check("0 -0.5 The brown fox jumps\n")
      #expect(wrong.status == 1 && wrong.output.contains("q1.1: differs. In the line of beam 0: "))
      let none = try check("nothing of the kind\n")
      #expect(none.status == 1 && none.error.contains("a.json: found no line of a beam"))
      #expect(try check(answer.output, "q1.4").error.contains("found answers of q1.1, expected"))
    }
  }

  @Test(arguments: [
    ("q9.9", 64, "there is no question \"q9.9\"; expected q1.1, q1.2"),
    ("q1.2 --prompts 0", 64, "--prompts is 0; expected at least 1"),
    ("q2.1 --epochs 0", 64, "--epochs is 0.0; expected more than 0"),
    ("q1.1 --save EMPTY", 64, "--save is empty"),
    ("q3.2 --augmented a --translator recorded:b", 64, "exclude each other"),
    ("q3.1 --classifier /nowhere", 1, "/nowhere"),
    ("q1.1 --model /nowhere", 1, "\"/nowhere\": there is no such folder"),
    ("verify --gpt2 /nowhere", 1, "\"/nowhere\": there is no such folder"),
    ("verify --coqa EMPTY", 64, "--coqa is empty"),
    ("check q9.9 a.txt", 64, "there is no question \"q9.9\""),
    ("check q1.1 /nowhere", 1, "/nowhere: found nothing, expected a file"),
    ("check q1.1 a.txt --reference EMPTY", 64, "--reference is empty"),
  ])
  func `CLI-80 CLI-81 CLI-2 wrong usage and wrong input`(
    arguments: String, status: Int, words: String
  ) throws {
    let run = try run(arguments.split(separator: " ").map { $0 == "EMPTY" ? "" : String($0) })
    #expect(run.status == status && run.error.contains(words), "\(run.status) \(run.error)")
  }

  @Test
  func `CLI-80 HW-10 a file of results that is none`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("r.json").path
      try AtomicFile.write(Array("{\"provenance\": {}}".utf8), to: path)
      let none = try self.run(["q1.1", "--model", FoxProcess.model, "--save", path + "/x"])
      #expect(none.status == 1 && none.output.isEmpty && none.error.contains("Not a directory"))
      let run = try run(["q1.1", "--model", FoxProcess.model, "--save", path])
      #expect(run.status == 1)
      #expect(run.error.contains("r.json, provenance.model: found nothing, expected"))
    }
  }
}

extension [String.Index] {
  /// Whether each stands behind the one before.
  fileprivate var isSorted: Bool { zip(self, dropFirst()).allSatisfy { $0 < $1 } }
}
