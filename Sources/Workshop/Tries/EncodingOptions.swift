import FoxFiles

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
  public enum Truncation: String, CaseIterable, Sendable {
    /// The longer one, down to the length of the shorter; then both.
    case longestFirst = "longest_first"
    /// The first.
    case onlyFirst = "only_first"
    /// The second.
    case onlySecond = "only_second"
  }

  /// To which length texts are filled up.
  public enum Padding: String, CaseIterable, Sendable {
    /// Not at all.
    case none
    /// To that of the longest text of the batch.
    case longest
    /// To ``EncodingOptions/maxLength``.
    case maxLength = "max_length"
  }

  /// An end of a text.
  public enum Side: String, CaseIterable, Sendable {
    /// Its beginning.
    case left
    /// Its end.
    case right
  }

  /// Whether the tokenizer's special tokens are put around the texts.
  public var addsSpecialTokens = true
  /// What texts are cut and padded to, in tokens, special ones included. `nil`: the tokenizer's
  /// own maximum.
  public var maxLength: Int?
  /// Which text is cut; `nil`: none is, unless ``maxLength`` is given and nothing is padded, which
  /// means ``Truncation/longestFirst``.
  public var truncation: Truncation?
  /// The end that is cut off.
  public var truncationSide = Side.right
  /// Number of tokens that a part of a cut text shares with the one before.
  public var stride = 0
  /// Whether what is cut off is kept, in parts, as ``Encoding/overflowing``.
  public var returnsOverflow = false
  /// Whether, and to which length, texts are filled up.
  public var padding = Padding.none
  /// The end that is filled up.
  public var paddingSide = Side.right
  /// Texts are filled up to a multiple of this number of tokens; goes with ``padding``.
  public var padToMultipleOf: Int?
  /// Whether ``Encoding/tokens`` and ``Encoding/offsets`` are filled in. Without them encoding is
  /// several times faster.
  public var returnsTokens = true

  /// The defaults.
  public init() {}

  /// What is cut in the end.
  var effectiveTruncation: Truncation? {
    truncation ?? (maxLength != nil && padding == .none ? .longestFirst : nil)
  }

  /// The greatest length that a text may be padded to.
  static let longestPadding = 1 << 24
}

/// What cannot be done about the length of a text.
public enum LengthProblem: Equatable, Sendable {
  /// The special tokens alone are longer.
  case noRoom(maxLength: Int, added: Int)
  /// Parts of `room` tokens cannot share so many.
  case stride(Int, room: Int)
  /// The second text is to be cut, and there is none.
  case noSecondText
  /// The text that is to be cut has not more tokens than have to go.
  case tooShort(tokens: Int, excess: Int)
  /// Neither the options nor the tokenizer say a length.
  case noMaxLength
  /// Texts are to be padded to an absurd length.
  case tooLong(Int, limit: Int)
  /// Texts are to be padded to a multiple of less than one.
  case multiple(Int)
  /// Texts are to be cut to a length and then padded to a multiple beyond it.
  case notMultiple(maxLength: Int, of: Int)
  /// The tokenizer has no token to pad with.
  case noPaddingToken
  /// There are not as many second texts as first.
  case pairs(texts: Int, pairs: Int)
}

extension LengthProblem: CustomStringConvertible {
  /// The problem, in the words of error messages.
  public var description: String {
    switch self {
    case .noRoom(let maxLength, let added):
      "a maximum of \(counted(maxLength, "token")) has no room for \(counted(added, "special token"))"
    case .stride(let stride, let room):
      "parts of \(counted(room, "token")) of the text cannot share \(stride) with the part before; "
        + "the stride has to be 0 to \(max(room - 1, 0))"
    case .noSecondText: "only_second cuts the second text, and there is none"
    case .tooShort(let tokens, let excess):
      "\(counted(excess, "token")) \(excess == 1 ? "has" : "have") to go, but the text that is to be cut has only \(tokens); "
        + "longest_first cuts both"
    case .noMaxLength:
      "no maximum length is given, and the tokenizer_config.json has no model_max_length"
    case .tooLong(let length, let limit):
      "texts cannot be padded to \(counted(length, "token")); \(limit) is the limit"
    case .multiple(let multiple):
      "texts cannot be padded to a multiple of \(multiple); expected at least 1"
    case .notMultiple(let length, let multiple):
      "texts are cut to \(counted(length, "token")), which is no multiple of \(multiple) to pad to"
    case .noPaddingToken: "the tokenizer has no token to pad with"
    case .pairs(let texts, let pairs):
      "there \(texts == 1 ? "is" : "are") \(counted(texts, "text")), "
        + "but \(counted(pairs, "second text"))"
    }
  }
}
