import FoxDecoding

extension BERTTokenizer {
  /// Encodes texts, remembering the tokens of the words it has met.
  ///
  /// Keep one encoder for the many texts of a file; keep one for each thread, for it changes with
  /// each text.
  ///
  /// Spec: `WP-5`.
  package struct Encoder: Sendable {
    let tokenizer: BERTTokenizer
    private let bytes: ByteKinds
    private var cache = WordCache()
    private var normalized = NormalizedText()
    private var pieces: [WordPiece] = []

    /// An encoder that has met no word yet.
    package init(_ tokenizer: BERTTokenizer) {
      self.tokenizer = tokenizer
      bytes = ByteKinds(tokenizer)
    }

    /// The ids of `text`, without special tokens around it.
    ///
    /// - Complexity: O(*n*) in the bytes.
    package mutating func encodeIDs(_ text: String) -> [Int] {
      var text = text
      var ids: [Int] = []
      text.withUTF8 { text in
        ids.reserveCapacity(text.count / 4)
        append(text, to: &ids)
      }
      return ids
    }

    /// The ids of a text given as UTF-8, without special tokens around it.
    ///
    /// - Throws: ``Fault/invalidUTF8(offset:)``.
    package mutating func encodeIDs(utf8 bytes: [UInt8]) throws(Fault) -> [Int] {
      encodeIDs(try String(validUTF8: bytes))
    }
  }
}

/// A token of a normalized text, and its bytes there.
struct WordPiece: Sendable {
  let id: Int
  let range: Range<Int>
}

extension BERTTokenizer.Encoder {
  private mutating func append(_ text: UTF8Buffer, to ids: inout [Int]) {
    for segment in tokenizer.added.segments(of: text) where !segment.range.isEmpty {
      if let id = segment.id {
        ids.append(id)
      } else if tokenizer.added.hasNormalized {
        pieces(of: text, segment.range, first: 0)
        for piece in pieces { ids.append(piece.id) }
      } else {
        append(text, segment.range, to: &ids)
      }
    }
  }

  /// Appends the ids of a segment, span by span. What is between white space and punctuation of
  /// ASCII can be normalized by itself: nothing that happens to it depends on what is beyond.
  private mutating func append(_ text: UTF8Buffer, _ segment: Range<Int>, to ids: inout [Int]) {
    var place = segment.lowerBound
    while place < segment.upperBound {
      switch bytes[text[place]] {
      case ByteKinds.space: place += 1
      case let kind where kind >= 0:
        ids.append(Int(kind))
        place += 1
      default:
        var end = place + 1
        while end < segment.upperBound, bytes[text[end]] == ByteKinds.word { end += 1 }
        append(text, span: place..<end, to: &ids)
        place = end
      }
    }
  }

  @inline(__always) private mutating func append(
    _ text: UTF8Buffer, span: Range<Int>, to ids: inout [Int]
  ) {
    let key = WordKey(text, at: span.lowerBound, count: span.count)
    if let key, cache.append(key, to: &ids) { return }
    pieces(of: text, span, first: 0)
    if let key { cache.insert(key, pieces.map { UInt32($0.id) }[...]) }
    for piece in pieces { ids.append(piece.id) }
  }

  /// Makes ``pieces`` those of a part of `text` whose first scalar has the number `first`.
  private mutating func pieces(of text: UTF8Buffer, _ range: Range<Int>, first: Int) {
    normalized.clear()
    pieces.removeAll(keepingCapacity: true)
    tokenizer.options.normalizer.append(text, range, first: first, to: &normalized)
    normalized.bytes.withUnsafeBufferPointer { text in
      for segment in tokenizer.added.normalizedSegments(of: text) {
        if let id = segment.id {
          pieces.append(WordPiece(id: id, range: segment.range))
        } else {
          tokenizer.words(of: text, segment.range) { word, count in
            tokenizer.append(text, word: word, scalars: count, to: &pieces)
          }
        }
      }
    }
  }

