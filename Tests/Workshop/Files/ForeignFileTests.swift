import Foundation
import FoxFiles
import TestSupport
import Testing

/// Bytes of a kind, and what they are.
struct ForeignSample: CustomTestStringConvertible, Sendable {
  let bytes: [UInt8]
  let kind: ForeignFile
  var testDescription: String { "\(kind.found): \(bytes.prefix(12))" }

  init(_ bytes: [UInt8], _ kind: ForeignFile) { (self.bytes, self.kind) = (bytes, kind) }
  init(_ text: String, _ kind: ForeignFile) { self.init(Array(text.utf8), kind) }

  /// Zeros for each letter before or after it, and what stands in front.
  static func wide(_ mark: [UInt8], before: Int, after: Int) -> [UInt8] {
    mark
      + Array("{\"a\": 1}\n".utf8).flatMap {
        [UInt8](repeating: 0, count: before) + [$0] + [UInt8](repeating: 0, count: after)
      }
  }

  /// What nobody means, whoever reads it.
  static let always: [ForeignSample] = [
    .init("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", .gitLFSPointer),
    .init("\u{FEFF}version https://git-lfs.github.com/spec/v1\r\n", .gitLFSPointer),
    .init("<!DOCTYPE html>\n<html></html>", .webPage), .init(" \n<HTML lang=en>", .webPage),
    .init("<?xml version=\"1.0\"?><Error/>", .webPage),
    .init("\u{FEFF}<!-- saved from url -->\n<html>", .webPage),
    .init("Entry not found", .serverAnswer), .init("404: Not Found\n", .serverAnswer),
    .init([0x1F, 0x8B, 0x08, 0], .gzip), .init([0x28, 0xB5, 0x2F, 0xFD], .packed),
    .init("BZh91AY&SY", .packed), .init([0x89, 0x48, 0x44, 0x46, 0x0D], .hdf5),
    .init("GGUF\u{3}\0\0\0", .gguf), .init("PAR1\u{15}\u{4}", .columnar),
    .init("%PDF-1.7\n", .picture), .init([0xD0, 0xCF, 0x11, 0xE0], .office),
  ]
  /// What is not for who reads text.
  static let forText: [ForeignSample] = [
    .init([0x50, 0x4B, 3, 4, 0x14, 0], .zip), .init([0x80, 2, 0x7D], .weights),
    .init([8, 0, 0, 0, 0, 0, 0, 0] + Array("{}      ".utf8), .weights),
    .init(wide([0xFF, 0xFE], before: 0, after: 1), .utf16),
    .init(wide([0xFE, 0xFF], before: 1, after: 0), .utf16),
    .init(wide([], before: 0, after: 1), .utf16), .init(wide([], before: 1, after: 0), .utf16),
    .init(wide([0xFF, 0xFE, 0, 0], before: 0, after: 3), .utf32),
    .init([UInt8](repeating: 0, count: 64), .binary),
  ]
}

@Suite("Files of other kinds", .counted)
struct ForeignFileTests {
  private static let csv = ForeignFile.Reader.table(UInt8(ascii: ","))
  private static let tsv = ForeignFile.Reader.table(UInt8(ascii: "\t"))

  @Test(arguments: ForeignSample.always)
  func `FILE-14 what nobody means is known to every reader`(sample: ForeignSample) {
    for reader in [.weights, .json, .text, .other, Self.csv, Self.tsv] {
      #expect(ForeignFile(sample.bytes, for: reader) == sample.kind, "\(reader)")
      #expect(ForeignFile(refused: sample.bytes, by: reader) == sample.kind, "\(reader)")
    }
  }

  @Test(arguments: ForeignSample.forText)
  func `FILE-14 what is not text is known to who reads text`(sample: ForeignSample) {
    for reader in [.json, .text, Self.csv, Self.tsv] {
      #expect(ForeignFile(sample.bytes, for: reader) == sample.kind, "\(reader)")
    }
  }

  @Test(arguments: [
    ("", ForeignFile.empty), (" \n\n\t", .blank), ("\u{FEFF}\r\n", .blank),
  ])
  func `FILE-14 nothing is known after it was refused`(text: String, kind: ForeignFile) {
    for reader in [.weights, .json, .text, .other, Self.csv, Self.tsv] {
      #expect(ForeignFile(text.utf8, for: reader) == nil)
      #expect(ForeignFile(refused: text.utf8, by: reader) == kind, "\(reader)")
    }
  }

  @Test(arguments: [
    ("a;b\n1, 2;3\n", ",", "semicolons between the columns", "commas"),
    ("\"a, b\";\"c\"\n", ",", "semicolons between the columns", "commas"),
    ("\u{FEFF}a;b\n", ",", "semicolons between the columns", "commas"),
    ("sep=;\na;b\n", ",", "semicolons between the columns", "commas"),
    ("a\tb\n1\t2\n", ",", "tabs between the columns", "commas"),
    ("a|b\n", ",", "vertical bars between the columns", "commas"),
    ("a,b\n1,2\n", "\t", "commas between the columns", "tabs"),
    ("a;b\n", "\t", "semicolons between the columns", "tabs"),
    ("[{\"a\": 1}]", ",", "JSON", "the columns that the file's name promises"),
    ("{\"a\": 1}\n", "\t", "JSON", "the columns that the file's name promises"),
  ])
  func `FILE-14 a table with other columns than its name says`(
    text: String, separator: String, found: String, expected: String
  ) throws {
    let reader = ForeignFile.Reader.table(try #require(separator.utf8.first))
    let kind = ForeignFile(text.utf8, for: reader)
    #expect(kind?.found == found && kind?.expected == expected)
    #expect(kind?.hint.isEmpty == false)
  }

  @Test(arguments: [
    "text\na; b\n", "a,b;c\n1,2\n", "Hello, world\n", "\"a;b\"\nc\n", "sentence\nJa, ja\n",
    "ünïcödé\n", "café,1\n", "GGUF is a format, too\n", "PAR1 and ARROW1, BZhang\n",
  ])
  func `FILE-14 what may be meant is left to its reader`(text: String) {
    for reader in [.text, .other, Self.csv] {
      #expect(ForeignFile(text.utf8, for: reader) == nil)
      #expect(ForeignFile(refused: text.utf8, by: reader) == nil)
    }
    for text in ["{", "[1", "\"a", "-1", "tru", "nul"] {
      #expect(ForeignFile(refused: text.utf8, by: .json) == nil)
    }
    #expect(ForeignFile(refused: "import json".utf8, by: .json) == .notJSON)
    #expect(ForeignFile(refused: "root:x:0\n".utf8, by: .weights) == .text)
    #expect(ForeignFile(refused: "\u{FEFF}{}".utf8, by: .weights) == .marked)
    #expect(ForeignFile(refused: #"{"error": "no"}"#.utf8, by: .json) == .serverAnswer)
  }

  @Test
  func `FILE-14 the end of a name says who reads`() {
    let readers = ["a/b.csv", "b.TSV", "c.tar.json", "d.jsonl", "merges.txt", "m.bin", "LICENSE"]
      .map { ForeignFile.Reader(name: $0) }
    #expect(readers == [Self.csv, Self.tsv, .json, .json, .text, .weights, .other])
  }
}
