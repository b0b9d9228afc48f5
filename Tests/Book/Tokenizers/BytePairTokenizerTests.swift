import FoxDecoding
import TestSupport
import Testing

@testable import FoxTokenizers

@Suite("GPT-2's tokenizer, by hand", .counted)
struct BytePairTokenizerToyTests {
  /// Seven letters, then what merging them in this order gives.
  static func toy(_ merges: String = "u g\nu n\nh ug\n") throws -> BytePairTokenizer {
    let tokens = ["b", "g", "h", "n", "p", "s", "u", "ug", "un", "hug"]
    return try BytePairTokenizer(
      vocabulary: tokens.enumerated().map { (token: $1, id: $0) }, merges: merges)
  }

  @Test(arguments: [
    ("hug", [9]), ("hugs", [9, 5]), ("pug", [4, 7]), ("pun", [4, 8]), ("bun", [0, 8]),
    ("hun", [2, 8]), ("<|endoftext|>hug", [10, 9]), ("", []),
  ])
  func `BPE-4 hug, pug, bun`(text: String, ids: [Int]) throws {
    let tokenizer = try Self.toy()
    #expect(try tokenizer.encode(text) == ids)
    #expect(try tokenizer.decode(ids) == text)
  }

  @Test
  func `BPE-15 a byte without a token, an id without one`() throws {
    let tokenizer = try Self.toy()
    let byte = #expect(throws: Fault.self) { try tokenizer.encode("mug") }
    #expect(byte?.subject == "text" && byte?.found == "the byte \"m\"")
    let id = #expect(throws: Fault.self) { try tokenizer.decode([9, 11]) }
    #expect(id?.subject == "ids" && id?.place == "1" && id?.found == "11")
  }

  @Test
  func `BPE-5 a token with two ids, an id with two tokens`() {
    func error(_ entries: [(token: String, id: Int)]) -> Fault? {
      #expect(throws: Fault.self) { try BytePairTokenizer(vocabulary: entries, merges: "") }
    }
    #expect(error([("a", 0), ("a", 1)])?.found == "ids 0 and 1")
    #expect(error([("a", 0), ("b", 0)])?.found == "\"a\" and \"b\"")
    // The next id is 1, and "b" has it.
    #expect(error([("b", 1)])?.found == "\"b\" and \"<|endoftext|>\"")
  }

  @Test
  func `BPE-5 composed and decomposed tokens are two tokens`() throws {
    var vocabulary = Vocabulary()
    try vocabulary.insert(Array("\u{e0}".utf8), id: 0)
    try vocabulary.insert(Array("a\u{300}".utf8), id: 1)
    #expect(vocabulary["\u{e0}"] == 0 && vocabulary["a\u{300}"] == 1 && vocabulary.count == 2)
  }

  @Test(arguments: [
    "#version: 0.2\nu g\nu n\nh ug\n", "u g\nu n\nh ug", "u g\r\nu n\r\nh ug\r\n",
    "u g\n#version\nu n\nh ug\n",
  ])
  func `BPE-13 lines of merges`(text: String) throws {
    #expect(try Self.toy(text).encode("hugun") == [9, 8])
  }

  @Test(arguments: [
    ("u g\n\nh ug\n", "line 2"), ("ug\n", "line 1"), ("u g n\n", "line 1"), ("u g \n", "line 1"),
    (" g\n", "line 1"), ("u\tg\n", "line 1"), ("u g\nu x\n", "line 2"), ("g g\n", "line 1"),
    ("u g\nh ug\nu g\n", "line 3"),
  ])
  func `BPE-13 lines that are not merges`(text: String, place: String) {
    let error = #expect(throws: Fault.self) { try Self.toy(text) }
    #expect(error?.subject == "merges" && error?.place == place)
  }
}

@Suite("GPT-2's tokenizer: texts of the reference", .counted)
struct BytePairTokenizerTests {
  static func tokenizer(_ folder: String) throws -> BytePairTokenizer {
    try BytePairTokenizer(
      vocabulary: VocabularyText.entries("\(folder)/vocab.json"),
      merges: VocabularyText.text("\(folder)/merges.txt"))
  }

  static func check(_ tokenizer: BytePairTokenizer, _ path: String) throws {
    let golden = try Golden.json(path)
    for json in try golden.list("cases") + golden.list("random") {
      let (text, ids) = (try json.text("text"), try json.required("ids").integers())
      expectSame(try tokenizer.encode(text), ids, "ids of \(text.debugDescription)")
      expectText(try tokenizer.decode(ids), text, "decoded again")
    }
    for json in try golden.list("decode") {
      let ids = try json.required("ids").integers()
      let text = try tokenizer.decode(ids)
      expectText(text, try json.text("text"), "\(ids)")
      expectText(
        try tokenizer.decode(ids, skipSpecialTokens: true), json["skip"]?.string ?? text,
        "\(ids) without special tokens")
    }
  }

  @Test
  func `BPE-2 BPE-4 BPE-8 BPE-9 512 tokens`() throws {
    try Self.check(Self.tokenizer(Places.golden("tokenizers/tiny")), "tokenizers/tiny.json")
  }

  @Test(.tier(.t1))
  func `BPE-2 BPE-4 BPE-8 BPE-9 GPT-2's vocabulary`() throws {
    let folder = Places.weights.appendingPathComponent("tale-gpt2").path
    let tokenizer = try Self.tokenizer(folder)
    #expect(try tokenizer.encode("Don't stop<|endoftext|>") == [3987, 470, 2245, 50256])
    try Self.check(tokenizer, "tokenizers/gpt2.json")
  }

  @Test
  func `BPE-9 half a character`() throws {
    let tokenizer = try Self.tokenizer(Places.golden("tokenizers/tiny"))
    let ids = try tokenizer.encode("a😀")
    #expect(try tokenizer.bytes(of: ids) == Array("a😀".utf8))
    #expect(try tokenizer.bytes(of: ids.dropLast()) == Array("a😀".utf8.dropLast()))
    #expect(try tokenizer.decode(ids.dropLast()) == "a\u{FFFD}")
  }
}
