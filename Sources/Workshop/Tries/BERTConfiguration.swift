import FoxFiles

/// What `tokenizer_config.json` and `special_tokens_map.json` say about a BERT tokenizer.
struct BERTConfiguration: Sendable {
  let tokens: SpecialTokenFiles
  private var lowercases: Bool?
  private var separatesChinese: Bool?
  /// The inner `nil` is `null`: as lower-casing is.
  private var stripsAccents: Bool??
  private var maxLength: Int?

  private static let defaults = [
    "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]",
    "mask_token": "[MASK]",
  ]

  init() { tokens = SpecialTokenFiles(defaults: Self.defaults) }

  init(folder: String) throws(Fault) {
    let file = try SpecialTokenFiles.object("\(folder)/tokenizer_config.json")
    tokens = try SpecialTokenFiles(folder: folder, defaults: Self.defaults)
    if let file { try read(file) }
  }

  /// The tokens that stand for something.
  var names: SpecialTokenNames {
    func name(_ key: String) -> String { tokens.named[key]?.content ?? "" }
    return SpecialTokenNames(
      unknown: name("unk_token"), separator: name("sep_token"), padding: name("pad_token"),
      classifier: name("cls_token"), mask: name("mask_token"))
  }

  private mutating func read(_ file: JSONReader) throws(Fault) {
    lowercases = try file.optional("do_lower_case", \.bool, "true or false")
    separatesChinese = try file.optional("tokenize_chinese_chars", \.bool, "true or false")
    if let value = file.json["strip_accents"] {
      stripsAccents = .some(
        value.isNull ? nil : try file.required("strip_accents", \.bool, "true, false or null"))
    }
    // Without a maximum, transformers writes 1e30.
    let length = try file.optional("model_max_length", \.double, "a number")
    maxLength = length.flatMap { (1...1e9).contains($0) ? Int($0) : nil }
  }

  /// Changes what these files take precedence over.
  func change(_ options: inout BERTTokenizer.Options) {
    if let lowercases { options.normalizer.lowercases = lowercases }
    if let separatesChinese { options.normalizer.separatesChinese = separatesChinese }
    if let stripsAccents { options.normalizer.stripsAccents = stripsAccents }
    options.maxLength = maxLength
  }
}