  /// Encodes one text with tokens and offsets, without special tokens around it.
  mutating func encode(single text: String) -> Encoding {
    var text = text
    var encoding = Encoding()
    text.withUTF8 { text in
      var cursor = ScalarCursor(text)
      for segment in tokenizer.added.segments(of: text) where !segment.range.isEmpty {
        let start = cursor.scalars(before: segment.range.lowerBound)
        if let id = segment.id {
          let found = String(decoding: text[segment.range], as: UTF8.self)
          let end = cursor.scalars(before: segment.range.upperBound)
          encoding.append(id, found, start..<end)
        } else {
          pieces(of: text, segment.range, first: start)
          for piece in pieces { append(piece, to: &encoding) }
        }
      }
    }
    return encoding
  }

  private func append(_ piece: WordPiece, to encoding: inout Encoding) {
    var token = tokenizer.vocabulary.text(piece.id) ?? ""
    // An added token shows what was found, with the white space it strips.
    if tokenizer.added.hasNormalized, tokenizer.added.isNormalized(piece.id) {
      token = String(decoding: normalized.bytes[piece.range], as: UTF8.self)
    }
    encoding.append(piece.id, token, normalized.origin(of: piece.range))
  }
}

extension BERTTokenizer {
  /// Cuts normalized text at white space and around punctuation; calls `body` with each word and
  /// the number of its scalars.
  ///
  /// Source: `BertPreTokenizer` in tokenizers 0.13.3. Spec: `WP-3`.
  @inline(__always) func words(
    of text: UTF8Buffer, _ range: Range<Int>, _ body: (Range<Int>, Int) -> Void
  ) {
    let characters = BERTCharacters.shared
    var (start, count, place) = (range.lowerBound, 0, range.lowerBound)
    while place < range.upperBound {
      let (scalar, length) = text.scalar(at: place)
      let kind = BERTClass(rawValue: characters.classes.number(of: scalar))
      if kind.rawValue != 0, kind.contains(.space) || kind.contains(.punctuation) {
        if count > 0 { body(start..<place, count) }
        if kind.contains(.punctuation) { body(place..<place + length, 1) }
        (start, count) = (place + length, 0)
      } else {
        count += 1
      }
      place += length
    }
    if count > 0 { body(start..<place, count) }
  }

  /// Appends the tokens of a word: each time the longest that the rest begins with. When the rest
  /// begins with none, or the word is too long, the whole word is unknown.
  ///
  /// Source: `WordPiece` in tokenizers 0.13.3; Wu et al., 2016. Spec: `WP-4`.
  func append(
    _ text: UTF8Buffer, word: Range<Int>, scalars: Int, to pieces: inout [WordPiece]
  ) {
    let before = pieces.count
    var rest = scalars > options.longestWord ? word.upperBound..<word.upperBound : word
    while !rest.isEmpty {
      let continues = rest.lowerBound > word.lowerBound
      guard let found = trie.longest(text, rest, continues: continues) else { break }
      pieces.append(WordPiece(id: Int(found.id), range: rest.lowerBound..<found.end))
      rest = found.end..<rest.upperBound
    }
    if !rest.isEmpty || pieces.count == before {
      pieces.removeLast(pieces.count - before)
      pieces.append(WordPiece(id: options.unknownID, range: word))
    }
  }
}

/// What each byte does to a text that is encoded for its ids alone: separate, be a word of its own
/// (then this is its id), or belong to a word.
private struct ByteKinds: Sendable {
  static let word: Int32 = -1
  static let space: Int32 = -2

  private var kinds = [Int32](repeating: word, count: 256)

  init(_ tokenizer: BERTTokenizer) {
    for byte in UInt8(0)..<0x80 {
      let kind = BERTCharacters.shared[UInt32(byte)]
      if kind.contains(.dropped), tokenizer.options.normalizer.cleansText { continue }
      if kind.contains(.space) { kinds[Int(byte)] = Self.space }
      if kind.contains(.punctuation) {
        let id = tokenizer.vocabulary.id(String(Unicode.Scalar(byte)))
        kinds[Int(byte)] = Int32(tokenizer.options.longestWord > 0 ? id ?? -3 : -3)
        if kinds[Int(byte)] == -3 { kinds[Int(byte)] = Int32(tokenizer.options.unknownID) }
      }
    }
  }

  @inline(__always) subscript(byte: UInt8) -> Int32 { kinds[Int(byte)] }
}
