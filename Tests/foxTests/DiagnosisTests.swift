import Foundation
import FoxFiles
import TestSupport
import Testing

/// A file of another kind under the name of one of ours.
struct ForeignInput: CustomTestStringConvertible, Sendable {
  let name: String
  let bytes: [UInt8]
  let words: String
  var testDescription: String { "\(name): \(words)" }
}

@Suite("A file of another kind is named by every reader", .counted)
struct DiagnosisTests {
  private static let kinds: [(bytes: [UInt8], words: String)] = [
    (
      Array("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n".utf8),
      "found a pointer of Git LFS, expected the file itself; run git lfs pull"
    ),
    (Array("<!DOCTYPE html>\n<html></html>\n".utf8), "found a web page, expected the file itself"),
    ([0xFF, 0xFE, 0x7B, 0, 0x7D, 0, 0x0A, 0], "found UTF-16 text, expected UTF-8"),
    ([0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0], "found a file packed with gzip"),
  ]

  static let inputs = ["config.json", "model.safetensors", "vocab.json", "merges.txt"].flatMap {
    name in kinds.map { ForeignInput(name: name, bytes: $0.bytes, words: $0.words) }
  }

  @Test(arguments: inputs)
  func `CLI-23 in the folder of a model`(input: ForeignInput) throws {
    try Places.withTemporaryFolder { folder in
      for name in ["config.json", "model.safetensors", "vocab.json", "merges.txt"] {
        let bytes = try MappedFile(path: "\(FoxProcess.model)/\(name)").withBytes { Array($0) }
        try AtomicFile.write(
          name == input.name ? input.bytes : bytes, to: folder.appendingPathComponent(name).path)
      }
      let run = try FoxProcess.run(["beam", "a", "--model", folder.path])
      #expect(run.status == 1)
      #expect(run.error.contains("\(input.name): \(input.words)"), "\(run.error)")
    }
  }

