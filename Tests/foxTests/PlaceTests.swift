import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("Where fox runs, and what it may overwrite", .counted)
struct PlaceTests {
  // Before, this hung for ever: going up from no path never came to the root.
  @Test
  func `CLI-17 a current folder that was deleted ends nothing, and nothing waits`() throws {
    try Places.withTemporaryFolder { folder in
      // A program outside of any package.
      let program = folder.appendingPathComponent("fox").path
      try FileManager.default.copyItem(atPath: FoxProcess.path, toPath: program)
      func run(_ arguments: String, _ program: String = program) throws -> FoxProcess {
        let gone = "mkdir \(folder.path)/gone && cd \(folder.path)/gone && rmdir ../gone"
        // A hang is a failure, not an end of the tests.
        return try FoxProcess.runShell(
          "\(gone) && timeout 300 \(program) \(arguments)",
          environment: ["FOX_MODEL": "", "FOX_DATA": "", "APERTIUM_DATADIR": "/nowhere"])
      }
      for arguments in ["tokenize hi", "beam hi", "report r.html", "homework q1.1", "fetch gpt2"] {
        let run = try run(arguments)
        #expect(run.status == 1, "\(arguments): \(run.status)")
        #expect(run.error.contains("above the current folder, which is gone"), "\(run.error)")
      }
      let spec = try run("spec BEAM-3")
      #expect(spec.status == 1 && spec.error.contains("which is gone"), "\(spec.error)")
      // Relative paths lead nowhere, and absolute ones work.
      let model = FoxProcess.model
      for arguments in [
        "logits --ids 1 --model \(model) --out a/b.st", "init gpt2 --out a/b --set n_layer=1",
        "convert \(model) x.npz", "augment --input a --output b/c",
      ] {
        let run = try run(arguments)
        #expect(run.status == 1 && run.error.hasPrefix("fox: "), "\(arguments): \(run.error)")
      }
      #expect(try run("tokenize hi --tokenizer \(model)").status == 0)
      let out = folder.appendingPathComponent("l.safetensors").path
      #expect(try run("logits --ids 1 --model \(model) --out \(out)").status == 0)
      // Within the package, the program finds it.
      #expect(try run("spec BEAM-3", FoxProcess.path).status != 124)
    }
  }

  // Before, "Resource temporarily unavailable" ended it: another program had set the stream so.
  @Test
  func `CLI-17 CLI-5 streams that do not wait by themselves are waited for`() throws {
    let (input, output) = (Pipe(), Pipe())
    for handle in [
      input.fileHandleForReading, output.fileHandleForWriting,
    ] { #expect(fcntl(handle.fileDescriptor, F_SETFL, O_NONBLOCK) == 0) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: FoxProcess.path)
    process.arguments = ["tokenize", "--lines", "--tokenizer", FoxProcess.model]
    (process.standardInput, process.standardOutput) = (input, output)
    let (writer, reader) = (input.fileHandleForWriting, output.fileHandleForReading)
    try writer.write(contentsOf: Data("first\n".utf8))
    try process.run()
    // When the first line is answered, there is no second one yet.
    var bytes = Data()
    while !bytes.contains(0x0A), let more = try reader.read(upToCount: 1), !more.isEmpty {
      bytes += more
    }
    let lines = (1..<4000).map { "line \($0)\n" }.joined()
    Thread { [writer] in
      try? writer.write(contentsOf: Data(lines.utf8))
      try? writer.close()
    }.start()
    bytes += reader.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(bytes.count { $0 == 0x0A } == 4000)
  }

  /// Calls that would write over what they read: `@` is the folder.
  static let calls: [[String]] = [
    ["convert", "@/m.safetensors", "@/m.safetensors"],
    ["convert", "@/m.safetensors", "@/soft.safetensors"],
    ["convert", "@/m.safetensors", "@/again/m.safetensors", "--dtype", "f16"],
    ["convert", "@/model", "@/model/model.safetensors"],
    ["logits", "--ids", "1", "--model", "@/model", "--out", "@/model/model.safetensors"],
    ["logits", "--ids", "1", "--model", "@/model", "--out", "@/again/model/tokenizer.json"],
    ["report", "@/r.json", "--results", "@/r.json"],
    ["report", "@/r.html", "--results", "@/r.json", "--json", "@/again/r.json"],
    ["report", "@/model/config.json", "--model", "@/model"],
    ["augment", "--input", "@/train.tsv", "--output", "@", "--translator", "recorded:@/t.json"],
    [
      "augment", "--input", "@/train.tsv", "--output", "@/train.tsv", "--translator",
      "recorded:@/t.json",
    ],
    [
      "augment", "--input", "@/train.tsv", "--output", "@/again", "--translator",
      "recorded:@/t.json",
    ],
    [
      "augment", "--input", "@/train.tsv", "--dev", "@/o/dev.tsv", "--output", "@/o",
      "--translator",
      "recorded:@/t.json",
    ],
    [
      "augment", "--input", "@/train.tsv", "--output", "@/o", "--translator", "recorded:@/t.json",
      "--cache", "@/o/train.tsv",
    ],
    ["train", "lm", "@/config.json"],
  ]

  // Before, all of these wrote: a model was halved, a training configuration became a model's.
  @Test
  func `FILE-12 AUG-28 no command writes over what it reads`() throws {
    try Places.withTemporaryFolder { url in
      let folder = url.path
      func write(_ text: String, _ name: String) throws {
        try AtomicFile.write(Array(text.utf8), to: "\(folder)/\(name)")
      }
      for name in ["model", "o"] { try Folder.create("\(folder)/\(name)") }
      for name in try FileManager.default.contentsOfDirectory(atPath: FoxProcess.model) {
        try FileManager.default.copyItem(
          atPath: "\(FoxProcess.model)/\(name)", toPath: "\(folder)/model/\(name)")
      }
      try FileManager.default.copyItem(
        atPath: "\(folder)/model/model.safetensors", toPath: "\(folder)/m.safetensors")
      #expect(symlink("\(folder)/m.safetensors", "\(folder)/soft.safetensors") == 0)
      #expect(symlink(folder, "\(folder)/again") == 0)
      try write("sentence\tlabel\na\t1\n", "train.tsv")
      try write("sentence\tlabel\na\t1\n", "o/dev.tsv")
      try write(
        #"{"translations": [{"path": ["eng", "spa", "eng"], "text": "a", "translation": "b"}]}"#,
        "t.json")
      let made = try FoxProcess.run([
        "homework", "q1.1", "--model", FoxProcess.model, "--save", "\(folder)/r.json",
      ])
      #expect(made.status == 0, "\(made.error)")
      let training: JSON = [
        "model_name_or_path": .string("\(folder)/model"),
        "train_file": .string("\(folder)/train.tsv"),
        "do_train": true, "output_dir": .string(folder), "overwrite_output_dir": true,
        "max_steps": 1,
      ]
      try write(training.text(), "config.json")
      func state() throws -> [String: Data] {
        var state: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
          state[path] = FileManager.default.contents(atPath: "\(folder)/\(path)")
        }
        return state
      }
      let before = try state()
      for call in Self.calls {
        let run = try FoxProcess.run(call.map { $0.replacingOccurrences(of: "@", with: folder) })
        #expect(run.status == 1, "\(call): \(run.error)")
        #expect(run.error.contains("what is read"), "\(call): \(run.error)")
        #expect(try state() == before, "\(call)")
      }
    }
  }

