import Foundation
import FoxData
import FoxDecoding
import TestSupport
import Testing

@testable import FoxEngines

@Suite("Apertium", .counted, .serialized)
struct ApertiumTests {
  private func stub(
    _ script: String, patience: Int = 20, _ body: (Apertium, Direction) throws -> Void
  ) throws {
    try Places.withTemporaryFolder { folder in
      let engine = try StubEngine(folder, ["eng-spa": script])
      try body(engine.translator(patience: patience), direction("eng", "spa"))
    }
  }

  @Test
  func `AUG-5 one chain of programs, kept between calls`() throws {
    // The script changes the first text that a process sees.
    try stub("1s/a/first/") { engine, way throws in
      #expect(try engine.translations(of: ["a", "a"], way) == ["first", "a"])
      #expect(try engine.translations(of: ["a"], way) == ["a"])
    }
    try stub("s/dog/perro/") { engine, way throws in
      for _ in 0..<3 {
        #expect(
          try engine.translations(of: ["the dog", "", "a cat"], way) == ["the perro", "", "a cat"])
      }
    }
  }

  @Test
  func `AUG-5 more than a pipe holds, both ways at once`() throws {
    let texts = (0..<2000).map { "\($0) " + String(repeating: "word ", count: 100) + "end" }
    try stub("s/end/fin/") { engine, way throws in
      let translations = try engine.translations(of: texts, way)
      #expect(translations == texts.map { $0.replacingOccurrences(of: "end", with: "fin") })
    }
  }

  // Before, what had come to its end was ready all the time, and the wait was a loop at full speed.
  @Test
  func `AUG-5 programs that close their standard error are waited for without work`() throws {
    func seconds() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let pipeline = try EnginePipeline([["sh", "-c", "exec 2>&-; sleep 1; exec cat"]])
    let start = seconds()
    var records: [[UInt8]] = []
    let ending = try pipeline.exchange([[97, 0], [98, 0]], patience: 60) {
      records.append($0)
      return true
    }
    #expect(ending == .complete && records == [[97], [98]])
    // Seconds of the processor, not of the clock.
    #expect(seconds() - start < 0.3)
  }

  @Test
  func `AUG-2 two threads, one direction: each gets its own`() throws {
    try stub("s/x/y/") { engine, way throws in
      DispatchQueue.concurrentPerform(iterations: 4) { thread in
        let texts = (0..<50).map { "x \(thread) \($0)" }
        let translations = try? engine.translations(of: texts, way)
        #expect(translations == texts.map { "y" + $0.dropFirst() })
      }
    }
  }

  @Test
  func `AUG-5 no process stays`() throws {
    func children() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc").count { id in
        let status = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        let rest = status?.split(separator: ")").last?.split(separator: " ") ?? []
        return rest.count > 1 && rest[1] == "\(getpid())" && status?.contains("(sed)") == true
      }
    }
    try stub("s/a/b/") { engine, way throws in
      _ = try engine.translations(of: ["a"], way)
      #expect(try children() >= 2)
    }
    #expect(try children() == 0)
  }

  @Test
  func `AUG-7 an engine that ends in the middle is started once more`() throws {
    try Places.withTemporaryFolder { folder in
      let flag = folder.appendingPathComponent("flag").path
      let script = "/bomb/e test -e \(flag) || (touch \(flag) && kill -9 $PPID)"
      try stub(script) { engine, way throws in
        let texts = ["a", "b", "bomb", "c", "d"]
        #expect(try engine.translations(of: texts, way) == texts)
        #expect(FileManager.default.fileExists(atPath: flag))
        #expect(try engine.translations(of: ["e"], way) == ["e"])
      }
    }
  }

  @Test
  func `AUG-7 one that ends twice is an error that names direction, sentence and words`() throws {
    try stub("/bomb/{e echo boom >&2\nQ3\n}") { engine, way throws in
      let error = Fault.died(
        engine: "Apertium", direction: way, text: "a bomb", end: "sed ended with 3",
        printed: "boom")
      for _ in 0..<2 {
        #expect(throws: error) { try engine.translations(of: ["x", "a bomb", "y"], way) }
      }
      #expect(try engine.translations(of: ["x"], way) == ["x"])
    }
  }

  @Test
  func `AUG-6 AUG-7 fewer records, or others, never shift a text`() throws {
    // Left out in the middle: the next one comes under another number.
    try stub("/gone/d") { engine, way throws in
      #expect(
        throws: Fault.shifted(
          engine: "Apertium", direction: way, text: "gone", answer: "[#2]b.[]")
      ) { try engine.translations(of: ["a", "gone", "b"], way) }
      #expect(try engine.translations(of: ["a", "b"], way) == ["a", "b"])
    }
    // Left out at the end, or two made one: nothing comes any more.
    for script in ["/gone/d", "/gone/N"] {
      try stub(script, patience: 1) { engine, way throws in
        #expect(
          throws: Fault.stalled(
            engine: "Apertium", direction: way, text: "gone", seconds: 1, printed: "")
        ) { try engine.translations(of: ["a", "gone"], way) }
      }
    }
    // One too many.
    try stub("/twice/p") { engine, way throws in
      #expect(throws: (any Error).self) {
        try engine.translations(of: ["twice", "b"], way)
      }
    }
  }

  @Test
  func `AUG-4 programs and directions that are not there`() throws {
    #expect(
      throws: Fault.noEngine(missing: "no directions in /nowhere/modes")
    ) { try Apertium(folder: nil, environment: ["APERTIUM_DATADIR": "/nowhere"]) }
    try stub("p") { engine, way throws in
      let other = try direction("eng", "fra")
      #expect(
        throws: Fault.direction(engine: "Apertium", other, known: [way])
      ) { try engine.translations(of: ["a"], other) }
      let path = "\(engine.identity(of: way))"
      #expect(path.hasPrefix("apertium eng-spa "))
    }
    try Places.withTemporaryFolder { folder in
      _ = try StubEngine(folder, ["eng-spa": ""])
      let mode = folder.appendingPathComponent("modes/eng-spa.mode")
      try Data("no-such-program-here x".utf8).write(to: mode)
      #expect(
        throws: Fault.noEngine(missing: "no program no-such-program-here")
      ) {
        try Apertium(folder: folder.path).translations(of: ["a"], direction("eng", "spa"))
      }
    }
  }
}

