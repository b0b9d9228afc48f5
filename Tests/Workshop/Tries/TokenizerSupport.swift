import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

/// The tokenizers of the tests, each read once.
enum Fixture {
  /// 512 tokens, from `tokenizer.json`.
  static let tiny = Result { try GPT2Tokenizer(folder: Places.golden("tokenizers/tiny")) }

  /// The same from `vocab.json` and `merges.txt`.
  static let tinyFiles = Result {
    try GPT2Tokenizer(
      vocabularyPath: Places.golden("tokenizers/tiny/vocab.json"),
      mergesPath: Places.golden("tokenizers/tiny/merges.txt"))
  }

  /// GPT-2's vocabulary.
  static let gpt2 = Result {
    let folder = Places.weights.appendingPathComponent("tale-gpt2").path
    return try GPT2Tokenizer(
      vocabularyPath: "\(folder)/vocab.json", mergesPath: "\(folder)/merges.txt")
  }

  /// A tokenizer of a few tokens: the merges joined with the characters they are made of.
  static func tokenizer(alphabet: String, merges: [String]) throws -> GPT2Tokenizer {
    let tokens = alphabet.map { String($0) } + merges.map { $0.filter { $0 != " " } }
    return try read(
      vocabulary: .object(.init(tokens.enumerated().map { ($1, .integer($0)) })),
      merges: "#version: 0.2\n" + merges.joined(separator: "\n"))
  }

  /// Reads a tokenizer from files of this content.
  static func read(vocabulary: JSON, merges: String) throws -> GPT2Tokenizer {
    try files(["vocab.json": vocabulary.text(), "merges.txt": merges]) {
      try GPT2Tokenizer(folder: $0)
    }
  }

  /// Calls `body` with a folder of files of this content.
  static func files<Value>(
    _ contents: [String: String], _ body: (String) throws -> Value
  ) throws -> Value {
    try Places.withTemporaryFolder { folder in
      for (name, content) in contents {
        try Data(content.utf8).write(to: folder.appendingPathComponent(name))
      }
      return try body(folder.path)
    }
  }
}

/// An encoding as the goldens have it.
struct GoldenEncoding {
  let text: String
  let pair: String?
  let ids: [Int]
  let tokens: [String]?
  let offsets: [Int]
  let typeIDs: [Int]?

  init(_ json: JSON) throws {
    text = try json.text("text")
    pair = json["pair"]?.string
    ids = try json.required("ids").integers()
    tokens = json["tokens"]?.array?.compactMap(\.string)
    offsets = try json.required("offsets").integers()
    typeIDs = try json["type_ids"]?.integers()
  }

  /// Compares with what a tokenizer makes of the same text.
  func check(_ encoder: inout GPT2Tokenizer.Encoder, _ what: String) throws {
    let name = "\(what) \(text.debugDescription)"
    let actual = try encoder.encode(text, pair: pair)
    expectSame(actual.ids, ids, "ids of \(name)")
    expectSame(
      actual.offsets.flatMap { [$0.lowerBound, $0.upperBound] }, offsets, "offsets of \(name)")
    if let tokens {
      // By bytes: two tokens may be canonically equivalent.
      expectSame(actual.tokens.map(UTF8Key.init), tokens.map(UTF8Key.init), "tokens of \(name)")
    }
    expectSame(actual.typeIDs, typeIDs ?? ids.map { _ in 0 }, "type ids of \(name)")
    expectSame(actual.attentionMask, ids.map { _ in 1 }, "mask of \(name)")
    if pair == nil { expectSame(try encoder.encodeIDs(text), ids, "ids alone of \(name)") }
  }
}