  @Test
  func `CLI-23 an adapter is not a model`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("adapter_config.json").path
      let text = #"{"peft_type": "LORA", "base_model_name_or_path": "gpt2"}"#
      try AtomicFile.write(Array(text.utf8), to: path)
      for command in [["beam", "a"], ["embed", "a"], ["logits", "--ids", "1"]] {
        let run = try FoxProcess.run(command + ["--model", folder.path])
        #expect(run.status == 1)
        #expect(
          run.error.contains("found an adapter (PEFT) of \"gpt2\", expected a whole model"),
          "\(run.error)")
      }
    }
  }

  @Test(arguments: [
    (
      ["beam", "- item one"], "\"- item one\" begins with a -; a text that does goes last, after --"
    ),
    (["generate", "-5 degrees", "--max-new-tokens", "3"], "\"-5 degrees\" begins with a -"),
    // Before, an h in such a text was a request of help, and was granted.
    (["beam", "- he said"], "\"- he said\" begins with a -"),
    (["beam", "- he said", "--steps", "2"], "\"- he said\" begins with a -"),
    (["tokenize", "--- a"], "\"--- a\" begins with a -"),
    (["tokenize", "---"], "\"---\" begins with a -"),
    (["beam", "-- dash = a"], "\"-- dash = a\" begins with a -"),
    (["beam", "-a=b c"], "\"-a=b c\" begins with a -"),
    (["tokenize", "a", "--model", "b"], "--tokenizer names the folder"),
    (["beem", "a"], "did you mean \"fox beam\"?"), (["tokenise"], "did you mean \"fox tokenize\"?"),
    (["train", "classifer", "x"], "did you mean \"fox train classifier\"?"),
    (["eval", "clasifier", "--data", "x"], "did you mean \"fox eval classifier\"?"),
    (["predict", "clasifier"], "did you mean \"fox predict classifier\"?"),
    (["homework", "verfy"], "did you mean \"fox homework verify\"?"),
    (["init", "gpt"], "did you mean \"fox init gpt2\"?"),
    (["metrics", "gleu"], "did you mean \"fox metrics glue\"?"),
  ])
  func `CLI-22 wrong usage hints at what was meant`(arguments: [String], words: String) throws {
    let run = try FoxProcess.run(arguments)
    #expect(run.status == 64)
    #expect(run.error.contains(words), "\(run.error)")
  }

  @Test
  func `CLI-22 a word that is near to no command gets no hint`() throws {
    for words in [
      ["chase"], ["train", "xy"], ["homework", "q1.9"], ["beam", "hi", "--bam", "3"],
    ] {
      #expect(try !FoxProcess.run(words).error.contains("did you mean \"fox"), "\(words)")
    }
  }

  @Test
  func `GPT2-2 BERT-2 a model of another type is told where it belongs`() throws {
    let run = try FoxProcess.run(["embed", "a", "--model", FoxProcess.model])
    #expect(run.status == 1)
    #expect(
      run.error.contains("config.json, model_type: found \"gpt2\", expected \"bert\"; a GPT-2"))
  }

  // Before, the tokenizer was read first, and refused for the wrong reason.
  @Test(arguments: [
    ("bert", "expected \"gpt2\"; a BERT does not continue texts"), ("roberta", "only models of"),
    ("distilbert", "only models of"), ("llama", "only models of"), ("t5", "only models of"),
  ])
  func `GPT2-2 BERT-2 commands say what another model is before they read its tokenizer`(
    type: String, words: String
  ) throws {
    try Places.withTemporaryFolder { url in
      let folder = url.path
      let files = [
        "config.json": "{\"model_type\": \"\(type)\"}", "vocab.txt": "[UNK]\na\n",
        "stories.csv": "text\nA b. C d.\n",
        "lm.json": """
        {"model_name_or_path": "\(folder)", "do_train": true, "output_dir": "\(folder)/out", \
        "train_file": "\(folder)/stories.csv"}
        """,
      ]
      for (name, text) in files { try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(name)") }
      let model = ["--model", folder]
      var commands = [
        ["beam", "a"] + model, ["generate", "a", "--max-new-tokens", "1"] + model,
        ["eval", "pairs", "--data", "\(folder)/stories.csv"] + model,
        ["eval", "lm", "a"] + model,
        ["train", "lm", "\(folder)/lm.json"], ["homework", "q1.1"] + model,
      ]
      if type != "bert" {
        commands += [
          ["logits", "--text", "a"] + model, ["embed", "a"] + model,
          ["homework", "q3.1", "--classifier", folder],
        ]
      }
      for command in commands {
        let run = try FoxProcess.run(command)
        #expect(run.status == 1 && run.error.contains("config.json, model_type: found \"\(type)\""))
        #expect(run.error.contains(words), "\(run.error)")
      }
    }
  }

  @Test
  func `CLI-14 CLI-7 text in UTF-16 is named, on standard input and in a file`() throws {
    let letters = Array("Hi\nho\n".utf8)
    let little: [UInt8] = letters.flatMap { [$0, 0] }
    let big: [UInt8] = letters.flatMap { [0, $0] }
    for bytes in [[0xFF, 0xFE] + little, little, [0xFE, 0xFF] + big] {
      for (command, subject) in [
        (["tokenize", "--tokenizer", FoxProcess.model], "standard input"),
        (
          ["generate", "--max-new-tokens", "1", "--model", FoxProcess.model],
          "line 1 of standard input"
        ),
      ] {
        let run = try FoxProcess.run(command, input: Data(bytes))
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(
          run.error.hasPrefix("fox: \(subject): found UTF-16 text, expected UTF-8"), "\(run.error)")
      }
    }
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("t.txt").path
      try AtomicFile.write([0xFF, 0xFE] + little, to: path)
      let run = try FoxProcess.run(["tokenize", "--tokenizer", FoxProcess.model, "--file", path])
      #expect(run.error.hasPrefix("fox: \(path): found UTF-16 text"), "\(run.error)")
      // A pointer can be meant: any text can be tokenized.
      try AtomicFile.write(Array("version https://git-lfs".utf8), to: path)
      #expect(
        try FoxProcess.run(["tokenize", "--tokenizer", FoxProcess.model, "--file", path]).status
          == 0)
    }
  }
}
