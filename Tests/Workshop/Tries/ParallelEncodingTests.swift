import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("Encoding by several threads", .counted)
struct ParallelEncodingTests {
  private static let lines = """
    One line.
    and another, it's  short
    \u{20}an indented one

    two breaks before, a trailing blank \u{20}
    next
    émigré <|endoftext|>
    x
    \t
    y 日本語
    <|endoftext|>
    'll that be all?

    """

  @Test(arguments: [0, 1, 2, 3, 7, 50, 400])
  func `BPE-17 any number of threads, the same ids`(threads: Int) throws {
    let tokenizer = try Fixture.tiny.get()
    for text in [Self.lines, String(repeating: Self.lines, count: 9), "", "a", "\n\n", "a\nb"] {
      let bytes = Array(text.utf8)
      expectSame(
        try tokenizer.encodeIDs(utf8: bytes, threads: threads),
        try tokenizer.encodeIDs(utf8: bytes), "\(threads) threads")
    }
  }

  @Test
  func `BPE-17 cuts lie behind single line feeds between visible characters`() {
    let bytes = Array("a\nb\n\nc \nd\n e\nf".utf8)
    let possible = Set((1...bytes.count).flatMap { ParallelEncoding.cuts(bytes, parts: $0) })
    #expect(possible == [0, 2, 13])
  }

  @Test
  func `BPE-17 BPE-15 faults have the offset of the whole text`() throws {
    let bytes = Array(String(repeating: "abc\n", count: 50).utf8) + [0xFF]
    #expect(throws: EncoderTests.notUTF8(at: 200)) {
      try Fixture.tiny.get().encodeIDs(utf8: bytes, threads: 4)
    }
  }

  @Test(.tier(.heavy), .tier(.t3))
  func `BPE-17 29 MB of tales`() throws {
    let data = try #require(Places.data).appendingPathComponent("stories/corpus-children.txt")
    let bytes = Array(try Data(contentsOf: data))
    let tokenizer = try Fixture.gpt2.get()
    #expect(
      try tokenizer.encodeIDs(utf8: bytes, threads: 8) == tokenizer.encodeIDs(utf8: bytes))
  }
}
