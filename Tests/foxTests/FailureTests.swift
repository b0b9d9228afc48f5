import Foundation
import FoxFiles
import TestSupport
import Testing

/// A call that fails, how, and with which words.
struct FailingCall: CustomTestStringConvertible, Sendable {
  let arguments: [String]
  var input = Data()
  let status: Int32
  let words: String
  var testDescription: String { arguments.joined(separator: " ") }
}

@Suite("What fails, says why", .counted)
struct FailureTests {
  static let calls: [FailingCall] = [
    .init(
      arguments: ["beam", "a", "--beams", "0"], status: 64, words: "--beams: found 0, expected"),
    .init(
      arguments: ["beam", "a", "--steps", "-1"], status: 64, words: "--steps: found -1, expected"),
    .init(
      arguments: ["beam", "a", "--no-repeat-ngram", "0"], status: 64,
      words: "--no-repeat-ngram: found 0"),
    .init(arguments: ["generate", "a"], status: 64, words: "Missing expected argument '--max-new"),
    .init(
      arguments: ["generate", "a", "--max-new-tokens", "3", "--top-p", "2"], status: 64,
      words: "--top-p: found 2.0, expected 0 to 1"),
    .init(
      arguments: ["generate", "a", "--max-new-tokens", "3", "--beams", "2", "--top-k", "4"],
      status: 64, words: "--beams does not go with the options of sampling"),
    .init(
      arguments: ["generate", "a", "--max-new-tokens", "3", "--early-stopping", "true"],
      status: 64, words: "--early-stopping needs --beams"),
    .init(
      arguments: ["generate", "a", "--max-new-tokens", "3", "--typical-p", "0.5"], status: 64,
      words: "Unknown option '--typical-p'"),
    .init(
      arguments: [
        "generate", String(repeating: "fox ", count: 70), "--max-new-tokens", "9", "--model",
        "MODEL",
      ], status: 1,
      words: "expected at most the model's 64 positions"),
    .init(arguments: ["beam", "a", "--colour"], status: 64, words: "Unknown option '--colour'"),
    .init(arguments: ["chase"], status: 64, words: "Unexpected argument 'chase'"),
    .init(
      arguments: ["beam", "", "--model", "MODEL"], status: 1, words: "the prompt: found no token"),
    .init(
      arguments: ["beam", "a", "--steps", "65", "--model", "MODEL"], status: 1,
      words: "found 65 tokens, expected at most the model's 64 positions"),
    .init(
      arguments: ["beam", String(repeating: "fox ", count: 70), "--model", "MODEL"], status: 1,
      words: "expected at most the model's 64 positions"),
    .init(
      arguments: ["beam", "a", "--model", "/nowhere"], status: 1, words: "/nowhere"),
    .init(
      arguments: ["logits", "--ids", "1,x", "--model", "MODEL"], status: 1,
      words: "\"x\" is not a token id"),
    .init(
      arguments: ["logits", "--ids", "512", "--model", "MODEL"], status: 1,
      words: "token id: found 512, expected 0 to 511"),
    .init(arguments: ["logits", "a", "--ids", "1"], status: 64, words: "give either --ids or one"),
    .init(
      arguments: ["tokenize", "--tokenizer", "MODEL"], input: Data([0x61, 0xC3, 0xA9, 0xFF]),
      status: 1, words: "standard input is not valid UTF-8 (first wrong byte at offset 3)"),
    .init(
      arguments: ["tokenize", "--lines", "--tokenizer", "MODEL"], input: Data([0x61, 0x0A, 0x80]),
      status: 1, words: "line 2 of standard input is not valid UTF-8"),
    .init(arguments: ["tokenize", "a", "--file", "b"], status: 64, words: "not both"),
    .init(
      arguments: ["tokenize", "a", "--threads", "2"], status: 64,
      words: "--threads goes with --ids-only"),
    .init(
      arguments: ["tokenize", "a", "--lines"], status: 64, words: "--lines reads standard input"),
    .init(
      arguments: ["tokenize", "--file", "/nowhere", "--tokenizer", "MODEL"], status: 1,
      words: "/nowhere: found nothing, expected a file"),
    .init(
      arguments: ["detokenize", "99999", "--tokenizer", "MODEL"], status: 1,
      words: "the ids: found 99999, expected ids of tokens"),
    .init(
      arguments: ["inspect", "/nowhere"], status: 1,
      words: "/nowhere: found nothing, expected a file"),
    .init(arguments: ["inspect", ""], status: 64, words: "FILE is empty"),
    .init(arguments: ["beam", "a", "--model", ""], status: 64, words: "--model is empty"),
    .init(
      arguments: ["logits", "--ids", "", "--model", "MODEL"], status: 1, words: "no token ids"),
    .init(
      arguments: ["logits", "--ids", "1,,2", "--model", "MODEL"], status: 1,
      words: "\"\" is not a token id"),
    .init(
      arguments: ["detokenize", "--tokenizer", "MODEL"], input: Data("1 \u{1B}[2J".utf8), status: 1,
      words: "\"\\u{1B}[2J\" is not a token id"),
    .init(
      arguments: ["convert", "MODEL", "x.h5"], status: 1, words: "x.h5, extension: found"),
    .init(
      arguments: ["convert", "MODEL", "x.bin", "--dtype", "f8"], status: 64,
      words: "The value 'f8' is invalid for '--dtype <dtype>'"),
    .init(
      arguments: ["convert", "MODEL", "/proc/x.bin"], status: 1,
      words: "/proc/x.bin: found the error"),
    .init(
      arguments: ["init", "gpt2", "--out", "/proc/x", "--set", "n_layer=1"], status: 1,
      words: "/proc/x: found the error \"No such file or directory\""),
    .init(
      arguments: ["init", "gpt2", "--out", "x", "--set", "layers=1"], status: 64,
      words: "there is no such key; known are vocab_size"),
    .init(
      arguments: ["init", "gpt2", "--out", "x", "--set", "n_layer=one"], status: 64,
      words: "n_layer: found \"one\", expected an integer"),
    .init(
      arguments: ["init", "gpt2", "--out", "x", "--set", "n_layer"], status: 64,
      words: "--set n_layer: expected key=value"),
    .init(
      arguments: ["init", "gpt2", "--out", "x", "--set", "n_head=5"], status: 64,
      words: "n_head: found 5, expected a divisor of n_embd (768)"),
    .init(
      arguments: ["init", "gpt2", "--out", "x", "--set", "eos_token_id=-1"], status: 64,
      words: "--set eos_token_id: expected ids from 0 to 50256"),
    .init(
      arguments: ["init", "gpt2", "--out", "x", "--set", "n_embd=200000004"], status: 1,
      words: "parameters does not fit the memory of"),
    .init(
      arguments: ["init", "gpt2", "--out", "x", "--tokenizer", "/nowhere"], status: 1,
      words: "\"/nowhere\": there is no such folder"),
    .init(
      arguments: ["init", "gpt2", "--out", "x", "--set", "vocab_size=9", "--tokenizer", "MODEL"],
      status: 1, words: "this tokenizer has ids up to 511, the model only 9 words"),
  ]

