import FoxFiles

extension EncodingTemplate {
  /// Reads a post-processor of the type TemplateProcessing: what stands around one text, and two.
  init(_ json: JSON, file: String) throws(Fault) {
    let reader = try JSONReader(json, "post_processor", file)
    let tokens = try JSONReader(
      reader.required("special_tokens", { $0 }, "an object"), "post_processor.special_tokens", file)
    let single = try Self.pieces("single", reader, tokens)
    if single.contains(where: { if case .text(1, _) = $0 { true } else { false } }) {
      throw reader.unsupported("a second text in post_processor.single")
    }
    self.init(single: single, pair: try Self.pieces("pair", reader, tokens))
  }

  private static func pieces(
    _ key: String, _ reader: JSONReader, _ tokens: JSONReader
  ) throws(Fault) -> [Piece] {
    let file = reader.file
    var pieces: [Piece] = []
    for (index, json) in try reader.required(key, \.array, "an array").enumerated() {
      let place = "post_processor.\(key)[\(index)]"
      let outer = try JSONReader(json, place, file)
      if let text = outer.present("Sequence") {
        pieces.append(try Self.text(JSONReader(text, place, file)))
      } else {
        let special = try JSONReader(
          outer.required("SpecialToken", { $0 }, "an object"), place, file)
        pieces += try Self.special(special, tokens)
      }
    }
    return pieces
  }

  private static func text(_ reader: JSONReader) throws(Fault) -> Piece {
    let id = try reader.required("id", \.string, "\"A\" or \"B\"")
    guard id == "A" || id == "B" else { throw reader.unsupported("the sequence \"\(id)\"") }
    return .text(id == "A" ? 0 : 1, type: try type(reader))
  }

  /// A special token of a template may stand for several ids.
  private static func special(
    _ reader: JSONReader, _ tokens: JSONReader
  ) throws(Fault) -> [Piece] {
    let name = try reader.required("id", \.string, "a string")
    let token = try JSONReader(
      tokens.required(name, { $0 }, "an object"), "post_processor.special_tokens.\(name)",
      reader.file)
    let ids = try token.required("ids", \.array, "an array of ids").compactMap(\.integer)
    let texts = try token.required("tokens", \.array, "an array of tokens").compactMap(\.string)
    guard ids.count == texts.count, !ids.isEmpty, ids.allSatisfy({ $0 >= 0 }) else {
      throw Fault(
        reader.file, at: token.place, found: "other lists", expected: "as many ids as tokens")
    }
    let type = try type(reader)
    return zip(ids, texts).map { .special(id: $0, token: $1, type: type) }
  }

  private static func type(_ reader: JSONReader) throws(Fault) -> Int {
    try reader.required("type_id", \.integer, "an integer")
  }
}
