import FoxFiles

/// GPT-2's tokenizer: byte-level byte-pair encoding.
///
///     let tokenizer = try GPT2Tokenizer(folder: "Weights/tale-gpt2")
///     try tokenizer.encodeIDs("Hello world")     // [15496, 995]
///     try tokenizer.decode([15496, 995])         // "Hello world"
///
/// A text goes through four steps: added tokens such as `<|endoftext|>` are taken out
/// (``AddedToken``); what is left is cut into words (`WordScanner`); the bytes of each word are
/// joined to tokens by the merges of the vocabulary (`WordMerger`); the tokens have ids
/// (`TokenTable`). Every byte has a token, so nothing is ever unknown, and decoding gives the text
/// back.
///
/// Immutable; threads may share it. To encode many texts, make one ``Encoder`` a thread: it keeps
/// the words it has met.
///
/// Does not pad or truncate, and does not train vocabularies.
///
/// Spec: `BPE-1` to `BPE-16`.
public struct GPT2Tokenizer: Sendable {
  let vocabulary: TokenTable
  let merger: WordMerger
  let added: AddedTokens
  let options: Options
  let bytes: TokenBytes

  /// What a tokenizer.json may change.
  struct Options: Equatable, Sendable {
    /// A text that does not start with U+0020 is encoded as if it did.
    var addsPrefixSpace = false
    /// Whether the split pattern is applied at all.
    var splitsWords = true
    /// Whether spaces are trimmed from offsets, and if so, whether the first is kept.
    var trims: Trim?
    /// What is put around texts.
    var template = EncodingTemplate.bare
    /// What fills up short texts; GPT-2 itself has none.
    var padding: PaddingToken?

    struct Trim: Equatable, Sendable { var keepsFirst: Bool }
  }

  init(merges: MergeTable, _ list: AddedTokenList, options: Options) {
    vocabulary = list.vocabulary
    added = AddedTokens(list.tokens, in: vocabulary)
    self.options = options
    merger = WordMerger(byteIDs: Self.byteIDs(vocabulary), merges: merges)
    bytes = TokenBytes(vocabulary, added: list.tokens)
  }

  private static func byteIDs(_ vocabulary: TokenTable) -> [Int32] {
    (0...255).map { (byte: UInt8) in
      vocabulary.id(ByteAlphabet.spell([byte])).flatMap(Int32.init(exactly:)) ?? -1
    }
  }
}

extension GPT2Tokenizer {
  /// GPT-2's only special token: it begins, ends and pads texts.
  package static let endOfText = "<|endoftext|>"

  /// Number of tokens, added ones included.
  package var count: Int {
    vocabulary.count + added.tokens.count { vocabulary.spelling($0.id).isEmpty }
  }

  /// One more than the greatest id: what a model's vocabulary must have room for.
  package var endID: Int { bytes.endID }

  /// The added tokens, in the order of the file.
  package var addedTokens: [AddedToken] { added.tokens }

  /// The id of a token in the spelling of the vocabulary ("Ġthe"), compared by its bytes.
  package func id(of token: String) -> Int? {
    added.tokens.first { UTF8Key.equal($0.content, token) }?.id ?? vocabulary.id(token)
  }

  /// The token with this id, in the spelling of the vocabulary.
  package func token(of id: Int) -> String? {
    added.tokens.first { $0.id == id }?.content ?? vocabulary.text(id)
  }

  /// Whether decoding may skip this id.
  package func isSpecial(_ id: Int) -> Bool { bytes.isSpecial(id) }
}
