import FoxFiles
import TestSupport
import Testing

@testable import FoxTries

@Suite("Vocabulary files", .counted)
struct VocabularyFilesTests {
  static let vocabulary = #"{"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4}"#

  static func error(_ contents: [String: String]) throws -> TokenizerError? {
    try Fixture.files(contents) { folder in
      do {
        _ = try GPT2Tokenizer(folder: folder)
        return nil
      } catch let error as TokenizerError {
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
      try Self.message([:])?.contains("neither tokenizer.json, nor vocab.json and merges.txt")
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
    #expect(tokenizer.endOfTextID == 5 && tokenizer.count == 6 && tokenizer.isSpecial(5))
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
      "merges.txt, line 2: should be two tokens with one space between them, found \"\""
    ),
    (
      "blank last line", ["merges.txt": "a b\n\n"],
      "merges.txt, line 2: should be two tokens with one space between them, found \"\""
    ),
    (
      "one token", ["merges.txt": "#version: 0.2\nab\n"],
      "merges.txt, line 2: should be two tokens with one space between them, found \"ab\""
    ),
    (
      "three tokens", ["merges.txt": "a b c\n"],
      "merges.txt, line 1: should be two tokens with one space between them, found \"a b c\""
    ),
    (
      "space at the end", ["merges.txt": "a b \n"],
      "merges.txt, line 1: should be two tokens with one space between them, found \"a b \""
    ),
    (
      "no left token", ["merges.txt": " b\n"],
      "merges.txt, line 1: should be two tokens with one space between them, found \" b\""
    ),
    (
      "tab", ["merges.txt": "a\tb\n"],
      "merges.txt, line 1: should be two tokens with one space between them, found \"a\tb\""
    ),
    (
      "lone carriage return", ["merges.txt": "a b\rab c\n"],
      "merges.txt, line 1: should be two tokens with one space between them, found \"a b\rab c\""
    ),
    (
      "unknown token", ["merges.txt": "a b\na x\n"],
      "merges.txt, line 2: the token \"x\" is not in the vocabulary: are these the merges of another vocabulary?"
    ),
    (
      "unknown result", ["merges.txt": "a c\n"],
      "merges.txt, line 1: the token \"ac\" is not in the vocabulary: are these the merges of another vocabulary?"
    ),
    (
      "merge twice", ["merges.txt": "a b\nab c\na b\n"],
      "merges.txt, line 3: the merge \"a b\" is at line 1 already"
    ),
    (
      "byte-order mark", ["merges.txt": "\u{FEFF}a b\n"],
      "merges.txt: line 1 should be a merge, found a byte-order mark; save the file without one"
    ),
    (
      "token twice", ["vocab.json": #"{"a": 0, "a": 1}"#],
      #"vocab.json, line 1, column 10 (byte 9): found "a" a second time, expected every name once "#
        + "in an object"
    ),
    (
      "id twice", ["vocab.json": #"{"a": 0, "b": 0}"#],
      "vocab.json: the tokens \"a\" and \"b\" have the same id 0"
    ),
    (
      "negative id", ["vocab.json": #"{"a": -1}"#],
      "vocab.json: the token \"a\" has the id -1; ids are 0 to 1048575"
    ),
    (
      "id out of range", ["vocab.json": #"{"a": 1048576}"#],
      "vocab.json: the token \"a\" has the id 1048576; ids are 0 to 1048575"
    ),
    (
      "fractional id", ["vocab.json": #"{"a": 0.5}"#],
      "vocab.json: the id of \"a\" should be an integer, found a number"
    ),
    (
      "empty token", ["vocab.json": #"{"": 0}"#],
      "vocab.json: the token of id 0 should be a character or more, found an empty string"
    ),
    (
      "a list", ["vocab.json": "[]"],
      "vocab.json: the document should be an object of ids by token, found an array"
    ),
    (
      "the id of <|endoftext|> is taken", ["vocab.json": #"{"a": 0, "b": 2}"#],
      "vocab.json: the tokens \"b\" and \"<|endoftext|>\" have the same id 2"
    ),
    (
      "prefix space", ["tokenizer_config.json": #"{"add_prefix_space": 1}"#],
      "tokenizer_config.json: add_prefix_space should be true or false, found an integer"
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
