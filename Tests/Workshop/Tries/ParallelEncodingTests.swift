import Foundation
import TestSupport
import Testing

@testable import FoxTries

@Suite("Encoding by several threads")
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

  @Test(
    "any number of threads, the same ids", .spec("BPE-17"), arguments: [0, 1, 2, 3, 7, 50, 400])
  func sameIDs(threads: Int) throws {
    let tokenizer = try Fixture.tiny.get()
    for text in [Self.lines, String(repeating: Self.lines, count: 9), "", "a", "\n\n", "a\nb"] {
      let bytes = Array(text.utf8)
      expectSame(
        try tokenizer.encodeIDs(utf8: bytes, threads: threads),
        try tokenizer.encodeIDs(utf8: bytes), "\(threads) threads")
    }
  }

  @Test("cuts lie behind single line feeds between visible characters", .spec("BPE-17"))
  func cuts() {
    let bytes = Array("a\nb\n\nc \nd\n e\nf".utf8)
    let possible = Set((1...bytes.count).flatMap { ParallelEncoding.cuts(bytes, parts: $0) })
    #expect(possible == [0, 2, 13])
  }

  @Test("faults have the offset of the whole text", .spec("BPE-17", "BPE-15"))
  func faults() throws {
    let bytes = Array(String(repeating: "abc\n", count: 50).utf8) + [0xFF]
    #expect(throws: TokenizerError.invalidUTF8(offset: 200)) {
      try Fixture.tiny.get().encodeIDs(utf8: bytes, threads: 4)
    }
  }

  @Test("29 MB of tales", .spec("BPE-17"), .tier(.heavy), .tier(.t3))
  func tales() throws {
    let data = try #require(Places.data).appendingPathComponent("stories/corpus-children.txt")
    let bytes = Array(try Data(contentsOf: data))
    let tokenizer = try Fixture.gpt2.get()
    #expect(
      try tokenizer.encodeIDs(utf8: bytes, threads: 8) == tokenizer.encodeIDs(utf8: bytes))
  }
}
