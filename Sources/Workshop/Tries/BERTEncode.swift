import FoxDecoding

extension BERTTokenizer.Encoder {
  /// Encodes a text or two, made ready for a model as the options say.
  package mutating func encode(
    _ text: String, pair: String? = nil, options: EncodingOptions = EncodingOptions()
  ) throws(Fault) -> Encoding {
    var batch = [try assemble(text, pair, options)]
    try options.finish(&batch, padding: tokenizer.padding, limit: tokenizer.options.maxLength)
    return batch[0]
  }

  /// Encodes a batch of texts, or of pairs, filled up together.
  package mutating func encode(
    batch texts: [String], pairs: [String]? = nil, options: EncodingOptions = EncodingOptions()
  ) throws(Fault) -> [Encoding] {
    if let pairs, pairs.count != texts.count {
      throw Fault("the second texts", found: "\(pairs.count)", expected: "\(texts.count)")
    }
    var batch: [Encoding] = []
    batch.reserveCapacity(texts.count)
    for (index, text) in texts.enumerated() {
      batch.append(try assemble(text, pairs?[index], options))
    }
    try options.finish(&batch, padding: tokenizer.padding, limit: tokenizer.options.maxLength)
    return batch
  }

  private mutating func assemble(
    _ text: String, _ pair: String?, _ options: EncodingOptions
  ) throws(Fault) -> Encoding {
    let first = encode(text, options)
    let second = pair.map { encode($0, options) }
    return try options.assemble(
      first, second, tokenizer.template, limit: tokenizer.options.maxLength)
  }

  private mutating func encode(_ text: String, _ options: EncodingOptions) -> Encoding {
    if options.returnsTokens { return encode(single: text) }
    return Encoding(ids: encodeIDs(text))
  }
}

extension BERTTokenizer {
  /// Encodes a text or two, made ready for a model as the options say: by default with `[CLS]` and
  /// `[SEP]`, whole, not padded.
  ///
  /// An empty second text is a second text.
  ///
  /// - Complexity: O(*n*) in the bytes, with a string for each token unless the options say not.
  public func encode(
    _ text: String, pair: String? = nil, options: EncodingOptions = EncodingOptions()
  ) throws(Fault) -> Encoding {
    var encoder = Encoder(self)
    return try encoder.encode(text, pair: pair, options: options)
  }

  /// Encodes a batch of texts, or of pairs, filled up together.
  public func encode(
    batch texts: [String], pairs: [String]? = nil, options: EncodingOptions = EncodingOptions()
  ) throws(Fault) -> [Encoding] {
    var encoder = Encoder(self)
    return try encoder.encode(batch: texts, pairs: pairs, options: options)
  }

  /// The ids of `text`, without special tokens around it. See ``Encoder`` for many texts.
  ///
  /// - Complexity: O(*n*) in the bytes.
  public func encodeIDs(_ text: String) -> [Int] {
    var encoder = Encoder(self)
    return encoder.encodeIDs(text)
  }

  /// The ids of a text given as UTF-8, without special tokens around it.
  ///
  /// - Throws: ``Fault/invalidUTF8(offset:)``.
  public func encodeIDs(utf8 bytes: [UInt8]) throws(Fault) -> [Int] {
    var encoder = Encoder(self)
    return try encoder.encodeIDs(utf8: bytes)
  }

  var padding: PaddingToken? {
    paddingID.map { PaddingToken(id: $0, token: names.padding) }
  }
}

extension Encoding {
  /// A text of which only ids are asked for.
  fileprivate init(ids: [Int]) {
    self.ids = ids
    typeIDs = Array(repeating: 0, count: ids.count)
    attentionMask = Array(repeating: 1, count: ids.count)
    specialTokensMask = typeIDs
  }
}
