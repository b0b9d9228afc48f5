import Foundation
import FoxFiles
import FoxFormats
import FoxModels
import FoxReport
import TestSupport
import Testing

@testable import fox

@Suite("The command line", .counted)
struct CommandTests {
  private var model: [String] { ["--model", FoxProcess.model] }
  private var tokenizer: [String] { ["--tokenizer", FoxProcess.model] }

  private func json(_ arguments: [String], input: Data = Data()) throws -> JSON {
    let run = try FoxProcess.run(arguments, input: input)
    #expect(run.status == 0, "\(run.error)")
    return try JSON.parse(Array(run.output.utf8))
  }

  @Test(arguments: [
    "", "beam", "generate", "tokenize", "detokenize", "logits", "inspect", "convert", "init",
    "init gpt2", "init bert", "embed", "fetch", "train", "train lm", "rouge", "eval",
    "eval pairs", "eval lm", "eval classifier", "train classifier", "predict", "predict classifier",
    "metrics", "metrics glue", "augment", "homework", "homework run", "homework verify",
    "homework check", "report", "spec",
  ])
  func `CLI-1 help pages`(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let run = try FoxProcess.run(words + ["--help"], environment: ["COLUMNS": "100"])
    #expect(run.status == 0)
    let name = (["fox"] + words).joined(separator: "-")
    try Snapshot.expect(run.output, matches: "fox/help/\(name).txt")
  }

