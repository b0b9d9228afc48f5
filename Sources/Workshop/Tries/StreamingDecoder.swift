import FoxDecoding

/// Decodes ids as they come, giving out only complete characters.
///
///     var decoder = StreamingDecoder(tokenizer)
///     for id in ids { print(try decoder.feed(id), terminator: "") }
///     print(decoder.flush())
///
/// A token may end in the middle of a character; its bytes are then held until the rest comes. All
/// that is given out, put together, is what ``GPT2Tokenizer/decode(_:skipSpecialTokens:cleanUpSpaces:)``
/// gives for all ids at once. Spaces are not cleaned up: that may look ahead.
///
/// Spec: `BPE-11`.
public struct StreamingDecoder: Sendable {
  private let tokenizer: GPT2Tokenizer
  private let skipSpecialTokens: Bool
  private var held: [UInt8] = []

  /// A decoder that has seen nothing.
  public init(_ tokenizer: GPT2Tokenizer, skipSpecialTokens: Bool = false) {
    self.tokenizer = tokenizer
    self.skipSpecialTokens = skipSpecialTokens
  }

  /// Takes the next id and returns the text that is complete with it, which may be empty.
  public mutating func feed(_ id: Int) throws(Fault) -> String {
    held += try tokenizer.decodeBytes(CollectionOfOne(id), skipSpecialTokens: skipSpecialTokens)
    let complete = held.count - UTF8Repair.incompleteSuffix(of: held[...])
    defer { held.removeFirst(complete) }
    return UTF8Repair.text(held[..<complete])
  }

  /// Returns what is still held, as U+FFFD, and starts anew.
  public mutating func flush() -> String {
    defer { held = [] }
    return UTF8Repair.text(held)
  }
}
