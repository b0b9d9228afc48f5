import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("Vocabulary files", .counted)
struct VocabularyFilesTests {
  static let vocabulary = #"{"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}"#

  static func error(_ contents: [String: String]) throws -> Fault? {
    try Fixture.files(contents) { folder in
      do {
        _ = try GPT2Tokenizer(folder: folder)
        return nil
      } catch let error as Fault {
        return error
      }
    }
  }

  /// The error with the name of the file for its path.
  static func message(_ contents: [String: String]) throws -> String? {
    try error(contents)?.description.replacing(/\/[^ :,]*\/([^\/ :,]+)/) { String($0.1) }
  }

  @Test
  func `BPE-12 files by their names, in this order`() throws {
    let json = try JSON.read(path: Places.golden("tokenizers/tiny/tokenizer.json")).text()
    var contents = ["encoder.json": #"{"a": 0}"#, "vocab.bpe": "#version: 0.2\n"]
    func count() throws -> Int {
      try Fixture.files(contents) { try GPT2Tokenizer(folder: $0).count }
    }
    #expect(try count() == 2)
    contents["vocab.json"] = Self.vocabulary
    contents["merges.txt"] = "a b\n"
    #expect(try count() == 6)
    contents["tokenizer.json"] = json
    #expect(try count() == 512)
  }

  @Test
  func `BPE-12 BPE-15 a folder without a tokenizer, or with half of one`() throws {
    #expect(
      try Self.message([:])?.contains("found no tokenizer, expected tokenizer.json, or vocab.json")
        == true)
    #expect(try Self.message(["vocab.json": "{}"]) == "merges.txt: found nothing, expected a file")
  }

  @Test
  func `BPE-12 add_prefix_space of tokenizer_config.json`() throws {
    let files = ["vocab.json": #"{"a": 0, "Ġ": 1, "Ġa": 2}"#, "merges.txt": "Ġ a"]
    func ids(_ configuration: String) throws -> [Int] {
      let contents = files.merging(["tokenizer_config.json": configuration]) { $1 }
      return try Fixture.files(contents) { try GPT2Tokenizer(folder: $0).encodeIDs("aa") }
    }
    #expect(try ids("{}") == [0, 0])
    #expect(try ids(#"{"add_prefix_space": true}"#) == [2, 0])
    #expect(try ids(#"{"add_prefix_space": false}"#) == [0, 0])
  }

  @Test
  func `BPE-12 <|endoftext|> gets the next id when the vocabulary lacks it`() throws {
    let tokenizer = try Fixture.files(["vocab.json": Self.vocabulary, "merges.txt": ""]) {
      try GPT2Tokenizer(folder: $0)
    }
    #expect(
      tokenizer.id(of: GPT2Tokenizer.endOfText) == 5 && tokenizer.count == 6
        && tokenizer.isSpecial(5))
    #expect(try tokenizer.encodeIDs("a<|endoftext|>b") == [0, 5, 1])
  }

  @Test(arguments: [
    "#version: 0.2\na b\nab c\n", "a b\nab c\n", "#version: 0.2\na b\nab c",
    "#version: 0.2\r\na b\r\nab c\r\n", "#version: 0.2\na b\n#version\nab c\n",
  ])
  func `BPE-13 lines of merges`(text: String) throws {
    let tokenizer = try Fixture.files(["vocab.json": Self.vocabulary, "merges.txt": text]) {
      try GPT2Tokenizer(folder: $0)
    }
    #expect(try tokenizer.encodeIDs("abcab") == [4, 3])
  }

  static let faults: [(String, [String: String], String)] = [
    (
      "blank line", ["merges.txt": "a b\n\nab c\n"],
      "merges.txt, line 2: found \"\", expected two tokens with one space between them"
    ),
    (
      "blank last line", ["merges.txt": "a b\n\n"],
      "merges.txt, line 2: found \"\", expected two tokens with one space between them"
    ),
    (
      "one token", ["merges.txt": "#version: 0.2\nab\n"],
      "merges.txt, line 2: found \"ab\", expected two tokens with one space between them"
    ),
    (
      "three tokens", ["merges.txt": "a b c\n"],
      "merges.txt, line 1: found \"a b c\", expected two tokens with one space between them"
    ),
    (
      "space at the end", ["merges.txt": "a b \n"],
      "merges.txt, line 1: found \"a b \", expected two tokens with one space between them"
    ),
    (
      "no left token", ["merges.txt": " b\n"],
      "merges.txt, line 1: found \" b\", expected two tokens with one space between them"
    ),
    (
      "tab", ["merges.txt": "a\tb\n"],
      "merges.txt, line 1: found \"a\\tb\", expected two tokens with one space between them"
    ),
    (
      "lone carriage return", ["merges.txt": "a b\rab c\n"],
      "merges.txt, line 1: found \"a b\\rab c\", expected two tokens with one space between them"
    ),
    (
      "unknown token", ["merges.txt": "a b\na x\n"],
      "merges.txt, line 2: found the token \"x\", expected one of the vocabulary; are these the merges of another vocabulary?"
    ),
    (
      "unknown result", ["merges.txt": "a c\n"],
      "merges.txt, line 1: found the token \"ac\", expected one of the vocabulary; are these the merges of another vocabulary?"
    ),
    (
      "merge twice", ["merges.txt": "a b\nab c\na b\n"],
      "merges.txt, line 3: found the merge \"a b\" of line 1 again, expected each merge once"
    ),
    (
      "byte-order mark", ["merges.txt": "\u{FEFF}a b\n"],
      "merges.txt, line 1: found a byte-order mark, expected a merge; save the file without one"
    ),
    (
      "token twice", ["vocab.json": #"{"a": 0, "a": 1}"#],
      #"vocab.json, line 1, column 10 (byte 9): found "a" a second time, expected every name once "#
        + "in an object"
    ),
    (
      "id twice", ["vocab.json": #"{"a": 0, "b": 0}"#],
      "vocab.json: found the id 0 of both \"a\" and \"b\", expected another for each token"
    ),
    (
      "negative id", ["vocab.json": #"{"a": -1}"#],
      "vocab.json, the id of \"a\": found -1, expected 0 to 1048575"
    ),
    (
      "id out of range", ["vocab.json": #"{"a": 1048576}"#],
      "vocab.json, the id of \"a\": found 1048576, expected 0 to 1048575"
    ),
    (
      "fractional id", ["vocab.json": #"{"a": 0.5}"#],
      "vocab.json, the id of \"a\": found a number, expected an integer"
    ),
    (
      "empty token", ["vocab.json": #"{"": 0}"#],
      "vocab.json, the token of id 0: found an empty string, expected a character or more"
    ),
    (
      "a list", ["vocab.json": "[]"],
      "vocab.json, the document: found an array, expected an object of ids by token"
    ),
    (
      "the id of <|endoftext|> is taken", ["vocab.json": #"{"a": 0, "b": 2}"#],
      "vocab.json: found the id 2 of both \"b\" and \"<|endoftext|>\", expected another for each token"
    ),
    (
      "prefix space", ["tokenizer_config.json": #"{"add_prefix_space": 1}"#],
      "tokenizer_config.json, add_prefix_space: found an integer, expected true or false"
    ),
  ]

  @Test(arguments: faults)
  func `BPE-13 BPE-5 faults are named with file and line`(
    name: String, contents: [String: String], message: String
  ) throws {
    let files = ["vocab.json": Self.vocabulary, "merges.txt": ""].merging(contents) { $1 }
    #expect(try Self.message(files) == message)
  }
}
