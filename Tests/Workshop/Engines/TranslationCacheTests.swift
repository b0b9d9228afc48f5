import Foundation
import FoxDecoding
import TestSupport
import Testing

@testable import FoxEngines

@Suite("The cache of translations", .counted)
struct TranslationCacheTests {
  @Test
  func `AUG-10 each text is asked once: within a call, between calls, between runs`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("c.jsonl").path
      let way = try direction("eng", "spa")
      let engine = CountingTranslator([way])
      do {
        let cache = try CachedEngine(engine, path: path)
        #expect(cache.name == "counting" && cache.identity(of: way) == "counting 1")
        #expect(
          try cache.translations(of: ["a", "b", "a", "a "], way) == [
            "spa(a)", "spa(b)", "spa(a)", "spa(a )",
          ])
        #expect(try cache.translations(of: ["b", "c"], way) == ["spa(b)", "spa(c)"])
        #expect(engine.texts == ["a", "b", "a ", "c"])
      }
      let again = CountingTranslator([way])
      let cache = try CachedEngine(again, path: path)
      #expect(try cache.translations(of: ["a", "c", "d"], way).count == 3)
      #expect(again.texts == ["d"])
      #expect(try RecordedEngine(path: path).translations(of: ["d"], way) == ["spa(d)"])
    }
  }

  @Test
  func `AUG-10 another engine, version or direction is asked anew; bytes decide`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("c.jsonl").path
      let (there, other) = try (direction("eng", "spa"), direction("eng", "fra"))
      for (version, way, text, count) in [
        ("1", there, "é", 1), ("1", there, "é", 0), ("2", there, "é", 1), ("2", other, "é", 1),
        ("2", other, "e\u{301}", 1),
      ] {
        let engine = CountingTranslator([there, other], version: version)
        _ = try CachedEngine(engine, path: path).translations(of: [text], way)
        #expect(engine.texts.count == count)
      }
    }
  }

  @Test
  func `AUG-10 in memory only`() throws {
    let way = try direction("eng", "spa")
    let engine = CountingTranslator([way])
    let cache = try CachedEngine(engine)
    for _ in 0..<2 { #expect(try cache.translations(of: ["a"], way) == ["spa(a)"]) }
    let directions = try cache.directions()
    #expect(engine.texts == ["a"] && directions == [way])
  }

  @Test
  func `AUG-11 a line that was cut off does not count`() throws {
    try Places.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("c.jsonl")
      let way = try direction("eng", "spa")
      let whole = CountingTranslator([way])
      _ = try CachedEngine(whole, path: file.path).translations(of: ["a", "bé"], way)
      let bytes = try Data(contentsOf: file)
      for count in 0..<bytes.count {
        try bytes.prefix(count).write(to: file)
        let lines = bytes.prefix(count).count { $0 == 0x0A }
        let engine = CountingTranslator([way])
        let texts = try CachedEngine(engine, path: file.path)
          .translations(of: ["a", "bé"], way)
        #expect(texts == ["spa(a)", "spa(bé)"] && engine.texts.count == 2 - lines)
        #expect(try Data(contentsOf: file) == bytes)
      }
    }
  }

  // Before, each of these was emptied: what follows the last line feed counted as a line cut off.
  @Test(arguments: [
    "my notes", "sentence\tlabel", "{\"a\": 1}", "{\"path\": \"x\"}", "[1, 2]", "{\"pathology\": [",
    // A translation that somebody else wrote, without a line feed.
    "{\"path\": [\"eng\", \"spa\"], \"text\":\"a\", \"translation\": \"b\"}",
    "{\"path\": [\"eng\", \"spa\"], \"text\": \"a\", \"translation\": \"b\"}\nand notes",
    "{\"path\": [\"eng\", \"spa\"], \"text\": \"a\", \"translation\": \"b\"}\n\u{0}",
  ])
  func `AUG-27 a file that is not a cache is left alone`(text: String) throws {
    try Places.withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("c.jsonl")
      try Data(text.utf8).write(to: file)
      let fault = fault { try CachedEngine(CountingTranslator([]), path: file.path) }
      #expect(fault?.subject == file.path)
      #expect(try Data(contentsOf: file) == Data(text.utf8))
    }
  }

  @Test
  func `AUG-10 one process at a time; what is no cache is refused`() throws {
    try Places.withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("c.jsonl").path
      let engine = CountingTranslator([])
      let first = try CachedEngine(engine, path: path)
      #expect(throws: Fault.busy(path: path)) {
        try CachedEngine(engine, path: path)
      }
      withExtendedLifetime(first) {}
      let other = folder.appendingPathComponent("d.jsonl")
      try Data("sentence\tlabel\n".utf8).write(to: other)
      #expect(throws: (any Error).self) { try CachedEngine(engine, path: other.path) }
      #expect(try Data(contentsOf: other) == Data("sentence\tlabel\n".utf8))
      #expect(throws: (any Error).self) {
        try CachedEngine(engine, path: "/nowhere/c.jsonl")
      }
    }
  }
}