  @Test(arguments: calls)
  func `CLI-2 CLI-7 CLI-8 exit code and message`(call: FailingCall) throws {
    let arguments = call.arguments.map { $0 == "MODEL" ? FoxProcess.model : $0 }
    let run = try FoxProcess.run(arguments, input: call.input)
    #expect(run.status == call.status)
    #expect(run.output.isEmpty || call.arguments.contains("--lines"))
    #expect(run.error.contains(call.words), "\(run.error)")
    if call.status == 1 { #expect(run.error.hasPrefix("fox: ")) }
  }

  /// Makes a copy of the test model in which one file is changed.
  private func withDamagedModel(
    _ file: String, _ change: (inout [UInt8]) throws -> Void, _ body: (String) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { folder in
      for name in try FileManager.default.contentsOfDirectory(atPath: FoxProcess.model) {
        var bytes = try MappedFile(path: "\(FoxProcess.model)/\(name)").withBytes { Array($0) }
        if name == file { try change(&bytes) }
        try AtomicFile.write(bytes, to: folder.appendingPathComponent(name).path)
      }
      try body(folder.path)
    }
  }

  @Test(arguments: [
    ("model.safetensors", "truncate", "model.safetensors"),
    ("model.safetensors", "empty", "model.safetensors"),
    ("model.safetensors", "nan", "the weights, ln_f.bias, element 0: found nan"),
    ("config.json", "empty", "config.json: found an empty file"),
    ("config.json", "bert beside GPT-2", "model_type: found \"bert\", expected \"gpt2\""),
    ("config.json", "bert", "model_type: found \"bert\", expected \"gpt2\""),
    ("config.json", "wide", "wte.weight\" ([512, 48] expected, [512, 24] found)"),
    ("tokenizer.json", "empty", "tokenizer.json"),
  ])
  func `CLI-2 GPT2-10 damaged models`(file: String, damage: String, words: String) throws {
    try withDamagedModel(file) { bytes in
      switch damage {
      case "truncate": bytes.removeLast(100)
      case "empty": bytes = []
      case "bert": bytes = Array(#"{"model_type": "bert"}"#.utf8)
      case "bert beside GPT-2":
        let text = String(decoding: bytes, as: UTF8.self)
        bytes = Array(text.replacingOccurrences(of: "\"gpt2\"", with: "\"bert\"").utf8)
      case "wide":
        let text = String(decoding: bytes, as: UTF8.self)
        bytes = Array(text.replacingOccurrences(of: "\"n_embd\": 24", with: "\"n_embd\": 48").utf8)
      default: try Self.spoil("transformer.ln_f.bias", in: &bytes)
      }
    } _: { folder in
      let run = try FoxProcess.run(["beam", "The cat", "--model", folder])
      #expect(run.status == 1)
      #expect(run.error.hasPrefix("fox: ") && run.error.contains(words), "\(run.error)")
      #expect(run.output.isEmpty)
    }
  }

  /// Makes the first element of a tensor NaN.
  private static func spoil(_ name: String, in bytes: inout [UInt8]) throws {
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSON.parse(bytes[8..<8 + length])
    let offset = try header.required(name).required("data_offsets").integers()[0]
    bytes.replaceSubrange(8 + length + offset..<8 + length + offset + 4, with: [0, 0, 0xC0, 0x7F])
  }

  @Test
  func `CLI-5 a full disk`() throws {
    let run = try FoxProcess.run(
      ["tokenize", "a b c", "--tokenizer", FoxProcess.model], outputPath: "/dev/full")
    #expect(run.status == 1)
    #expect(run.error == "fox: standard output cannot be written: No space left on device\n")
  }

  @Test
  func `CLI-5 a reader that goes away`() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: FoxProcess.path)
    process.arguments = ["tokenize", "--tokenizer", FoxProcess.model]
    let (input, output, error) = (Pipe(), Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (input, output, error)
    try process.run()
    try output.fileHandleForReading.close()
    try input.fileHandleForWriting.write(contentsOf: Data("a b c".utf8))
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let words = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(words == "fox: standard output was closed before everything was written\n")
  }

  @Test
  func `CLI-5 standard streams that are closed or cannot be used`() throws {
    let model = FoxProcess.model
    for (redirection, status, words) in [
      ("2>&-", 0, ""), ("2>/dev/full", 0, ""), ("<&-", 1, "standard input cannot be read"),
      ("</", 1, "standard input cannot be read: Is a directory"),
      (">&-", 1, "standard output cannot be written"),
    ] {
      let command = "\(FoxProcess.path) tokenize --tokenizer \(model) \(redirection)"
      let run = try FoxProcess.runShell(command, input: Data("a".utf8))
      #expect(run.status == status, "\(redirection): \(run.error)")
      #expect(words.isEmpty || run.error.contains(words), "\(redirection): \(run.error)")
    }
    // A reader of messages that has gone.
    let beam = "\(FoxProcess.path) beam a --steps 1 --model \(model) 2>&1 >/dev/null | true"
    let run = try FoxProcess.runShell("set -o pipefail; \(beam)")
    #expect(run.status == 0, "\(run.error)")
  }

  /// Starts `fox`, sends it a signal as soon as `condition` holds, and returns how it ended.
  ///
  /// - Parameter input: What it reads on standard input, which stays open.
  private func end(
    _ arguments: [String], by signal: Int32, input text: String = "", outputPath: String? = nil,
    once condition: () -> Bool
  ) throws -> (reason: Process.TerminationReason, status: Int32, error: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: FoxProcess.path)
    process.arguments = arguments
    let (input, error) = (Pipe(), Pipe())
    (process.standardInput, process.standardError) = (input, error)
    if let outputPath { process.standardOutput = FileHandle(forWritingAtPath: outputPath) }
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try Waiting.until("the moment to stop it", of: process, condition)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    let words = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return (process.terminationReason, process.terminationStatus, words)
  }

