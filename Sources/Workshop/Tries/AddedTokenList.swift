import FoxFiles

/// A vocabulary, and the tokens that files add to it one after the other.
struct AddedTokenList: Sendable {
  let file: String
  let vocabulary: TokenTable
  /// Number of different lines, or tokens, of the vocabulary.
  let words: Int
  private let isJSON: Bool
  var tokens: [AddedToken] = []

  init(file: String, vocabulary: TokenTable, words: Int, isJSON: Bool) {
    self.file = file
    self.vocabulary = vocabulary
    self.words = words
    self.isJSON = isJSON
  }

  /// Number of tokens, added ones included: the id that the next one gets.
  var count: Int { words + tokens.count { vocabulary.id($0.content) == nil } }

  func id(of token: String) -> Int? {
    tokens.first { UTF8Key.equal($0.content, token) }?.id ?? vocabulary.id(token)
  }

  /// Makes a token special, and adds it when it is not there. Then it gets the next id, as in the
  /// reference; a model may have no room for it.
  mutating func add(special token: AddedToken) throws(Fault) {
    if token.content.isEmpty { return }
    if let index = tokens.firstIndex(where: { UTF8Key.equal($0.content, token.content) }) {
      tokens[index].special = true
      return
    }
    var token = token
    token.special = true
    token.id = vocabulary.id(token.content) ?? count
    try add(token)
  }

  /// Adds what a folder has beside its vocabulary: an `added_tokens.json`, and the
  /// `added_tokens_decoder` of its tokenizer_config.json.
  mutating func add(folder: String, _ files: SpecialTokenFiles) throws(Fault) {
    if let list = try MappedFile.ifPresent("\(folder)/added_tokens.json") {
      try add(
        list, specials: files.specials + files.decoder.filter(\.special), strips: files.isSlow)
    }
    for token in files.decoder where !token.content.isEmpty {
      let known = id(of: token.content)
      if token.id != known ?? count {
        throw wrongID(
          token.content, known ?? count, stated: token.id, in: "\(folder)/tokenizer_config.json")
      }
      tokens.removeAll { $0.id == token.id }
      try add(token)
    }
  }

  /// Adds the tokens of an `added_tokens.json`, which are numbered on from the vocabulary.
  ///
  /// - Parameter strips: Whether one that is not special takes the white space on both sides, and one
  ///   that is does what the file of special tokens says.
  private mutating func add(
    _ list: MappedFile, specials: [AddedToken], strips: Bool
  ) throws(Fault) {
    let members = try list.json().expect(
      \.object, "an object of ids by token", "the document", list.path
    ).members
    var stated: [(content: String, id: Int)] = []
    for (content, id) in members {
      let place = "the id of \"\(content)\""
      stated.append((content, try id.expect(\.integer, "an integer", place, list.path)))
    }
    for (content, id) in stated.sorted(by: { $0.id < $1.id }) where !content.isEmpty {
      let special = specials.first { UTF8Key.equal($0.content, content) }
      let isSpecial = special != nil
      let known = isJSON || isSpecial ? self.id(of: content) : nil
      let assigned = known ?? count
      if id != assigned || (known == nil && self.id(of: content) != nil) {
        throw wrongID(content, assigned, stated: id, in: list.path)
      }
      if known != nil { continue }
      try add(
        AddedToken(
          content, id: id, special: isSpecial, stripsLeft: strips && special?.stripsLeft ?? true,
          stripsRight: strips && special?.stripsRight ?? true, normalized: !isSpecial))
    }
  }

  /// An added token may take the id of a vocabulary token of the same spelling, or a new one.
  private mutating func add(_ token: AddedToken) throws(Fault) {
    if let other = vocabulary.text(token.id), !UTF8Key.equal(other, token.content) {
      throw .sameID(file, token.id, other, token.content)
    }
    tokens.append(token)
  }

  /// Adds a token that a tokenizer.json lists, with the id that its vocabulary or its turn gives it.
  mutating func add(listed token: AddedToken) throws(Fault) {
    if token.content.isEmpty { return }
    if tokens.contains(where: { UTF8Key.equal($0.content, token.content) }) {
      throw Fault(
        file, at: "added_tokens", found: "\(shown(token.content)) twice",
        expected: "each token once")
    }
    let assigned = vocabulary.id(token.content) ?? count
    if assigned != token.id {
      throw wrongID(token.content, assigned, stated: token.id, in: file)
    }
    try add(token)
  }

  /// An added token states another id than the one it gets.
  private func wrongID(
    _ token: String, _ assigned: Int, stated: Int, in file: String
  ) -> Fault {
    Fault(
      file, at: "the added token \(shown(token))", found: "the id \(stated)",
      expected: "\(assigned), the next one")
  }
}
