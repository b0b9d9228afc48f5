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
    (["beem", "a"], "did you mean \"fox beam\"?"), (["tokenise"], "did you mean \"fox tokenize\"?"),
  ])
  func `CLI-22 wrong usage hints at what was meant`(arguments: [String], words: String) throws {
    let run = try FoxProcess.run(arguments)
    #expect(run.status == 64)
    #expect(run.error.contains(words), "\(run.error)")
  }

  @Test
  func `CLI-22 a word that is near to no command gets no hint`() throws {
    #expect(try !FoxProcess.run(["chase"]).error.contains("did you mean"))
  }

  @Test
  func `GPT2-2 BERT-2 a model of another type is told where it belongs`() throws {
    let run = try FoxProcess.run(["embed", "a", "--model", FoxProcess.model])
    #expect(run.status == 1)
    #expect(
      run.error.contains("config.json, model_type: found \"gpt2\", expected \"bert\"; a GPT-2"))
  }
}
