import FoxDecoding

/// The token that fills up texts.
struct PaddingToken: Equatable, Sendable {
  var id: Int
  var token: String
}

extension EncodingOptions {
  /// Refuses to cut texts to a length and to pad them beyond it.
  func checkMultiple(maxLength: Int?) throws(Fault) {
    guard padding != .none, effectiveTruncation != nil, let maxLength,
      let multiple = padToMultipleOf, multiple > 0, maxLength % multiple != 0
    else { return }
    throw Fault(
      "max_length", found: "\(maxLength)", expected: "a multiple of \(multiple), to pad to")
  }

  /// Fills up the texts of a batch, and what was cut off of them, to one length.
  ///
  /// Source: `pad_encodings` in tokenizers 0.13.3. Spec: `WP-10`.
  func pad(
    _ batch: inout [Encoding], with token: PaddingToken?, maxLength: Int?
  ) throws(Fault) {
    if padding == .none { return }
    guard let token else {
      throw Fault("padding", found: "no token to pad with", expected: "a tokenizer with one")
    }
    var length = batch.map(\.ids.count).max() ?? 0
    if padding == .maxLength {
      guard let maxLength else { throw .noMaxLength }
      length = maxLength
    }
    if let multiple = padToMultipleOf {
      if multiple < 1 {
        throw Fault("pad_to_multiple_of", found: "\(multiple)", expected: "at least 1")
      }
      try Self.checkPadding(multiple)
      // Lengths above the limit are refused below, rounded or not.
      if length <= Self.longestPadding {
        length = (length + multiple - 1) / multiple * multiple
      }
    }
    try Self.checkPadding(length)
    for index in batch.indices { batch[index].pad(to: length, with: token, on: paddingSide) }
  }

  private static func checkPadding(_ length: Int) throws(Fault) {
    if length <= longestPadding { return }
    throw Fault("padding", found: "\(length) tokens", expected: "at most \(longestPadding)")
  }
}

extension Encoding {
  fileprivate mutating func pad(
    to length: Int, with token: PaddingToken, on side: EncodingOptions.Side
  ) {
    for index in overflowing.indices { overflowing[index].pad(to: length, with: token, on: side) }
    let missing = length - ids.count
    if missing <= 0 { return }
    func fill<Value>(_ values: inout [Value], _ value: Value) {
      values.insert(
        contentsOf: repeatElement(value, count: missing), at: side == .left ? 0 : values.count)
    }
    fill(&ids, token.id)
    fill(&tokens, token.token)
    fill(&offsets, 0..<0)
    fill(&typeIDs, 0)
    fill(&attentionMask, 0)
    fill(&specialTokensMask, 1)
  }
}
