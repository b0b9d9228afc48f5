import FoxDecoding

/// What a tokenizer puts around one text and around the two of a pair.
///
/// Source: `TemplateProcessing` in tokenizers 0.13.3. Spec: `WP-8`.
struct EncodingTemplate: Equatable, Sendable {
  /// A part of the result.
  enum Piece: Equatable, Sendable {
    /// The first text (0) or the second (1), and the type of its tokens.
    case text(Int, type: Int)
    case special(id: Int, token: String, type: Int)
  }

  var single: [Piece]
  var pair: [Piece]

  /// The texts, and nothing around them.
  static let bare = EncodingTemplate(
    single: [.text(0, type: 0)], pair: [.text(0, type: 0), .text(1, type: 1)])

  /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]`, the second with type 1.
  static func bert(
    classifier: (id: Int, token: String), separator: (id: Int, token: String)
  ) -> EncodingTemplate {
    let start = Piece.special(id: classifier.id, token: classifier.token, type: 0)
    func end(_ type: Int) -> Piece {
      .special(id: separator.id, token: separator.token, type: type)
    }
    let single = [start, .text(0, type: 0), end(0)]
    return EncodingTemplate(single: single, pair: single + [.text(1, type: 1), end(1)])
  }

  /// The same without the special tokens.
  var withoutSpecial: EncodingTemplate {
    func texts(_ pieces: [Piece]) -> [Piece] {
      pieces.filter { if case .text = $0 { true } else { false } }
    }
    return EncodingTemplate(single: texts(single), pair: texts(pair))
  }

  /// Number of special tokens around one text, or two.
  func added(isPair: Bool) -> Int {
    let pieces = isPair ? pair : single
    return pieces.count { if case .special = $0 { true } else { false } }
  }

  /// Puts the pieces together.
  ///
  /// The parts that were cut off are combined as the reference does, each of the first text with
  /// the second and all parts of it, then the first with the parts of the second.
  func merge(_ first: Encoding, _ second: Encoding?) -> Encoding {
    var result = Encoding()
    for piece in second == nil ? single : pair {
      switch piece {
      case .text(let number, let type):
        // A template may leave a text out, but not name one that is not there.
        guard var text = number == 0 ? first : second else { continue }
        text.typeIDs = Array(repeating: type, count: text.ids.count)
        result.merge(text)
      case .special(let id, let token, let type):
        result.merge(Encoding(special: id, token, type: type))
      }
    }
    return result
  }
}

extension EncodingOptions {
  /// Cuts one text or two, and puts the special tokens around them.
  ///
  /// - Parameter limit: The tokenizer's own maximum, in tokens.
  func assemble(
    _ first: Encoding, _ second: Encoding?, _ template: EncodingTemplate, limit: Int?
  ) throws(Fault) -> Encoding {
    try checkMultiple(maxLength: maxLength ?? limit)
    var (first, second) = (first, second)
    if let count = second?.ids.count { second?.typeIDs = Array(repeating: 1, count: count) }
    let template = addsSpecialTokens ? template : template.withoutSpecial
    if let truncation = effectiveTruncation {
      guard let length = maxLength ?? limit else { throw .noMaxLength }
      let added = template.added(isPair: second != nil)
      if length < added {
        throw Fault(
          "max_length", found: "\(length)", expected: "room for \(added) special tokens")
      }
      try truncate(&first, &second, truncation, room: length - added)
    }
    return template.merge(first, second)
  }

  /// Fills up a batch, and leaves out what was not asked for.
  func finish(
    _ batch: inout [Encoding], padding token: PaddingToken?, limit: Int?
  ) throws(Fault) {
    try pad(&batch, with: token, maxLength: maxLength ?? limit)
    if !returnsTokens { for index in batch.indices { batch[index].dropTokens() } }
  }
}

extension Encoding {
  /// A token around a text.
  fileprivate init(special id: Int, _ token: String, type: Int) {
    ids = [id]
    tokens = [token]
    offsets = [0..<0]
    typeIDs = [type]
    attentionMask = [1]
    specialTokensMask = [1]
  }

  fileprivate mutating func dropTokens() {
    tokens = []
    offsets = []
    for index in overflowing.indices { overflowing[index].dropTokens() }
  }

  /// Appends `other`, and combines what was cut off of both.
  fileprivate mutating func merge(_ other: Encoding) {
    var combined: [Encoding] = []
    for part in overflowing {
      for end in [other] + other.overflowing { combined.append(part.joined(end)) }
    }
    for end in other.overflowing { combined.append(joined(end)) }
    self = joined(other)
    overflowing = combined
  }

  /// This and then `other`, without what was cut off.
  private func joined(_ other: Encoding) -> Encoding {
    var result = Encoding()
    result.ids = ids + other.ids
    result.tokens = tokens + other.tokens
    result.offsets = offsets + other.offsets
    result.typeIDs = typeIDs + other.typeIDs
    result.attentionMask = attentionMask + other.attentionMask
    result.specialTokensMask = specialTokensMask + other.specialTokensMask
    return result
  }
}
