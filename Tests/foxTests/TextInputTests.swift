import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("Texts as arguments or on standard input", .counted)
struct TextInputTests {
  private let model = ["--model", FoxProcess.model]

  @Test
  func `CLI-35 beam takes a prompt a line`() throws {
    let beam = ["beam", "--steps", "3", "--beams", "2"] + model
    for options in [[], ["--json"]] {
      let alone = try ["The cat", "The dog"].map {
        try FoxProcess.run(beam + options + [$0]).output
      }
      let both = try FoxProcess.run(beam + options, input: Data("The cat\nThe dog\n".utf8))
      #expect(both.status == 0 && both.output == alone.joined())
    }
    let bad = try FoxProcess.run(beam, input: Data("The cat\n\n".utf8))
    #expect(
      bad.status == 1 && bad.error.contains("fox: line 2 of standard input: the prompt: found no"))
  }

  @Test
  func `CLI-35 logits takes a text as argument, option or standard input`() throws {
    let logits = ["logits", "--json"] + model
    let runs = try [
      FoxProcess.run(logits + ["The cat"]), FoxProcess.run(logits + ["--text", "The cat"]),
      FoxProcess.run(logits, input: Data("The cat".utf8)),
    ]
    #expect(runs.allSatisfy { $0.status == 0 && $0.output == runs[0].output })
    #expect(try FoxProcess.run(logits + ["a", "--text", "b"]).status == 64)
    #expect(try FoxProcess.run(logits + ["a", "--ids", "1"]).status == 64)
  }

  @Test
  func `CLI-35 CLI-65 predict takes texts as arguments`() throws {
    try ClassifierFolder.with { folder in
      #expect(try folder.train(["--set", "do_eval=false"]).status == 0)
      let predict = ["predict", "classifier", "--model", folder.output, "--json"]
      let given = try FoxProcess.run(predict + ["The cat", "", "The dog"])
      let read = try FoxProcess.run(predict, input: Data("The cat\n\nThe dog\n".utf8))
      #expect(given.status == 0 && given.output == read.output && !given.output.isEmpty)
      #expect(try FoxProcess.run(predict + ["a", "--data", "b.csv"]).status == 64)
    }
  }

  @Test
  func `CLI-43 eval lm: the loss of an evaluation that follows no training`() throws {
    try Places.withTemporaryFolder { folder in
      let texts = (0..<40).map { "The cat and the dog number \($0) went home." }
      let csv = "story\n" + texts.joined(separator: "\n") + "\n"
      let file = folder.appendingPathComponent("s.csv").path
      try AtomicFile.write(Array(csv.utf8), to: file)
      let run = try FoxProcess.run(
        ["eval", "lm", "--data", file, "--block-size", "32", "--json"] + model)
      #expect(run.status == 0, "\(run.error)")
      let document = try JSON.parse(Array(run.output.utf8))
      #expect(
        document.object?.members.map(\.key) == [
          "model", "data", "texts", "tokens", "dropped", "blocks", "block_size", "loss",
          "perplexity", "accuracy",
        ])
      let configuration = """
        {"model_name_or_path": "\(FoxProcess.model)", "validation_file": "\(file)", "do_eval": true,
         "block_size": 32, "output_dir": "\(folder.path)/out"}
        """
      let path = folder.appendingPathComponent("c.json").path
      try AtomicFile.write(Array(configuration.utf8), to: path)
      let train = try FoxProcess.run(["train", "lm", path, "--json"])
      #expect(train.status == 0, "\(train.error)")
      let evaluation = try JSON.parse(Array(train.output.utf8))["eval"]
      #expect(document["loss"] == evaluation?["eval_loss"])
      #expect(document["perplexity"] == evaluation?["perplexity"])
      #expect(document["accuracy"] == evaluation?["eval_accuracy"])
    }
  }

  @Test
  func `CLI-43 eval lm: texts as arguments, and on standard input`() throws {
    let evaluate = ["eval", "lm", "--json"] + model
    let given = try FoxProcess.run(evaluate + ["The cat and the dog"])
    let read = try FoxProcess.run(evaluate, input: Data("The cat and the dog".utf8))
    #expect(given.status == 0 && read.status == 0, "\(given.error)\(read.error)")
    let documents = try [given, read].map { try JSON.parse(Array($0.output.utf8)) }
    #expect(documents[0]["loss"] == documents[1]["loss"] && documents[0]["blocks"] == 1)
    for (arguments, status, words) in [
      ([""], Int32(1), "the texts: found 0 tokens, expected at least 2"),
      (["a", "--data", "b"], 64, "give texts or --data"),
      (
        ["The cat and the dog", "--block-size", "65"], 1, "--block-size: found 65, expected at most"
      ),
      (["The cat", "--block-size", "60"], 1, "expected at least one block of 60"),
      (["a", "--block-size", "1"], 64, "--block-size is 1; expected at least 2"),
    ] {
      let run = try FoxProcess.run(evaluate + arguments)
      #expect(run.status == status && run.error.contains(words), "\(arguments): \(run.error)")
    }
  }
}