@Suite("The true Apertium", .counted, .serialized)
struct TrueApertiumTests {
  @Test(.tier(.apertium))
  func `AUG-4 AUG-8 a sentence in four languages`() throws {
    let apertium = try Apertium()
    let known = Set(apertium.directions())
    for pivot in ["spa", "cat", "glg", "epo"] {
      let (there, back) = try (direction("eng", pivot), direction(pivot, "eng"))
      #expect(known.contains(there) && known.contains(back))
      let out = try apertium.translations(of: ["this is a good film ."], there)
      #expect(out != ["this is a good film ."])
      let home = try apertium.translations(of: out, back)[0].lowercased()
      #expect(home.contains("film"), "\(home)")
    }
  }

  @Test(.tier(.apertium))
  func `AUG-6 hostile sentences keep their places`() throws {
    let apertium = try Apertium()
    let pieces = ApertiumStreamTests.hostile + ["the dog", "is", "not", "very good ."]
    var state: UInt64 = 7
    func draw(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    let texts = (0..<200).map { index in
      let words = (0..<(1 + draw(6))).map { _ in pieces[draw(pieces.count)] }
      return "zq\(index)zq " + words.joined(separator: [" ", ""][draw(2)])
    }
    for pivot in ["spa", "cat", "glg", "epo"] {
      let there = try apertium.translations(of: texts, direction("eng", pivot))
      let back = try apertium.translations(of: there, direction(pivot, "eng"))
      for (index, text) in back.enumerated() {
        #expect(text.lowercased().contains("zq\(index)zq"), "\(pivot): \(texts[index]) → \(text)")
      }
    }
  }

  /// What `apertium -u` says of one text.
  private func script(_ text: String, _ mode: String = "eng-spa") throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["apertium", "-u", mode]
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    input.fileHandleForWriting.write(Data(text.utf8))
    try input.fileHandleForWriting.close()
    let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return ApertiumStream.line(said)
  }

  @Test(.tier(.apertium))
  func `AUG-8 what the script says of one sentence`() throws {
    let texts = [
      "unfortunately , it 's also not very good .", "than the real thing",
      "moving and solidly entertaining comedy/drama", "The dog; the cat (and the mouse)!",
      "5~6 houses", "about ~10 dollars", "~/home", "a ~~ b", "houses~", "~",
    ]
    let ours = try Apertium().translations(of: texts, direction("eng", "spa"))
    for (text, translation) in zip(texts, ours) { #expect(try translation == script(text)) }
  }

  /// Every sign of ASCII and some of other scripts: alone, doubled, inside a word.
  @Test(.tier(.heavy), .tier(.apertium))
  func `AUG-6 AUG-8 signs come back as the script brings them back`() throws {
    let signs =
      (0x21...0x7E).compactMap { Unicode.Scalar($0) }.filter {
        !CharacterSet.alphanumerics.contains($0)
      }.map { String($0) } + [
        "é", "ß", "İ", "ж", "Я", "λ", "Ω", "中", "、", "€", "—", "…", "«", "’", "№", "🦊",
      ]
    let texts = signs.flatMap { ["\($0)", "\($0)\($0)", "house\($0)cat", "a \($0) house"] }
    let ours = try Apertium().translations(of: texts, direction("eng", "spa"))
    for (text, translation) in zip(texts, ours) {
      #expect(try translation == script(text), "\(text)")
    }
  }

  @Test(.tier(.heavy), .tier(.apertium), .tier(.t3))
  func `AUG-5 AUG-8 a text has one translation, whatever came before it`() throws {
    let data = try #require(Places.data)
    let path = data.appendingPathComponent("sst2/dev.tsv").path
    let texts = try LabelledText.read(path: path).prefix(320).map(\.text)
    let way = try direction("eng", "spa")
    let row = try Apertium().translations(of: texts, way)
    for index in stride(from: 0, to: texts.count, by: 4) {
      #expect(try row[index] == script(texts[index]), "\(index)")
    }
    // The same after a stop in the middle: what a run that was killed goes on with.
    let rest = try Apertium().translations(of: Array(texts[150...]), way)
    expectSame(Array(row[150...]), rest, "from sentence 150 on")
  }

  @Test(.tier(.heavy), .tier(.apertium), .tier(.t3))
  func `AUG-8 1,000 sentences there and back`() throws {
    let data = try #require(Places.data)
    let path = data.appendingPathComponent("sst2/train.tsv").path
    let examples = Array(try LabelledText.read(path: path).prefix(1000))
    let begin = ProcessInfo.processInfo.systemUptime
    let set = try Augmenter(translator: Apertium(), pivots: ["spa"]).run(examples)
    let seconds = ProcessInfo.processInfo.systemUptime - begin
    print("1,000 sentences eng→spa→eng: \(String(format: "%.1f", seconds)) s")
    #expect(set.examples.count == 2000)
  }
}
