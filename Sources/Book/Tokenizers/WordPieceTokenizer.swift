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
/// transformers 4.17.0; homework Q3. Clauses `WP-7`, `WP-8` and `WP-13`. Does not cut or pad texts,
/// and does not remember words, so it is slow. The Workshop's `BERTTokenizer` gives the same ids
/// fast, with offsets, and reads whole model folders.
public struct WordPieceTokenizer: Sendable {
  private let vocabulary: Vocabulary
  // In the order in which a text passes through them.
  private let special: SpecialTokens
  private let basic: BasicTokenizer
  private let pieces: WordPiece
  private let classifier, separator: Int

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
    pieces = WordPiece(vocabulary, unknown: try id("[UNK]"))
    self.vocabulary = vocabulary
  }

  /// The ids of `text` alone.
  public func ids(of text: String) -> [Int] {
    special.pieces(of: text).flatMap { piece in
      // Text → words → tokens → ids. Special tokens skip all of it.
      switch piece {
      case .token(let id): [id]
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

  /// The text of `ids`: tokens with a space between them, but none before a `##`. This does not
  /// give the text back; what ``BasicTokenizer`` dropped is gone.
  public func decode(_ ids: [Int], skipSpecialTokens: Bool = false) throws(Fault) -> String {
    var text: [UInt8] = []
    var isFirst = true
    // All five special tokens are left out on demand, `[UNK]` among them, as in transformers.
    for (place, id) in ids.enumerated() where !(skipSpecialTokens && special.contains(id)) {
      let token = try vocabulary.token(id, at: place)
      // The first token is taken as it is, `##` and all: there is no text that it could continue.
      text += isFirst ? token : Self.joined(token)
      isFirst = false
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// What a token adds to the text before it: `un` + `##able` → `unable`; anything else gets a
  /// space in front.
  private static func joined(_ token: [UInt8]) -> [UInt8] {
    let prefix = WordPiece.continuation
    let text = token.starts(with: prefix) ? Array(token.dropFirst(prefix.count)) : [0x20] + token
    // Each token is cleaned up by itself, so `hello , world` loses the space before the comma, and
    // `' s` keeps its own, for these are two tokens.
    return SpaceCleanUp.tokens.clean(text)
  }

  /// Reads the lines, which end with LF, CR LF or CR. Of equal lines the last counts; an empty line
  /// has an id that no text gets.
  private static func vocabulary(_ text: String) throws(Fault) -> Vocabulary {
    // Python's universal newlines: `load_vocab` opens the file as text. To Swift, CR LF is one
    // character.
    let lines = text.split(omittingEmptySubsequences: false) { ["\n", "\r\n", "\r"].contains($0) }
    var vocabulary = Vocabulary()
    // From the end, so that the first one met is the last in the file. Python's dictionary is
    // overwritten in the same way. Line numbers stay what they are.
    for (id, line) in lines.enumerated().reversed() {
      let token = Array(line.utf8)
      if !token.isEmpty, vocabulary[token] == nil { try vocabulary.insert(token, id: id) }
    }
    return vocabulary
  }
}
