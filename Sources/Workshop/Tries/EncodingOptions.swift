/// How texts are made ready for a model: special tokens, truncation, padding.
///
///     var options = EncodingOptions()
///     options.truncation = .longestFirst
///     options.padding = .maxLength
///     options.maxLength = 128
///     let batch = try tokenizer.encode(batch: sentences, options: options)
///
/// The defaults are those of transformers: special tokens are added, nothing is cut or padded.
///
/// Spec: `WP-8` to `WP-11`.
public struct EncodingOptions: Equatable, Sendable {
  /// Which text of a pair is cut.
  package enum Truncation: String, CaseIterable, Sendable {
    /// The longer one, down to the length of the shorter; then both.
    case longestFirst = "longest_first"
    case onlyFirst = "only_first"
    case onlySecond = "only_second"
  }

  /// To which length texts are filled up.
  package enum Padding: String, CaseIterable, Sendable {
    case none
    /// To that of the longest text of the batch.
    case longest
    /// To ``EncodingOptions/maxLength``.
    case maxLength = "max_length"
  }

  /// An end of a text.
  package enum Side: String, CaseIterable, Sendable {
    case left
    case right
  }

  /// Whether the tokenizer's special tokens are put around the texts.
  package var addsSpecialTokens = true
  /// What texts are cut and padded to, in tokens, special ones included. `nil`: the tokenizer's
  /// own maximum.
  package var maxLength: Int?
  /// Which text is cut; `nil`: none is, unless ``maxLength`` is given and nothing is padded, which
  /// means ``Truncation/longestFirst``.
  package var truncation: Truncation?
  /// The end that is cut off.
  package var truncationSide = Side.right
  /// Number of tokens that a part of a cut text shares with the one before.
  package var stride = 0
  /// Whether what is cut off is kept, in parts, as ``Encoding/overflowing``.
  package var returnsOverflow = false
  /// Whether, and to which length, texts are filled up.
  package var padding = Padding.none
  /// The end that is filled up.
  package var paddingSide = Side.right
  /// Texts are filled up to a multiple of this number of tokens; goes with ``padding``.
  package var padToMultipleOf: Int?
  /// Whether ``Encoding/tokens`` and ``Encoding/offsets`` are filled in. Without them encoding is
  /// several times faster.
  package var returnsTokens = true

  /// The defaults.
  public init() {}

  /// What is cut in the end.
  var effectiveTruncation: Truncation? {
    truncation ?? (maxLength != nil && padding == .none ? .longestFirst : nil)
  }

  /// The greatest length that a text may be padded to.
  static let longestPadding = 1 << 24
}
