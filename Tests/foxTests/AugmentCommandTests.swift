import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("fox augment", .counted, .serialized)
struct AugmentCommandTests {
  private let recording = "recorded:\(Places.golden("homework/back-translation.json"))"
  private let none = ["APERTIUM_DATADIR": "/nowhere"]

  private func write(_ text: String, _ name: String, _ folder: URL) throws -> String {
    let file = folder.appendingPathComponent(name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  /// An engine made of `sed` in a folder.
  private func engine(_ scripts: [String: String], _ folder: URL) throws -> [String: String] {
    let modes = folder.appendingPathComponent("modes")
    try FileManager.default.createDirectory(at: modes, withIntermediateDirectories: true)
    for (name, script) in scripts { _ = try write("sed -u '\(script)'", "\(name).mode", modes) }
    return ["APERTIUM_DATADIR": folder.path]
  }

  @Test
  func `CLI-70 AUG-21 the homework's listing, its files, and a table`() throws {
    try Places.withTemporaryFolder { folder in
      let input = try write(
        "sentence\tlabel\nits unerring respect for them \t1\n", "train.tsv", folder)
      let dev = try write("sentence\tlabel\nx, \"y\t0\n", "dev.tsv", folder)
      let out = folder.appendingPathComponent("out")
      let run = try FoxProcess.run([
        "augment", "--input", input, "--dev", dev, "--output", out.path, "--translator", recording,
      ])
      #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
      let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      let listing = try Golden.json("homework/back-translation.json").required("listing")
      expectSame(
        lines.prefix(15).map { $0.split(separator: " ").joined(separator: " ") },
        listing.array?.compactMap(\.string) ?? [], "lines")
      #expect(lines[2] == "train-1-aug-cs       his unfailing respect for them")
      #expect(lines[16].hasPrefix("pivot  kept  dropped  ROUGE-L  way"))
      #expect(lines[17] == "en     1     0        1.000    en→en→en")
      #expect(lines.dropLast().last == "\(out.path)/train.tsv: 15 sentences, 1 of them original")
      #expect(try names(out) == ["dev.csv", "dev.tsv", "train.csv", "train.tsv"])
      let csv = try String(contentsOf: out.appendingPathComponent("dev.csv"), encoding: .utf8)
      #expect(csv == "sentence,label\n\"x, \"\"y\",0\n")
    }
  }

  @Test
  func `CLI-70 CLI-5 as JSON, with filters`() throws {
    try Places.withTemporaryFolder { folder in
      let input = try write(
        "sentence\tlabel\nits unerring respect for them \t1\n", "train.tsv", folder)
      let run = try FoxProcess.run([
        "augment", "--input", input, "--output", folder.path + "/out", "--translator", recording,
        "--json",
        "--drop", "all", "--pivots", "en,cs,es,zh-cn", "--max-length", "3",
      ])
      #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
      let document = try JSON.parse(Array(run.output.utf8))
      #expect(
        document.object?.members.map(\.key) == [
          "translator", "output", "originals", "sentences", "similarity", "pivots", "sample",
        ])
      #expect(document["originals"] == 1 && document["sentences"] == 3)
      let pivots = try #require(document["pivots"]?.array)
      #expect(pivots.map { $0["kept"]?.integer } == [0, 1, 0, 1])
      #expect(pivots[0]["dropped"] == ["unchanged": 1] && pivots[2]["dropped"] == ["duplicate": 1])
      #expect(pivots[3]["path"] == ["en", "zh-cn", "en"])
      #expect(document["sample"]?.array?.last?["guid"]?.string == "train-1-aug-zh-cn")
    }
  }

  @Test
  func `CLI-71 the demonstration, without an engine too`() throws {
    let without = try FoxProcess.run(["augment", "--demo"], environment: none)
    #expect(without.status == 0)
    #expect(
      without.output
        == "I love natural language processing\neng→fas  من عاشق پردازش زبان طبیعی هستم\n")
    #expect(without.error.contains("apt-get install apertium"))
    let recorded = try FoxProcess.run(["augment", "--demo", "--json", "--translator", recording])
    let document = try JSON.parse(Array(recorded.output.utf8))
    #expect(
      document["translations"] == [
        ["direction": "en→fa", "text": "من عاشق پردازش زبان طبیعی هستم"]
      ])
    try Places.withTemporaryFolder { folder in
      let stub = try engine(["eng-spa": "s/love/amo/", "spa-eng": "s/amo/like/"], folder)
      let run = try FoxProcess.run(["augment", "--demo"], environment: stub)
      #expect(
        run.output == """
          I love natural language processing
          eng→spa  I amo natural language processing
          spa→eng  I like natural language processing

          """)
    }
  }

  @Test
  func `CLI-71 the list: what comes back, with the way`() throws {
    try Places.withTemporaryFolder { folder in
      let stub = try engine(
        [
          "en-es": "", "es-en": "", "eu-en": "", "es-fr": "", "fr-es": "", "es-pt_BR": "",
          "es-pt": "", "pt-es": "",
        ], folder)
      let run = try FoxProcess.run(["augment", "--list-pairs"], environment: stub)
      #expect(
        run.output == """
          fra     eng→spa→fra→spa→eng
          por     eng→spa→por→spa→eng
          spa     eng→spa→eng
          por_BR  eng→spa→por_BR→spa→eng

          """)
      let json = try FoxProcess.run(["augment", "--list-pairs", "--json"], environment: stub)
      let document = try JSON.parse(Array(json.output.utf8))
      #expect(document["pivots"]?.array?[2] == ["name": "spa", "path": ["eng", "spa", "eng"]])
    }
  }

  @Test
  func `CLI-2 CLI-70 failures`() throws {
    try Places.withTemporaryFolder { folder in
      let input = try write("sentence\tlabel\na\t1\n", "train.tsv", folder)
      let out = folder.appendingPathComponent("out").path
      let stub = try engine(["eng-spa": "", "spa-eng": "", "eus-eng": ""], folder)
      let paths = ["--input", input, "--output", out]
      for (arguments, environment, words) in [
        (
          paths, none,
          "fox: Apertium: found no directions in /nowhere/modes, expected an installed engine; apt-get"
        ),
        (
          paths + ["--pivots", "eus"], stub,
          "fox: pivot, \"eus\": found nothing that leads from eng"
        ),
        (paths + ["--text-column", "x"], stub, "fox: \(input): found no column"),
        (["--input", "/no", "--output", out], stub, "fox: /no: found nothing, expected a file"),
        (
          paths + ["--translator", "recorded:/no"], stub, "fox: /no: found nothing, expected a file"
        ),
        (paths + ["--translator", "libretranslate:x"], stub, "fox: endpoint \"x\" is not an"),
        (paths + ["--translator", recording], stub, "fox: "),
      ] {
        let run = try FoxProcess.run(["augment"] + arguments, environment: environment)
        #expect(run.status == 1 && run.output.isEmpty && run.error.hasPrefix(words), "\(run.error)")
      }
      for arguments in [
        [], ["--input", input], paths + ["--translator", "google"], paths + ["--drop", "x"],
        paths + ["--min-length", "3"], paths + ["--source", "?"], ["--demo", "--list-pairs"],
        paths + ["--patience", "0"], paths + ["--foreign-share", "2"], paths + ["--cache", ""],
      ] {
        let run = try FoxProcess.run(["augment"] + arguments, environment: stub)
        #expect(run.status == 64, "\(arguments)")
      }
    }
  }

  @Test(
    .enabled(if: KillPoint.library != nil, "needs a C compiler"), arguments: [SIGKILL, SIGINT])
  func `CLI-72 AUG-11 stopped in the middle, nothing that was answered is asked again`(
    signal: Int32
  ) throws {
    try Places.withTemporaryFolder { folder in
      let rows = (0..<60).map { "text \($0)\t\($0 % 2)\n" }.joined()
      let input = try write("sentence\tlabel\n" + rows, "train.tsv", folder)
      let out = folder.appendingPathComponent("out")
      let logs = ["eng-spa", "spa-eng"].map { folder.appendingPathComponent("\($0).log") }
      func asked() -> Int {
        logs.reduce(0) { sum, log in
          let text = try? String(contentsOf: log, encoding: .utf8)
          return sum + (text?.split(separator: "\u{0}").count ?? 0)
        }
      }
      // What was asked for is written down.
      func script(_ log: URL) -> String { "w \(log.path)" }
      let stub = try engine(["eng-spa": script(logs[0]), "spa-eng": script(logs[1])], folder)
      let arguments = ["augment", "--input", input, "--output", out.path, "--pivots", "spa"]

      // Nearly all calls are the 120 lines of the cache.
      let ended = try KillPoint.run(arguments, at: 40, by: signal, environment: stub)
      #expect(ended.isKilled && ended.status == signal, "\(ended.error)")
      let cache = out.appendingPathComponent("translations.jsonl")
      #expect(try names(out) == ["translations.jsonl"])
      let kept = try lines(cache)
      #expect(kept.count >= 20 && kept.count < 60)
      // The engine ends with us.
      try Waiting.untilNobodyMentions(folder.path)
      for log in logs { try? FileManager.default.removeItem(at: log) }

      let run = try FoxProcess.run(arguments, environment: stub)
      #expect(run.status == 0, "\(run.error)")
      #expect(asked() == 120 - kept.count)
      #expect(try lines(cache).count == 120 && lines(cache).prefix(kept.count) == kept[...])
      let again = try FoxProcess.run(arguments, environment: stub)
      #expect(again.status == 0 && again.output == run.output)
      #expect(asked() == 120 - kept.count)
      // The cache is a recording.
      let replay = try FoxProcess.run(
        [
          "augment", "--input", input, "--output", out.path, "--pivots", "spa", "--translator",
          "recorded:\(cache.path)",
        ], environment: none)
      #expect(replay.status == 0 && replay.output == run.output)
    }
  }

  private func lines(_ file: URL) throws -> [String] {
    guard let data = try? Data(contentsOf: file) else { return [] }
    let whole = data.prefix(data.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0)
    return String(decoding: whole, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test(.tier(.apertium))
  func `CLI-70 the true engine`() throws {
    try Places.withTemporaryFolder { folder in
      let input = try write(
        "sentence\tlabel\nthis is a good film .\t1\n^zqx$ [zqv] \\zqz is bad\t0\n", "train.tsv",
        folder)
      let out = folder.appendingPathComponent("out")
      let run = try FoxProcess.run([
        "augment", "--input", input, "--output", out.path, "--pivots", "spa,cat,glg,epo,spa-cat",
      ])
      #expect(run.status == 0, "\(run.error)")
      let text = try String(contentsOf: out.appendingPathComponent("train.tsv"), encoding: .utf8)
      let rows = text.split(separator: "\n").map { $0.split(separator: "\t") }
      #expect(rows.count == 13 && rows.allSatisfy { $0.count == 2 })
      #expect(rows[1...6].allSatisfy { $0[0].lowercased().contains("film") && $0[1] == "1" })
      #expect(
        rows[7...12].allSatisfy { $0[0].lowercased().contains("^zqx$ [zqv] \\zqz") && $0[1] == "0" }
      )
    }
  }
}