  @Test
  func `CLI-4 beam search as JSON`() throws {
    let document = try json(
      ["beam", "The cat and the cat and the", "--beams", "3", "--steps", "4", "--beam-block"]
        + model + ["--json"])
    #expect(
      document.object?.members.map(\.key) == ["model", "prompt", "steps", "beams", "trace"])
    let beams = try #require(document["beams"]?.array)
    #expect(beams.count == 3)
    #expect(
      beams[0].object?.members.map(\.key) == [
        "ids", "text", "text_raw", "score", "score_per_token", "token_log_probs",
      ])
    let ids = try beams[0].required("ids").integers()
    let score = try #require(beams[0]["score"]?.double)
    #expect(beams[0]["score_per_token"]?.double == score / Double(ids.count))
    #expect(beams[0]["token_log_probs"]?.array?.count == 4)
    #expect(document["trace"]?.array?.first?.string?.hasPrefix("Preventing:  ") == true)
  }

  @Test
  func `CLI-4 CLI-5 beam search as text: rank, score, text`() throws {
    let run = try FoxProcess.run(["beam", "The cat", "--beams", "2", "--steps", "3"] + model)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0].firstMatch(of: /^0 -\d\.\d{3} The cat/) != nil)
    #expect(run.error.contains("a step for 2 beams; OpenBLAS core"))
    #expect(!run.error.contains("\u{1B}"))
  }

  @Test
  func `BLAS-1 CLI-4 without the user's word, the core is corrected`() throws {
    let run = try FoxProcess.run(
      ["beam", "The cat", "--steps", "1"] + model, environment: ["OPENBLAS_CORETYPE": ""])
    #expect(run.status == 0 && !run.error.contains("set OPENBLAS_CORETYPE"), "\(run.error)")
  }

  @Test(arguments: [
    ("Bulldozer", 1, "OPENBLAS_CORETYPE: found \"Bulldozer\", expected a core that this processor"),
    ("NoSuchCore", 0, "OPENBLAS_CORETYPE is \"NoSuchCore\", a core that OpenBLAS does not know"),
    ("Prescott", 0, "OpenBLAS core Prescott"),
  ])
  func `BLAS-3 the word of the user: refused, reported, respected`(
    core: String, status: Int32, words: String
  ) throws {
    #if arch(x86_64)
      let run = try FoxProcess.run(
        ["beam", "The cat", "--steps", "1"] + model, environment: ["OPENBLAS_CORETYPE": core])
      #expect(run.status == status && run.error.contains(words), "\(run.status): \(run.error)")
    #endif
  }

  @Test
  func `CLI-6 --color always and never; NO_COLOR`() throws {
    let arguments = ["beam", "The cat", "--beams", "1", "--steps", "2"] + model
    let painted = try FoxProcess.run(arguments + ["--color", "always"]).output
    #expect(painted.components(separatedBy: "\u{1B}[1;38;2;0;0;0;48;2;").count == 3)
    for plain in [["--color", "never"], ["--color", "auto"], []] {
      #expect(try !FoxProcess.run(arguments + plain).output.contains("\u{1B}"))
    }
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
  func `CLI-5 CLI-6 on a terminal: colours unless NO_COLOR, progress`() throws {
    let beam = "\(FoxProcess.path) beam 'The cat' --steps 3 --model \(FoxProcess.model)"
    func shown(_ environment: [String: String]) throws -> String {
      let run = try FoxProcess.runShell(
        "script -qec \"\(beam)\" /dev/null", environment: environment)
      return run.output
    }
    let colored = try shown(["TERM": "xterm", "NO_COLOR": ""])
    #expect(colored.contains("\u{1B}[1;38;2;0;0;0;48;2;") && colored.contains("step 3 of 3"))
    for plain in [["TERM": "xterm", "NO_COLOR": "1"], ["TERM": "dumb", "NO_COLOR": ""]] {
      #expect(try !shown(plain).contains("\u{1B}[1;38;2;"))
    }
  }

  @Test
  func `TENS-7 BEAM-1 one thread or two, the same beams`() throws {
    let arguments = ["beam", "The cat and the dog", "--steps", "9", "--json"] + model
    let runs = try ["1", "2"].map {
      try FoxProcess.run(arguments, environment: ["OPENBLAS_NUM_THREADS": $0])
    }
    #expect(runs[0].output == runs[1].output && !runs[0].output.isEmpty)
  }

  @Test
  func `CLI-6 the colours are the homework's`() throws {
    let golden = try Golden.cases("fox/colors.json").map { try $0.integers() }
    expectSame(TokenColors.scale.map { [$0.red, $0.green, $0.blue] }, golden, "colours")
    #expect(TokenColors.color(0) == TokenColors.scale[0])
    #expect(TokenColors.color(0.5) == TokenColors.scale[20])
    #expect(TokenColors.color(1) == TokenColors.scale[39])
    #expect(TokenColors.color(.nan) == TokenColors.scale[0])
  }

  @Test
  func `CLI-6 control characters show as pictures`() {
    #expect(Output.visible("a\nb\u{1B}[0m\u{7F}\u{9B}é") == "a⏎b␛[0m␡\u{FFFD}é")
  }

  @Test
  func `CLI-12 generate: text, JSON, prompts on standard input`() throws {
    let arguments = ["generate", "--max-new-tokens", "5"] + model
    let text = try FoxProcess.run(arguments + ["The cat"])
    #expect(text.status == 0 && text.output.hasPrefix("The cat"))
    let document = try json(arguments + ["The cat", "--json"])
    #expect(
      document.object?.members.map(\.key) == ["model", "prompt", "steps", "beams", "trace"])
    #expect(document["steps"]?.integer == 5)
    #expect(document["beams"]?.array?.first?["text_raw"]?.string == String(text.output.dropLast()))
    let sampled = arguments + ["--temperature", "0.9", "--top-k", "20", "--seed", "3", "--json"]
    let alone = try json(sampled + ["The dog"])
    let run = try FoxProcess.run(sampled, input: Data("The cat\nThe dog\n".utf8))
    let lines = try run.output.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
    #expect(lines.count == 2 && lines.last == alone)
  }

  @Test
  func `CLI-12 HF-1 generate with beams that end; words that are blocked`() throws {
    let arguments = ["generate", "The cat", "--max-new-tokens", "4"] + model
    let search = ["--beams", "3", "--num-return-sequences", "2", "--length-penalty", "0.5"]
    let document = try json(arguments + search + ["--early-stopping", "never", "--json"])
    let texts = document["beams"]?.array?.compactMap { $0["text_raw"]?.string } ?? []
    #expect(texts.count == 2 && texts[0] != texts[1])
    let shown = try FoxProcess.run(arguments + search + ["--early-stopping", "never"]).output
    #expect(shown == texts.map { $0 + "\n" }.joined())
    let one = ["generate", "The", "--max-new-tokens", "1"] + model
    let word = try FoxProcess.run(one).output.dropFirst("The".count).dropLast()
    let other = try FoxProcess.run(one + ["--bad-word", String(word)]).output
    #expect(word == " do" && other != "The do\n")
  }

  @Test
  func `CLI-7 tokenize: JSON, table, file, standard input`() throws {
    let text = "Hello 😀\n"
    let document = try json(["tokenize", text, "--json"] + tokenizer)
    #expect(
      document.object?.members.map(\.key) == [
        "ids", "tokens", "type_ids", "attention_mask", "offsets",
      ])
    let ids = try document.required("ids").integers()
    #expect(document["attention_mask"]?.array?.count == ids.count)
    #expect(try document["offsets"]?.array?.last?.integers() == [7, 8])
    #expect(try json(["tokenize", "--json"] + tokenizer, input: Data(text.utf8)) == document)
    try Places.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("text").path
      try AtomicFile.write(Array(text.utf8), to: file)
      #expect(try json(["tokenize", "--file", file, "--json"] + tokenizer) == document)
    }
    let alone = try FoxProcess.run(["tokenize", text, "--ids-only", "--threads", "3"] + tokenizer)
    #expect(alone.output == ids.map(String.init).joined(separator: " ") + "\n")
    let table = try FoxProcess.run(["tokenize", text] + tokenizer).output
    #expect(table.split(separator: "\n").count == ids.count)
  }

  @Test
  func `CLI-7 tokenize --lines: one document a line, split at newline only`() throws {
    let input = Data("a\r\n\nb\u{2028}c\nlast".utf8)
    let run = try FoxProcess.run(["tokenize", "--lines"] + tokenizer, input: input)
    let documents = try run.output.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
    #expect(documents.count == 4)
    #expect(try documents[1].required("ids").integers() == [])
    for (line, document) in zip(["a\r", "", "b\u{2028}c", "last"], documents) {
      #expect(try json(["tokenize", line, "--json"] + tokenizer) == document)
    }
  }

  @Test
  func `CLI-8 detokenize`() throws {
    let text = "We said , \" do n't \" ."
    let ids = try json(["tokenize", text, "--json"] + tokenizer).required("ids").integers()
    let list = ids.map(String.init)
    #expect(try FoxProcess.run(["detokenize"] + list + tokenizer).output == text + "\n")
    let cleaned = try FoxProcess.run(["detokenize", "--clean-up"] + list + tokenizer).output
    #expect(cleaned == "We said, \" don't \".\n")
    let input = Data(list.joined(separator: ", ").utf8)
    let document = try json(["detokenize", "--json"] + tokenizer, input: input)
    #expect(document["text_raw"]?.string == text)
  }

  @Test
  func `CLI-9 logits: to a file, as JSON, the likeliest`() throws {
    try Places.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("logits.safetensors").path
      let run = try FoxProcess.run(
        ["logits", "--ids", "19,331,120,339,172,15,278", "--out", file] + model)
      #expect(run.status == 0 && run.output.isEmpty)
      let written = try SafeTensorsFile(path: file).tensor(named: "logits")
      let golden = try GoldenTensors("gpt2/logits.safetensors")["plain/short"]
      #expect(written.shape == [7, 512])
      expectClose(written.elements, golden.elements, tolerance: 4e-5, "logits")
    }
    let document = try json(["logits", "--ids", "1 2", "--json"] + model)
    #expect(document["logits"]?.array?.map { $0.array?.count } == [512, 512])
    let shown = try FoxProcess.run(["logits", "--text", "The cat"] + model).output
    #expect(shown.contains("→"))
  }

  @Test
  func `CLI-10 inspect a file or a folder`() throws {
    let file = Places.golden("gpt2/models/plain/model.safetensors")
    let document = try json(["inspect", file, "--json", "--sha256"])
    let hash = try Golden.json("gpt2/logits.json")["provenance"]?["models"]?["plain"]?.string
    #expect(document["sha256"]?.string == hash)
    let table = try FoxProcess.run(["inspect", Places.golden("gpt2/models/plain")]).output
    #expect(table.contains("transformer.wte.weight"))
    #expect(table.contains("F32  [512, 24]  49152 bytes"))
    #expect(table.contains("metadata format: pt"))
  }

  @Test
  func `CLI-10 inspect holds a file against the model card beside it`() throws {
    try Places.withTemporaryFolder { folder in
      let (file, card) = (folder.path + "/model.safetensors", folder.path + "/MODEL_CARD.md")
      try FileManager.default.copyItem(
        atPath: Places.golden("gpt2/models/plain/model.safetensors"), toPath: file)
      let hash = try #require(
        try Golden.json("gpt2/logits.json")["provenance"]?["models"]?["plain"]?.string)
      try Data("# A model\n\n`model.safetensors`, sha256 `\(hash)`\n".utf8)
        .write(to: URL(fileURLWithPath: card))
      let good = try FoxProcess.run(["inspect", folder.path, "--sha256"])
      #expect(good.status == 0)
      #expect(good.output.contains("sha256 \(hash), as the model card has it"))
      try Data("`model.safetensors`, sha256 `\(String(hash.reversed()))`\n".utf8)
        .write(to: URL(fileURLWithPath: card))
      let bad = try FoxProcess.run(["inspect", file, "--sha256"])
      #expect(bad.status == 1)
      #expect(bad.error.contains("its SHA-256 is \(hash), but \(card) says"))
      #expect(try FoxProcess.run(["inspect", file]).status == 0)
    }
  }

  @Test
  func `CLI-10 inspect tells formats and tied tensors`() throws {
    let document = try json(["inspect", Places.golden("checkpoints/formats/gpt2.bin"), "--json"])
    #expect(document["format"]?.string == "pytorch")
    #expect(
      document["tied"]?.array?.first?.array?.compactMap(\.string) == [
        "transformer.wte.weight", "lm_head.weight",
      ])
    let table = try FoxProcess.run(
      ["inspect", Places.golden("checkpoints/formats/sharded.zip")]
    ).output
    #expect(table.contains("2 tensors, 8 elements") && table.contains("sharded"))
  }

  @Test
  func `CLI-30 GPT2-3 convert: formats, dtypes, tied tensors, a model that still works`() throws {
    try Places.withTemporaryFolder { folder in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      let tied = try FoxProcess.run(
        ["convert", Places.golden("checkpoints/formats/gpt2.bin"), path("a.safetensors")])
      #expect(tied.status == 0 && tied.output.isEmpty)
      #expect(
        tied.error.hasPrefix(
          "fox: lm_head.weight is tied to transformer.wte.weight and not written twice\nfox: "))
      let model = Places.golden("gpt2/models/plain")
      try FileManager.default.copyItem(
        atPath: "\(model)/config.json", toPath: path("config.json"))
      let pickled = try FoxProcess.run(["convert", model, path("pytorch_model.bin")])
      #expect(pickled.status == 0, "\(pickled.error)")
      let (there, here) = (
        try GPT2Model.load(folder: model), try GPT2Model.load(folder: folder.path)
      )
      #expect(here.report.isClean)
      #expect(here.model.body.words.tensor.elements == there.model.body.words.tensor.elements)
      let half = try FoxProcess.run(["convert", model, path("b.npz"), "--dtype", "f16"])
      #expect(half.status == 0)
      let document = try json(["inspect", path("b.npz"), "--json"])
      #expect(document["tensors"]?.array?.first?["dtype"]?.string == "F16")
    }
  }

  @Test
  func `CLI-11 init makes a model that works, and touches none that is there`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("new").path
      let shape = ["vocab_size=512", "n_positions=32", "n_embd=24", "n_layer=2", "n_head=3"]
      let arguments =
        ["init", "gpt2", "--out", path, "--seed", "7"] + tokenizer
        + shape.flatMap { ["--set", $0] }
      let run = try FoxProcess.run(arguments)
      #expect(run.status == 0, "\(run.error)")
      let loaded = try GPT2Model.load(folder: path)
      #expect(loaded.report.isClean && loaded.model.configuration.layers == 2)
      let fresh = try GPT2Model(fresh: loaded.model.configuration, seed: 7)
      #expect(loaded.model.body.words.tensor.elements == fresh.body.words.tensor.elements)
      #expect(try FoxProcess.run(["beam", "The cat", "--model", path]).status == 0)
      let again = try FoxProcess.run(arguments)
      #expect(again.status == 1)
      #expect(again.error.hasPrefix("fox: \(path) holds a model already"))
    }
  }
}
