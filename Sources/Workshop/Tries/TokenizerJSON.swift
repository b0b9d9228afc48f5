import FoxFiles

extension GPT2Tokenizer {
  /// Reads a `tokenizer.json`: a byte-level BPE model with the ByteLevel pre-tokenizer, decoder and
  /// post-processor (or TemplateProcessing, or `null`), and added tokens.
  ///
  /// What the file asks for is done or refused by name; nothing is passed over. Its truncation and
  /// padding are the exception: they are defaults which every call of transformers resets.
  ///
  /// - Throws: `Fault`, naming file and place.
  ///
  /// Spec: `BPE-14`.
  public init(jsonPath: String) throws(Fault) {
    try self.init(json: try MappedFile(path: jsonPath), folder: nil)
  }

  /// - Parameter folder: Whose other files are read too.
  init(json file: MappedFile, folder: String?) throws(Fault) {
    let reader = try TokenizerJSON(file.json(), file: file.path)
    var options = try reader.options()
    let (vocabulary, merges) = try reader.model()
    var list = try reader.root.addedTokens(vocabulary)
    if let folder {
      if let adds = try Self.prefixSpace(folder) { options.addsPrefixSpace = adds }
      options.padding = try list.addSpecial(folder: folder, defaults: [:])
    }
    self.init(merges: merges, list, options: options)
  }
}

private struct TokenizerJSON {
  let root: JSONReader

  init(_ json: JSON, file: String) throws(Fault) {
    root = try JSONReader(tokenizer: json, file)
    if let normalizer = root.present("normalizer") {
      throw root.unsupported("the normalizer \(JSONReader.type(of: normalizer))")
    }
  }

  func options() throws(Fault) -> GPT2Tokenizer.Options {
    let pre = try byteLevel("pre_tokenizer")
    _ = try byteLevel("decoder")
    var options = GPT2Tokenizer.Options(
      addsPrefixSpace: try pre.required("add_prefix_space", \.bool, "true or false"),
      splitsWords: try pre.optional("use_regex", \.bool, "true or false") ?? true)
    if let post = root.present("post_processor"), post["type"]?.string == "TemplateProcessing" {
      // As transformers 5 writes it: the texts alone, or with `<|endoftext|>` in front of them.
      options.template = try EncodingTemplate(post, file: root.file)
    } else if root.present("post_processor") != nil {
      let post = try byteLevel("post_processor")
      if try post.required("trim_offsets", \.bool, "true or false") {
        let keeps = try post.required("add_prefix_space", \.bool, "true or false")
        options.trims = .init(keepsFirst: keeps)
      }
    }
    return options
  }

  private func byteLevel(_ part: String) throws(Fault) -> JSONReader {
    try root.part(
      part, "ByteLevel", ["type", "add_prefix_space", "trim_offsets", "use_regex"])
  }

  func model() throws(Fault) -> (TokenTable, MergeTable) {
    let model = try root.model("BPE", markedBy: "merges")
    try refuseOptions(of: model)
    let vocabulary = try TokenTable(
      model.required("vocab", { $0 }, "an object"), file: root.file, place: "model.vocab")
    try refuseUnknown(model, vocabulary)
    let merges = try model.required("merges", \.array, "an array")
    var builder = MergeBuilder(vocabulary, file: root.file, capacity: merges.count)
    for (index, merge) in merges.enumerated() { try builder.add(merge, at: index) }
    try builder.checkIsComplete()
    return (vocabulary, builder.table)
  }

  /// Options that are off are harmless; those that are on would change the tokens.
  private func refuseOptions(of model: JSONReader) throws(Fault) {
    try model.allow([
      "type", "vocab", "merges", "unk_token", "dropout", "continuing_subword_prefix",
      "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges",
    ])
    if model.present("dropout") != nil { throw root.unsupported("model.dropout") }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = try model.optional(key, \.string, "a string"), !text.isEmpty {
        throw root.unsupported("model.\(key) \"\(text)\"")
      }
    }
    for key in ["fuse_unk", "byte_fallback", "ignore_merges"] {
      if try model.optional(key, \.bool, "true or false") == true {
        throw root.unsupported("model.\(key)")
      }
    }
  }

  /// An unknown token does nothing while every byte has a token of its own.
  private func refuseUnknown(
    _ model: JSONReader, _ vocabulary: TokenTable
  ) throws(Fault) {
    guard let token = try model.optional("unk_token", \.string, "a string") else { return }
    let isComplete = (0...255).allSatisfy { (byte: UInt8) in
      vocabulary.id(ByteAlphabet.spell([byte])) != nil
    }
    if !isComplete {
      throw root.unsupported("model.unk_token \"\(token)\" where bytes have no token")
    }
  }
}

extension MergeBuilder {
  /// Adds an element of `model.merges`: `"a b"`, or `["a", "b"]` as newer files have it.
  fileprivate mutating func add(_ json: JSON, at index: Int) throws(Fault) {
    if case .string(let text) = json {
      try Array(text.utf8).withBuffer { line throws(Fault) in
        try add(line[...], at: .index(index))
      }
      return
    }
    let expected = "\"a b\" or [\"a\", \"b\"]"
    let pair = try json.expect(\.array, expected, "model.merges[\(index)]", file)
    guard pair.count == 2, let left = pair[0].string, let right = pair[1].string else {
      throw Fault(
        file, at: "model.merges[\(index)]", found: "another array", expected: expected)
    }
    try Array((left + right).utf8).withBuffer { both throws(Fault) in
      try add(both[..<left.utf8.count], both[left.utf8.count...], at: .index(index))
    }
  }
}
