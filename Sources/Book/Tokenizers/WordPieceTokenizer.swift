import FoxDecoding

/// # BERT's tokenizer
///
/// Special tokens are taken out of the text, the rest is cut into words, each word into tokens.
/// Then the text is framed: BERT expects `[CLS]` in front, whose final state stands for the whole
/// text, and `[SEP]` after each of one or two sentences. *Type ids* say which of the two a token
/// belongs to:
///
///     "Unaffable me", "you"   [CLS] un ##aff ##able me [SEP] you [SEP]
///                               0   0    0     0    0    0    1    1
///
/// Source: Devlin et al. 2019, arXiv 1810.04805, section 3 and figure 2; `BertTokenizerFast` in
/// transformers 4.17.0; homework Q3. Clauses `WP-8` and `WP-13`. Does not decode, cut or pad texts,
/// and does not remember words, so it is slow. The Workshop's `BERTTokenizer` gives the same ids
/// fast, with offsets, and reads whole model folders.
public struct WordPieceTokenizer: Sendable {
  // In the order in which a text passes through them.
  private let special: SpecialTokens
  private let basic: BasicTokenizer
  private let pieces: WordPiece
  private let classifier, separator: Int  // the ids of [CLS] and [SEP]

  /// - Parameters:
  ///   - lines: The text of `vocab.txt`: a token on each line, whose number from 0 is the id.
  ///   - lowercases: Whether the model is uncased.
  public init(vocabulary lines: String, lowercases: Bool = true) throws(Fault) {
    let vocabulary = try Self.vocabulary(lines)
    // Without `[UNK]`, `[CLS]` or `[SEP]` no text can be encoded. The others are used when they are
    // there.
    func id(_ token: String) throws(Fault) -> Int {
      if let id = vocabulary[token] { return id }
      throw Fault("vocabulary", found: "no \"\(token)\"", expected: "a line with it")
    }
    (classifier, separator) = (try id("[CLS]"), try id("[SEP]"))
    // BERT's five. Found in a text as they are: `[MASK]` is not lower-cased.
    let names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    special = SpecialTokens(names.compactMap { name in vocabulary[name].map { (name, $0) } })
    basic = BasicTokenizer(lowercases: lowercases)
    pieces = WordPiece(vocabulary, unknown: try id("[UNK]"))  // for words that cannot be spelled
  }

  /// The ids of `text` alone.
  package func ids(of text: String) -> [Int] {
    special.pieces(of: text).flatMap { piece in
      // Text → words → tokens → ids. Special tokens skip all of it.
      switch piece {
      case .token(let id): [id]  // [MASK] → 103
      case .text(let text): basic.words(of: text).flatMap { pieces.ids(of: $0) }
      }
    }
  }

  /// Ids and type ids of a text or two, with special tokens around them.
  public func encode(_ text: String, pair: String? = nil) -> (ids: [Int], types: [Int]) {
    let first = [classifier] + ids(of: text) + [separator]  // [CLS] A [SEP]
    // B [SEP], without a second [CLS]. An empty B is still a text: it gets its [SEP].
    let second = pair.map { ids(of: $0) + [separator] } ?? []
    // The first [SEP] belongs to A and has type 0.
    return (first + second, first.map { _ in 0 } + second.map { _ in 1 })
  }

  private static func vocabulary(_ text: String) throws(Fault) -> Vocabulary {
    // Lines end with LF, CR LF or CR, Python's universal newlines: `load_vocab` opens the file as
    // text. To Swift, CR LF is one character.
    let lines = text.split(omittingEmptySubsequences: false) { ["\n", "\r\n", "\r"].contains($0) }
    var vocabulary = Vocabulary()
    // Of equal lines the last counts, as in Python's dictionary: so from the end.
    for (id, line) in lines.enumerated().reversed() {
      let token = Array(line.utf8)  // an empty line has an id that no text gets
      if !token.isEmpty, vocabulary[token] == nil { try vocabulary.insert(token, id: id) }
    }
    return vocabulary
  }
}
