import FoxDecoding

extension GPT2Tokenizer {
  /// Encodes `text`, and after it `pair` when there is one, with tokens and offsets.
  ///
  /// GPT-2 adds nothing around or between the two, unless its tokenizer.json says so (`BPE-18`); the
  /// offsets of the second are in its own text and its type ids are 1.
  ///
  /// - Complexity: As ``encodeIDs(_:)``, with a string for each token.
  public func encode(_ text: String, pair: String? = nil) throws(Fault) -> Encoding {
    var encoder = Encoder(self)
    return try encoder.encode(text, pair: pair)
  }
}

extension GPT2Tokenizer.Encoder {
  /// Encodes `text`, and after it `pair` when there is one, with tokens and offsets; see
  /// ``GPT2Tokenizer/encode(_:pair:)``.
  package mutating func encode(
    _ text: String, pair: String? = nil
  ) throws(Fault) -> Encoding {
    try encode(text, pair: pair, options: EncodingOptions())
  }

  /// Encodes a text or two, cut and padded as the options say. GPT-2 itself adds no special tokens and
  /// has none to pad with; its files may name some.
  ///
  /// - Throws: `Fault`,
  ///   `Fault`.
  package mutating func encode(
    _ text: String, pair: String? = nil, options: EncodingOptions
  ) throws(Fault) -> Encoding {
    let first = try encode(single: text)
    var second: Encoding?
    if let pair { second = try encode(single: pair) }
    var batch = [try options.assemble(first, second, tokenizer.options.template, limit: nil)]
    try options.finish(&batch, padding: tokenizer.options.padding, limit: nil)
    return batch[0]
  }

  private mutating func encode(single text: String) throws(Fault) -> Encoding {
    var encoding = Encoding()
    try text.withValidUTF8 { text throws(Fault) in
      var cursor = ScalarCursor(text)
      for segment in tokenizer.added.segments(of: text) {
        let start = cursor.scalars(before: segment.range.lowerBound)
        let end = cursor.scalars(before: segment.range.upperBound)
        if let id = segment.id {
          let found = String(decoding: text[segment.range], as: UTF8.self)
          encoding.append(id, found, start..<end)
        } else {
          try append(text, segment.range, at: start, to: &encoding)
        }
      }
    }
    if let trim = tokenizer.options.trims { encoding.trimOffsets(keepsFirst: trim.keepsFirst) }
    return encoding
  }

  /// Appends a segment whose first scalar is number `base` of the text.
  private mutating func append(
    _ text: UTF8Buffer, _ segment: Range<Int>, at base: Int, to encoding: inout Encoding
  ) throws(Fault) {
    let isPrefixed = tokenizer.addsPrefixSpace(to: UTF8Buffer(rebasing: text[segment]))
    var counter = TokenOffsets(base: base, isPrefixed: isPrefixed)
    var ids: [Int] = []
    try words(of: segment, in: text) { encoder, words, word throws(Fault) in
      ids.removeAll(keepingCapacity: true)
      try encoder.append(words, word, to: &ids)
      var start = word.lowerBound
      for id in ids {
        let end = start + encoder.tokenizer.bytes.count(id)
        let offsets = counter.next(start..<end, in: words)
        encoding.append(id, encoder.tokenizer.vocabulary.text(id) ?? "", offsets)
        start = end
      }
    }
  }
}

/// Counts the scalars of tokens that follow one another without gaps.
private struct TokenOffsets {
  private let base: Int
  private let isPrefixed: Bool
  /// Scalars of the segment that have begun so far.
  private var begun = 0

  init(base: Int, isPrefixed: Bool) {
    self.base = base
    self.isPrefixed = isPrefixed
  }

  /// The scalars that the bytes of a token belong to, wholly or in part. A prefix space belongs to
  /// the first scalar of the segment.
  mutating func next(_ token: Range<Int>, in text: UTF8Buffer) -> Range<Int> {
    let start = text.isContinuation(token.lowerBound) ? begun - 1 : begun
    for place in token where !text.isContinuation(place) { begun += 1 }
    if isPrefixed, token.lowerBound == 0 { begun -= 1 }
    return base + start..<base + max(begun, start + 1)
  }
}

/// Counts scalars up to places in a text; cheap when they ascend.
struct ScalarCursor {
  private let text: UTF8Buffer
  private var place = 0
  private var count = 0

  init(_ text: UTF8Buffer) { self.text = text }

  mutating func scalars(before target: Int) -> Int {
    while place < target {
      if !text.isContinuation(place) { count += 1 }
      place += 1
    }
    // Only a token behind one that strips white space can start before the end of that one.
    while place > target {
      place -= 1
      if !text.isContinuation(place) { count -= 1 }
    }
    return count
  }
}
