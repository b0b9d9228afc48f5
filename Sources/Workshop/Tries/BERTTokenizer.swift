import FoxFiles

/// BERT's tokenizer: WordPiece.
///
///     let tokenizer = try BERTTokenizer(folder: "Weights/minilm")
///     try tokenizer.encode("Hello, world!").tokens   // [CLS] hello , world ! [SEP]
///
/// A text goes through five steps: special tokens such as `[MASK]` are taken out (``AddedToken``);
/// what is left is normalized (`BERTNormalizer`); it is cut at white space and around punctuation
/// into words; of each word the longest tokens are taken from the left (`WordPieceTrie`), or the
/// whole word is unknown; special tokens are put around the text (``EncodingOptions``).
///
/// Immutable; threads may share it. To encode many texts, make one ``Encoder`` a thread: it keeps
/// the words it has met.
///
/// Does not train vocabularies.
///
/// Spec: `WP-1` to `WP-16`.
public struct BERTTokenizer: Sendable {
  let vocabulary: TokenTable
  let trie: WordPieceTrie
  let added: AddedTokens
  let options: Options
  let names: SpecialTokenNames
  let template: EncodingTemplate
  /// One more than the greatest id, and the number of tokens.
  let size: (end: Int, count: Int)

  /// What the files may change.
  struct Options: Equatable, Sendable {
    var normalizer = BERTNormalizer()
    var continuingPrefix = "##"
    /// Words of more scalars are unknown.
    var longestWord = 100
    var unknownID = 0
    var decoder: Decoder? = Decoder()
    /// `model_max_length`: what truncation and padding take when no length is given.
    var maxLength: Int?

    /// Joins tokens to text; without it, tokens are joined by spaces.
    struct Decoder: Equatable, Sendable {
      var prefix = "##"
      var cleansUp = true
    }
  }
}

/// The tokens that stand for something, by their part.
struct SpecialTokenNames: Equatable, Sendable {
  var unknown = "[UNK]"
  var separator = "[SEP]"
  var padding = "[PAD]"
  var classifier = "[CLS]"
  var mask = "[MASK]"
}

extension BERTTokenizer {
  /// Number of tokens, added ones included.
  package var count: Int { size.count }

  /// One more than the greatest id: what a model's vocabulary must have room for.
  package var endID: Int { size.end }

  /// The added tokens, in the order in which they were added.
  package var addedTokens: [AddedToken] { added.tokens }

  /// Whether texts are lower-cased.
  package var lowercases: Bool { options.normalizer.lowercases }

  /// `model_max_length` of tokenizer_config.json, where it says one.
  package var modelMaxLength: Int? { options.maxLength }

  /// The id of words that the vocabulary does not have, `[UNK]`.
  package var unknownID: Int { options.unknownID }

  /// The id of the token that fills up short texts, `[PAD]`.
  package var paddingID: Int? { id(of: names.padding) }

  /// The id of a token in the spelling of the vocabulary ("##ing"), compared by its bytes.
  package func id(of token: String) -> Int? {
    added.tokens.first { UTF8Key.equal($0.content, token) }?.id ?? vocabulary.id(token)
  }

  /// The token with this id, in the spelling of the vocabulary.
  package func token(of id: Int) -> String? {
    vocabulary.text(id) ?? added.tokens.first { $0.id == id }?.content
  }

  /// Whether decoding may skip this id.
  package func isSpecial(_ id: Int) -> Bool { added.tokens.contains { $0.id == id && $0.special } }
}
