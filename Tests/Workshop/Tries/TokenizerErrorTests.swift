import FoxFiles
import FoxTries
import TestSupport
import Testing

/// The messages that the tests of files do not show.
@Suite("Messages", .counted)
struct TokenizerErrorTests {
  @Test(
    arguments: [
      (.file(.fileMissing(path: "x/vocab.json")), "x/vocab.json: found nothing, expected a file"),
      (
        .noTokenizer(folder: "x"),
        "x: holds no tokenizer: neither tokenizer.json, nor vocab.json and merges.txt, "
          + "nor encoder.json and vocab.bpe, nor vocab.txt"
      ),
      (
        .byteWithoutToken(byte: 0x0A, offset: 3),
        "the vocabulary has no token for the byte 0x0a at byte 3 of the text"
      ),
      (
        .mergesIncomplete(file: "m.txt", merges: 3, words: 900),
        "m.txt: 3 merges for a vocabulary of 900 words beside the bytes: was the file cut short?"
      ),
      (.invalidUTF8(offset: 7), "the text is not UTF-8 at byte 7"),
      (.unknownID(id: 50257, limit: 50257), "no token has the id 50257; ids are 0 to 50256"),
    ] as [(TokenizerError, String)])
  func `BPE-15 words of errors`(error: TokenizerError, text: String) {
    #expect(error.description == text)
  }
}
