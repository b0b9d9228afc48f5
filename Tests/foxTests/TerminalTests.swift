import Foundation
import FoxFiles
import FoxFormats
import FoxNumbers
import TestSupport
import Testing

@testable import fox

@Suite("Nothing from outside steers a terminal", .counted)
struct TerminalTests {
  /// Renames the window, clears the screen in both forms, turns the direction, goes back.
  static let evil = "\u{1B}]0;x\u{7}\u{1B}[2J\u{9B}2J\u{202E}\u{2066}\u{7F}\u{8}\r"

  /// What a terminal would not just show, our own progress and colours apart.
  private func harm(_ text: String) -> [Unicode.Scalar] {
    let own = /\r\u{1B}\[K|\u{1B}\[0m|\u{1B}\[1;38;2;0;0;0;48;2;\d+;\d+;\d+m/
    return text.replacing(own, with: "").unicodeScalars.filter {
      TerminalText.isHarmful($0) && $0 != "\n" && $0 != "\t"
    }
  }

  @Test
  func `CLI-13 what is harmful, and what stands for it`() {
    #expect(Output.visible(Self.evil) == "␛]0;x␇␛[2J\u{FFFD}2J\u{FFFD}\u{FFFD}␡␈␍")
    #expect(TerminalText.safe("a\tb\nc\r", .lines) == "a\tb\nc␍")
    #expect(
      TerminalText.safe("\"\u{9B}é\u{7F}\u{202E}\u{61C}\"\n", .json)
        == "\"\\u009bé\\u007f\\u202e\\u061c\"\n")
    for code in Array(0..<0x20) + Array(0x7F..<0xA0) + Array(0x202A...0x202E)
      + Array(0x2066...0x2069)
      + [0x061C, 0x200E, 0x200F, 0x2028, 0x2029]
    {
      let scalar = Unicode.Scalar(UInt32(code))
      #expect(scalar.map { TerminalText.isHarmful($0) } == true, "\(code)")
      #expect(harm(TerminalText.safe(scalar.map { String($0) } ?? "", .line)).isEmpty)
    }
    // Letters, joiners and emoji stay as they are.
    for text in ["é e\u{301}", "\u{200D}\u{200C}", "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "שלום مرحبا", "\u{A0}\u{FEFF}"] {
      #expect(Output.visible(text) == text)
    }
  }

  /// Files with harmful texts wherever one can stand.
  private static func write(_ folder: String) throws {
    func write(_ text: String, _ name: String) throws {
      try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(name)")
    }
    let quoted = JSON.string(evil).text()
    try SafeTensorsFile.write(
      [OutgoingTensor("w\(evil)", Tensor(shape: [1], [1]))],
      metadata: [(key: "format", value: "pt"), (key: "k\(evil)", value: evil)],
      to: "\(folder)/\(evil).safetensors")
    try write("{\"model_type\": \(quoted), \(quoted): 1}", "bad/config.json")
    try write("{\"learning_rate\": \(quoted), \(quoted): 1}", "train.json")
    try write("story\ta\(evil.dropLast())\nOne \(evil.dropLast()). Two. Three.\t1\n", "s.tsv")
    try write("[{\"sentence\": \(quoted), \"label\": 1}]", "rows.json")
    try write("{\(quoted): [{\"a\": 1}], \"b\": [{\"a\": 1}]}", "lists.json")
    try write("\(evil.dropLast())\n", "labels.txt")
    let way = "\"path\": [\"eng\", \"spa\", \"eng\"]"
    try write(
      "{\"translations\": [{\(way), \"text\": \(quoted), \"translation\": \(quoted)}]}", "t.json")
    for name in try FileManager.default.contentsOfDirectory(atPath: FoxProcess.model) {
      try FileManager.default.copyItem(
        atPath: "\(FoxProcess.model)/\(name)", toPath: "\(folder)/model/\(name)")
    }
  }

  /// Calls, of which `@` is the folder and `!` the harmful text.
  static let calls: [[String]] = [
    ["!"], ["--!"], ["beam", "!", "--model", "@/model", "--steps", "3"],
    ["beam", "!", "--model", "@/model", "--steps", "3", "--color", "always"],
    ["beam", "!", "--model", "@/model", "--steps", "3", "--json"],
    ["beam", "a", "--model", "!"], ["beam", "a", "--model", "@/bad"], ["beam", "a", "--!", "b"],
    ["beam", "a", "--beams", "!"], ["beam", "a", "!"], ["beam", "a", "--color", "!"],
    ["generate", "!", "--model", "@/model", "--max-new-tokens", "4"],
    ["generate", "!", "--model", "@/model", "--max-new-tokens", "4", "--beams", "2"],
    ["generate", "!", "--model", "@/model", "--max-new-tokens", "4", "--json"],
    ["generate", "--model", "@/model", "--max-new-tokens", "4"],
    ["tokenize", "!", "--tokenizer", "@/model"], ["tokenize", "!", "--tokenizer", "!"],
    ["tokenize", "!", "--tokenizer", "@/model", "--json"],
    ["tokenize", "--lines", "--tokenizer", "@/model"], ["tokenize", "--file", "@/!"],
    ["detokenize", "IDS", "--tokenizer", "@/model"],
    ["detokenize", "IDS", "--tokenizer", "@/model", "--json"],
    ["detokenize", "!", "--tokenizer", "@/model"], ["logits", "--text", "!", "--model", "@/model"],
    ["logits", "--ids", "!", "--model", "@/model"],
    ["logits", "--ids", "1", "--model", "@/model", "--out", "@/!.st"],
    ["embed", "!", "--model", "@/bad"], ["embed", "a", "--pooling", "!"],
    ["inspect", "@/!.safetensors"], ["inspect", "@/!.safetensors", "--json"],
    ["inspect", "@/!.safetensors", "--sha256"], ["inspect", "@/!"],
    ["convert", "@/!.safetensors", "@/!.npz"], ["convert", "@/!.safetensors", "@/x.!"],
    ["convert", "@/!.safetensors", "@/x.npz", "--dtype", "!"],
    ["init", "gpt2", "--out", "@/!", "--set", "!"],
    ["init", "gpt2", "--out", "@/!", "--set", "!=1"],
    ["init", "gpt2", "--out", "@/!", "--set", "n_layer=!"],
    ["init", "gpt2", "--out", "@/!", "--tokenizer", "!"], ["fetch", "!"],
    ["fetch", "gpt2", "--endpoint", "!"], ["fetch", "gpt2", "--endpoint", "http://localhost:1/!"],
    ["train", "lm", "!"], ["train", "lm", "@/train.json"],
    ["train", "lm", "@/train.json", "--set", "!=1"],
    ["train", "classifier", "@/train.json", "--seeds", "!"],
    ["eval", "pairs", "--data", "@/s.tsv", "--model", "@/model", "--no-rouge"],
    ["eval", "pairs", "--data", "@/s.tsv", "--model", "@/model", "--no-rouge", "--json"],
    ["eval", "pairs", "--data", "@/s.tsv", "--text-column", "!"],
    ["eval", "pairs", "--data", "@/lists.json"], ["eval", "pairs", "--data", "@/!"],
    ["eval", "pairs", "--data", "@/lists.json", "--field", "!"],
    ["predict", "classifier", "--data", "@/!", "--model", "@/bad"],
    ["rouge", "--reference", "@/!", "--prediction", "@/!"],
    ["metrics", "glue", "--task", "!", "--predictions", "a", "--references", "b"],
    [
      "metrics", "glue", "--task", "sst2", "--predictions", "@/labels.txt", "--references",
      "@/labels.txt",
    ],
    [
      "augment", "--input", "@/rows.json", "--output", "@/out!", "--translator",
      "recorded:@/t.json",
    ],
    ["augment", "--input", "@/rows.json", "--output", "@/o", "--translator", "!"],
    ["augment", "--input", "@/rows.json", "--output", "@/o", "--text-column", "!"],
    [
      "augment", "--input", "@/rows.json", "--output", "@/o", "--translator", "recorded:@/t.json",
      "--pivots", "!",
    ],
    ["augment", "--input", "@/rows.json", "--output", "@/o", "--cache", "@/labels.txt"],
    ["homework", "!"], ["homework", "q1.1", "--model", "@/model", "--save", "@/!.json"],
    ["homework", "q1.1", "--model", "@/model", "--color", "always"],
    ["homework", "q1.1", "--model", "@/model", "--save", "@/labels.txt"],
    ["homework", "verify", "--gpt2", "!"], ["report", "@/!.html", "--results", "@/!"],
    ["report", "@/x.html", "--results", "@/labels.txt"], ["spec", "!"], ["help", "!"],
  ]

  // Before, 50 of these let harmful characters through: tokens, paths, the parser's own errors.
  @Test
  func `CLI-13 CLI-2 all errors and outputs, on a terminal`() throws {
    try Places.withTemporaryFolder { url in
      let folder = url.path
      for name in ["bad", "model"] { try Folder.create("\(folder)/\(name)") }
      try Self.write(folder)
      let encoded = try FoxProcess.run(
        ["tokenize", Self.evil, "--ids-only", "--tokenizer", FoxProcess.model])
      let ids = encoded.output.split(separator: "\n").first.map(String.init) ?? ""
      #expect(!ids.isEmpty)
      for call in Self.calls {
        let arguments = call.map {
          $0.replacingOccurrences(of: "!", with: Self.evil)
            .replacingOccurrences(of: "@", with: folder).replacingOccurrences(of: "IDS", with: ids)
        }
        let run = try FoxTerminal.run(
          arguments, input: Data("\(Self.evil.dropLast())\n".utf8),
          environment: ["FOX_MODEL": "", "FOX_DATA": "", "APERTIUM_DATADIR": "/nowhere"])
        #expect(!run.shown.isEmpty, "\(call)")
        #expect(harm(run.shown).isEmpty, "\(call): \(run.shown.debugDescription)")
        #expect(run.status != 2, "\(call): \(run.shown.debugDescription)")
      }
      let named = try FoxTerminal.run(["beam", "a"], environment: ["FOX_MODEL": Self.evil])
      #expect(named.status == 1 && harm(named.shown).isEmpty)
    }
  }

  @Test
  func `CLI-13 CLI-8 into a pipe, detokenize and JSON are as they are`() throws {
    let model = FoxProcess.model
    let encoded = try FoxProcess.run(["tokenize", Self.evil, "--ids-only", "--tokenizer", model])
    let ids = encoded.output.split(whereSeparator: \.isWhitespace).map(String.init)
    let raw = try FoxProcess.run(["detokenize", "--tokenizer", model] + ids)
    expectText(raw.output, Self.evil + "\n", "text")
    for arguments in [["tokenize", Self.evil, "--json"], ["detokenize", "--json"] + ids] {
      let plain = try FoxProcess.run(arguments + ["--tokenizer", model])
      let shown = try FoxTerminal.run(arguments + ["--tokenizer", model])
      #expect(harm(shown.shown).isEmpty)
      #expect(try JSON.parse(Array(shown.shown.utf8)) == JSON.parse(Array(plain.output.utf8)))
    }
    // Errors are safe wherever they go: a log is read on a terminal, too.
    let error = try FoxProcess.run(["inspect", "/\(Self.evil)"])
    #expect(harm(error.error).isEmpty && error.error.split(separator: "\n").count == 1)
  }

  @Test
  func `CLI-13 nothing is written but through one place`() throws {
    let folder = Places.package.appendingPathComponent("Sources/fox").path
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    #expect(names.count > 20)
    for name in names where !["Output.swift", "Signals.swift"].contains(name) {
      let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      let other = /(^|[^.\w])(print|debugPrint|fputs|puts|fwrite)\(|FileHandle\.standard(Out|Err)/
      for line in text.split(separator: "\n") where line.firstMatch(of: other) != nil {
        // A method of our own that is called so.
        #expect(line.contains("func print"), "\(name): \(line)")
      }
    }
  }
}