  // Before, nothing was said.
  @Test
  func `FILE-5 that a link is replaced is said, and its target is not touched`() throws {
    try Places.withTemporaryFolder { folder in
      let (link, target) = (folder.path + "/link.st", folder.path + "/target.st")
      try AtomicFile.write([1], to: target)
      for command in [
        ["logits", "--ids", "1", "--model", FoxProcess.model, "--out", link],
        ["convert", FoxProcess.model, link + ".npz"],
      ] {
        let path = command[command.count - 1]
        try? FileManager.default.removeItem(atPath: path)
        #expect(symlink(target, path) == 0)
        let run = try FoxProcess.run(command)
        #expect(run.status == 0)
        #expect(
          run.error.contains("fox: \(path) is a link to \(target); the new file takes its place"),
          "\(run.error)")
        #expect(try MappedFile(path: target).withBytes { Array($0) } == [1])
        #expect(try FoxProcess.run(["inspect", path]).status == 0)
        #expect(try !FoxProcess.run(command).error.contains("link to"))
      }
    }
  }

  /// Options that add to a file or go on with it, and files that are not ours.
  // Before, the cache was emptied when its file ended without a line feed.
  @Test
  func `AUG-27 HW-10 CLASS-7 what is not ours is refused and left alone`() throws {
    try Places.withTemporaryFolder { url in
      let folder = url.path
      try AtomicFile.write(Array("sentence\tlabel\na\t1\n".utf8), to: "\(folder)/in.tsv")
      let recording = "recorded:\(Places.golden("homework/back-translation.json"))"
      let model = FoxProcess.model
      for text in ["my notes", "my notes\n", "{}", "{\"a\": 1}\n", "[]", "\u{0}\u{1}"] {
        let path = "\(folder)/mine"
        for arguments in [
          [
            "augment", "--input", "\(folder)/in.tsv", "--output", "\(folder)/out", "--translator",
            recording, "--cache", path,
          ],
          ["homework", "q1.1", "--model", model, "--save", path],
          ["homework", "q3.2", "--model", model, "--cache", path, "--translator", recording],
        ] {
          try AtomicFile.write(Array(text.utf8), to: path)
          let run = try FoxProcess.run(arguments, environment: ["FOX_DATA": "", "FOX_MODEL": ""])
          // The third needs a BERT, where there is none.
          #expect(run.status == 1, "\(arguments): \(run.error)")
          #expect(run.output.isEmpty, "before any work")
          #expect(FileManager.default.contents(atPath: path) == Data(text.utf8), "\(arguments)")
        }
      }
    }
  }

  @Test
  func `CKPT-8 CLASS-7 two runs of seeds in one folder, and a record that is not one`() throws {
    try ClassifierFolder.with([("max_steps", 1), ("do_eval", true)]) { folder in
      try Folder.create(folder.output)
      let other = open(folder.output, O_RDONLY | O_DIRECTORY)
      #expect(flock(other, LOCK_EX | LOCK_NB) == 0)
      let busy = try folder.train(["--seeds", "1,2"])
      #expect(
        busy.status == 1 && busy.error.contains("another process that trains here"), "\(busy.error)"
      )
      close(other)
      let text = #"{"configuration": {}, "runs": [{"seed": 1}]}"#
      try folder.write(text, to: "out/seeds.json")
      let damaged = try folder.train(["--seeds", "1,2"])
      #expect(damaged.status == 1 && damaged.error.contains("seeds.json"), "\(damaged.error)")
      #expect(
        FileManager.default.contents(atPath: "\(folder.output)/seeds.json") == Data(text.utf8))
    }
  }
}
