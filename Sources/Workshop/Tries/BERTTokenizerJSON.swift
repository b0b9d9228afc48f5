import FoxFiles

extension BERTParts {
  /// Reads a `tokenizer.json`: a WordPiece model with BERT's normalizer and pre-tokenizer, a
  /// template, and added tokens.
  ///
  /// What the file asks for is done or refused by name; nothing is passed over. Its truncation and
  /// padding are the exception: they are defaults which every call of transformers resets.
  ///
  /// Spec: `WP-14`.
  init(json file: MappedFile) throws(Fault) {
    let reader = try BERTTokenizerJSON(file.json(), file: file.path)
    let (vocabulary, options, unknown) = try reader.model()
    self.init(list: try reader.root.addedTokens(vocabulary))
    self.options = options
    self.options.normalizer = try reader.normalizer()
    self.options.decoder = try reader.decoder()
    self.unknown = unknown
    template = try reader.template()
  }
}

private struct BERTTokenizerJSON {
  let root: JSONReader

  init(_ json: JSON, file: String) throws(Fault) {
    root = try JSONReader(tokenizer: json, file)
    _ = try root.part("pre_tokenizer", "BertPreTokenizer", ["type"])
  }

  func normalizer() throws(Fault) -> BERTNormalizer {
    let reader = try root.part(
      "normalizer", "BertNormalizer",
      ["type", "clean_text", "handle_chinese_chars", "strip_accents", "lowercase"])
    func flag(_ key: String) throws(Fault) -> Bool {
      try reader.required(key, \.bool, "true or false")
    }
    return BERTNormalizer(
      cleansText: try flag("clean_text"), separatesChinese: try flag("handle_chinese_chars"),
      stripsAccents: try reader.optional("strip_accents", \.bool, "true, false or null"),
      lowercases: try flag("lowercase"))
  }

  func decoder() throws(Fault) -> BERTTokenizer.Options.Decoder? {
    if root.present("decoder") == nil { return nil }
    let reader = try root.part("decoder", "WordPiece", ["type", "prefix", "cleanup"])
    return BERTTokenizer.Options.Decoder(
      prefix: try reader.required("prefix", \.string, "a string"),
      cleansUp: try reader.required("cleanup", \.bool, "true or false"))
  }

  func model() throws(Fault) -> (TokenTable, BERTTokenizer.Options, String) {
    let model = try root.model("WordPiece", markedBy: "max_input_chars_per_word")
    try model.allow([
      "type", "vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word",
    ])
    var options = BERTTokenizer.Options()
    let prefix = try model.optional("continuing_subword_prefix", \.string, "a string")
    options.continuingPrefix = prefix ?? options.continuingPrefix
    let longest = try model.optional("max_input_chars_per_word", \.integer, "an integer")
    options.longestWord = min(max(longest ?? options.longestWord, 0), 1 << 20)
    let vocabulary = try TokenTable(
      model.required("vocab", { $0 }, "an object"), file: root.file, place: "model.vocab")
    return (vocabulary, options, try model.required("unk_token", \.string, "a string"))
  }
}

extension BERTTokenizerJSON {
  func template() throws(Fault) -> EncodingTemplate {
    guard let json = root.present("post_processor") else { return .bare }
    if JSONReader.type(of: json) == "\"BertProcessing\"" { return try bertProcessing() }
    _ = try root.part(
      "post_processor", "TemplateProcessing", ["type", "single", "pair", "special_tokens"])
    return try EncodingTemplate(json, file: root.file)
  }

  private func bertProcessing() throws(Fault) -> EncodingTemplate {
    let reader = try root.part("post_processor", "BertProcessing", ["type", "sep", "cls"])
    func token(_ key: String) throws(Fault) -> (id: Int, token: String) {
      let pair = try reader.required(key, \.array, "a token and its id")
      guard pair.count == 2, let token = pair[0].string, let id = pair[1].integer, id >= 0 else {
        throw Fault(
          root.file, at: "post_processor.\(key)", found: "another array",
          expected: "a token and its id")
      }
      return (id, token)
    }
    return .bert(classifier: try token("cls"), separator: try token("sep"))
  }
}
