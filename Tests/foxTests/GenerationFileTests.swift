import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("fox generate and generation_config.json", .counted)
struct GenerationFileTests {
  /// The committed model with a generation_config.json beside it.
  private func generate(_ text: String, _ options: [String] = []) throws -> FoxProcess {
    try Places.withTemporaryFolder { folder in
      let model = Places.weights.appendingPathComponent("tale-gpt2")
      for name in ["config.json", "model.safetensors", "vocab.json", "merges.txt"] {
        try FileManager.default.createSymbolicLink(
          at: folder.appendingPathComponent(name),
          withDestinationURL: model.appendingPathComponent(name))
      }
      try Data(text.utf8).write(to: folder.appendingPathComponent("generation_config.json"))
      return try FoxProcess.run(
        ["generate", "The old woman said", "--max-new-tokens", "12", "--model", folder.path]
          + options)
    }
  }

  private func plain(_ options: [String] = []) throws -> String {
    try FoxProcess.run(
      [
        "generate", "The old woman said", "--max-new-tokens", "12", "--model",
        Places.weights.appendingPathComponent("tale-gpt2").path,
      ] + options
    ).output
  }

  @Test(arguments: [["--json"], [], ["--top-k", "5", "--seed", "1"], ["--precision", "int8"]])
  func `CLI-26 lines in a batch are printed as without`(options: [String]) throws {
    let lines = "The old woman said\nOnce\n\nA fox and a dog, who\n"
    func generate(_ more: [String]) throws -> FoxProcess {
      try FoxProcess.run(
        [
          "generate", "--max-new-tokens", "12", "--model",
          Places.weights.appendingPathComponent("tale-gpt2").path,
        ] + options + more, input: Data(lines.utf8))
    }
    let (together, alone) = (try generate(["--batch", "3"]), try generate([]))
    #expect(together.status == alone.status && together.status == 1, "the third has no token")
    #expect(together.error == alone.error)
    #expect(together.output.split(separator: "\n").count == 3)
    // Log-probabilities are sums in another order.
    if options != ["--json"] { #expect(together.output == alone.output) }
    #expect(try generate(["--batch", "65"]).status == 64)
    #expect(try generate(["--batch", "2", "--beams", "2"]).status == 64)
  }

  @Test
  func `CLI-19 a text ends with any of the end tokens of the file`() throws {
    let run = try generate(#"{"eos_token_id": [50256, 11]}"#)
    let whole = try plain()
    // Token 11 is the comma.
    let comma = try #require(whole.firstIndex(of: ","))
    #expect(
      run.status == 0 && run.output == whole[...comma] + "\n", "the token that ends it included")
    #expect(run.error.contains("from generation_config.json: eos_token_id 50256, 11"))
    #expect(try generate(#"{"eos_token_id": [50256, 11]}"#, ["--ignore-end-token"]).output == whole)
  }

  @Test
  func `CLI-19 sampling and beams of the file are followed and said, options come first`() throws {
    let sampled = try generate(#"{"do_sample": true, "temperature": 0.7, "top_k": 5}"#)
    #expect(sampled.output == (try plain(["--temperature", "0.7", "--top-k", "5", "--seed", "0"])))
    #expect(sampled.error.contains("do_sample true") && sampled.error.contains("temperature 0.7"))
    let own = try generate(
      #"{"do_sample": true, "temperature": 0.7}"#,
      ["--seed", "3", "--temperature", "2", "--top-k", "5"])
    #expect(own.output == (try plain(["--seed", "3", "--temperature", "2", "--top-k", "5"])))
    #expect(try generate(#"{"do_sample": true}"#, ["--greedy"]).output == plain())
    let beams = try generate(#"{"num_beams": 3, "no_repeat_ngram_size": 2}"#)
    #expect(beams.output == (try plain(["--beams", "3", "--no-repeat-ngram", "2"])))
    #expect(try generate(#"{"num_beams": 3}"#, ["--beams", "1"]).output == plain())
    let early = try generate(
      #"{"num_beams": 3, "early_stopping": true, "eos_token_id": [50256, 11, 13]}"#)
    #expect(early.error.contains("early_stopping true"))
  }

  @Test
  func `CLI-19 a file that asks for both, or for what is not here`() throws {
    let both = try generate(#"{"do_sample": true, "num_beams": 3}"#)
    #expect(both.status == 1 && both.error.contains("--greedy"))
    let other = try generate(#"{"penalty_alpha": 0.6}"#)
    #expect(other.status == 0 && other.error.contains("not followed: penalty_alpha 0.6"))
    #expect(try generate("{").status == 1)
  }
}