  @Test
  func `CLI-2 Ctrl-C ends at once, by the signal`() throws {
    try Places.withTemporaryFolder { folder in
      let output = folder.appendingPathComponent("out").path
      try AtomicFile.write([], to: output)
      // The first line is answered, and it waits for the second.
      let ended = try end(
        ["tokenize", "--lines", "--tokenizer", FoxProcess.model], by: SIGINT,
        input: "a line\n", outputPath: output
      ) { FileManager.default.contents(atPath: output)?.isEmpty == false }
      #expect(ended.reason == .uncaughtSignal && ended.status == SIGINT && ended.error.isEmpty)
    }
  }

  @Test(
    .enabled(if: KillPoint.library != nil, "needs a C compiler"),
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func `CLI-2 FILE-7 a signal leaves no temporary file`(signal: Int32) throws {
    try Places.withTemporaryFolder { folder in
      // At the second call the temporary is there.
      let ended = try KillPoint.run(
        ["logits", "--ids", "1", "--model", FoxProcess.model, "--out", "\(folder.path)/l"], at: 2,
        by: signal)
      #expect(ended.isKilled && ended.status == signal)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
  }

  @Test
  func `CLI-3 FOX_MODEL, and no model at all`() throws {
    let found = try FoxProcess.run(
      ["beam", "The cat", "--json"], environment: ["FOX_MODEL": FoxProcess.model])
    #expect(try JSON.parse(Array(found.output.utf8))["model"]?.string == FoxProcess.model)
    let wrong = try FoxProcess.run(["beam", "a"], environment: ["FOX_MODEL": "/nowhere"])
    #expect(wrong.status == 1 && wrong.error.contains("/nowhere"))
  }
}
