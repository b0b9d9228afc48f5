import FoxFiles

extension GPT2Tokenizer {
  /// Encodes texts, remembering the tokens of the words it has met.
  ///
  /// Much of the time of a text goes into words met before. Keep one encoder for the many texts of
  /// a file; keep one for each thread, for it changes with each text.
  ///
  /// Spec: `BPE-7`.
  package struct Encoder: Sendable {
    let tokenizer: GPT2Tokenizer
    private var cache = WordCache()
    private var scratch: [UInt32] = []
    /// Where the words are from: their first byte in the text, and the prefix space before it.
    private var segment = (start: 0, prefix: 0)

    /// An encoder that has met no word yet.
    package init(_ tokenizer: GPT2Tokenizer) { self.tokenizer = tokenizer }

    /// The ids of `text`.
    ///
    /// - Complexity: O(*n*) in the bytes for texts of short words, O(*n* log *n*) at worst.
    package mutating func encodeIDs(_ text: String) throws(Fault) -> [Int] {
      var ids: [Int] = []
      try text.withValidUTF8 { text throws(Fault) in
        ids.reserveCapacity(text.count / 4)
        try encode(text, into: &ids)
      }
      return ids
    }

    /// The ids of a text given as UTF-8.
    ///
    /// - Throws: ``Fault/invalidUTF8(offset:)``,
    ///   `Fault`.
    package mutating func encodeIDs(utf8 bytes: [UInt8]) throws(Fault) -> [Int] {
      try encodeIDs(String(validUTF8: bytes))
    }

    private mutating func encode(
      _ text: UTF8Buffer, into ids: inout [Int]
    ) throws(Fault) {
      for segment in tokenizer.added.segments(of: text) {
        if let id = segment.id {
          ids.append(id)
        } else {
          try words(of: segment.range, in: text) { encoder, words, word throws(Fault) in
            try encoder.append(words, word, to: &ids)
          }
        }
      }
    }
  }
}

extension GPT2Tokenizer.Encoder {
  /// Calls `body` with each word of a segment: the text that is cut, and the word's place in it.
  /// That text is the segment, or the segment behind a prefix space.
  @inline(__always) mutating func words(
    of segment: Range<Int>, in text: UTF8Buffer,
    _ body: (inout Self, UTF8Buffer, Range<Int>) throws(Fault) -> Void
  ) throws(Fault) {
    let piece = UTF8Buffer(rebasing: text[segment])
    let isPrefixed = tokenizer.addsPrefixSpace(to: piece)
    self.segment = (segment.lowerBound, isPrefixed ? 1 : 0)
    if !isPrefixed { return try words(of: piece, body) }
    try ([0x20] + piece).withBuffer { prefixed throws(Fault) in
      try words(of: prefixed, body)
    }
  }

  @inline(__always) private mutating func words(
    of text: UTF8Buffer,
    _ body: (inout Self, UTF8Buffer, Range<Int>) throws(Fault) -> Void
  ) throws(Fault) {
    let scanner = WordScanner(text)
    let splits = tokenizer.options.splitsWords
    var start = 0
    while start < text.count {
      let end = splits ? scanner.end(ofWordAt: start) : text.count
      try body(&self, text, start..<end)
      start = end
    }
  }

  @inline(__always) mutating func append(
    _ text: UTF8Buffer, _ word: Range<Int>, to ids: inout [Int]
  ) throws(Fault) {
    let key = WordKey(text, at: word.lowerBound, count: word.count)
    if let key, cache.append(key, to: &ids) { return }
    try merge(text, word, key, into: &ids)
  }

  private mutating func merge(
    _ text: UTF8Buffer, _ word: Range<Int>, _ key: WordKey?, into ids: inout [Int]
  ) throws(Fault) {
    scratch.removeAll(keepingCapacity: true)
    if let missing = tokenizer.merger.merge(UTF8Buffer(rebasing: text[word]), into: &scratch) {
      let place = word.lowerBound + missing
      throw Fault(
        "the text", at: "byte \(segment.start + max(place - segment.prefix, 0))",
        found: "0x\(hexadecimal(text[place]))", expected: "bytes that have a token")
    }
    if let key { cache.insert(key, scratch[...]) }
    for id in scratch { ids.append(Int(id)) }
  }
}

extension GPT2Tokenizer {
  /// Whether a piece of text is encoded behind a space that is not in it.
  func addsPrefixSpace(to piece: UTF8Buffer) -> Bool {
    options.addsPrefixSpace && piece.first != 0x20
  }

  /// The ids of `text`. See ``Encoder`` for many texts.
  ///
  /// - Complexity: O(*n*) in the bytes for texts of short words, O(*n* log *n*) at worst.
  public func encodeIDs(_ text: String) throws(Fault) -> [Int] {
    var encoder = Encoder(self)
    return try encoder.encodeIDs(text)
  }

  /// The ids of a text given as UTF-8.
  ///
  /// - Throws: ``Fault/invalidUTF8(offset:)``,
  ///   `Fault`.
  public func encodeIDs(utf8 bytes: [UInt8]) throws(Fault) -> [Int] {
    var encoder = Encoder(self)
    return try encoder.encodeIDs(utf8: bytes)
  }
}

extension String {
  /// A string of `bytes`, which must be UTF-8.
  init(validUTF8 bytes: [UInt8]) throws(Fault) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Fault(
        "the text", at: "byte \(validUTF8Prefix(bytes))", found: "a byte that is not UTF-8",
        expected: "UTF-8")
    }
    self = text
  }

  /// Calls `body` with the bytes of the string, which are valid UTF-8.
  func withValidUTF8<Value>(
    _ body: (UTF8Buffer) throws(Fault) -> Value
  ) throws(Fault) -> Value {
    var copy = self
    return try copy.withUTF8 { text in
      Result { () throws(Fault) in try body(text) }
    }.get()
  }
}

extension [UInt8] {
  /// Calls `body` with the memory of the array.
  func withBuffer<Value>(
    _ body: (UTF8Buffer) throws(Fault) -> Value
  ) throws(Fault) -> Value {
    try withUnsafeBufferPointer { buffer in
      Result { () throws(Fault) in try body(buffer) }
    }.get()
  }
}
