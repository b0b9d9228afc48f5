/// How texts are made ready for a model: the options of ``EncodingOptions``.
struct EncodingArguments: ParsableArguments {
  @Flag(help: "Put the tokenizer's special tokens around the text (GPT-2 has none to add).")
  var addSpecialTokens = false
  @Option(
    help: ArgumentHelp(
      "Cut the text to this many tokens, special ones included.",
      discussion: "Default: model_max_length of tokenizer_config.json.", valueName: "n"))
  var maxLength: Int?
  @Option(help: ArgumentHelp("Which text is cut.", valueName: "which"))
  var truncation: EncodingOptions.Truncation?
  @Option(help: ArgumentHelp("The end that is cut off.", valueName: "side"))
  var truncationSide = EncodingOptions.Side.right
  @Option(
    help: ArgumentHelp(
      "Number of tokens that what is cut off shares with the part before.", valueName: "n"))
  var stride = 0
  @Flag(help: "Print what is cut off too, as \"overflowing\" of the JSON document.")
  var overflow = false
  @Option(
    help: ArgumentHelp(
      "Fill up the text; longest goes with --pad-to-multiple-of.", valueName: "length"))
  var padding = EncodingOptions.Padding.none
  @Option(help: ArgumentHelp("The end that is filled up.", valueName: "side"))
  var paddingSide = EncodingOptions.Side.right
  @Option(help: ArgumentHelp("Fill up to a multiple of this many tokens.", valueName: "n"))
  var padToMultipleOf: Int?

  func validate() throws {
    if let maxLength, maxLength < 1 {
      throw ValidationError("--max-length is \(maxLength); expected at least 1")
    }
    if stride < 0 { throw ValidationError("--stride is \(stride); expected at least 0") }
    if let padToMultipleOf, padToMultipleOf < 1 {
      throw ValidationError("--pad-to-multiple-of is \(padToMultipleOf); expected at least 1")
    }
    if padToMultipleOf != nil, padding == .none {
      throw ValidationError("--pad-to-multiple-of needs --padding")
    }
  }

  /// The same for the library.
  var options: EncodingOptions {
    var options = EncodingOptions()
    options.addsSpecialTokens = addSpecialTokens
    options.maxLength = maxLength
    options.truncation = truncation
    options.truncationSide = truncationSide
    options.stride = stride
    options.returnsOverflow = overflow
    options.padding = padding
    options.paddingSide = paddingSide
    options.padToMultipleOf = padToMultipleOf
    return options
  }

  /// Whether the text is encoded as it is.
  var isPlain: Bool {
    var plain = EncodingOptions()
    plain.addsSpecialTokens = false
    return options == plain
  }
}

extension EncodingOptions.Truncation: ExpressibleByArgument {}
extension EncodingOptions.Padding: ExpressibleByArgument {}
extension EncodingOptions.Side: ExpressibleByArgument {}
