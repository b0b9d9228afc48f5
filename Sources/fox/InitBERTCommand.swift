/// `fox init bert`.
struct InitBERTCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bert",
    abstract: "Make a BERT as the reference draws it from a seed.",
    discussion: """
      Writes config.json, model.safetensors (F32) and the files of the tokenizer asked for. Without \
      --set it is a classifier of BERT-base's shape with two labels: 109 million parameters, 438 MB. \
      --set architectures=BertModel leaves the classifier out.

      Examples:
        fox init bert --out tiny --set num_hidden_layers=2 --set hidden_size=64 --set num_attention_heads=4
        fox init bert --out encoder --set architectures=BertModel --tokenizer minilm
      """)

  @OptionGroup var options: FreshModelOptions

  private static let keys = [
    "vocab_size", "max_position_embeddings", "type_vocab_size", "hidden_size",
    "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
    "layer_norm_eps", "initializer_range", "hidden_dropout_prob",
    "attention_probs_dropout_prob", "classifier_dropout", "pad_token_id", "num_labels", "id2label",
    "problem_type", "architectures",
  ]

  func validate() throws { try FreshModelOptions.validating { _ = try configuration() } }

  func run() throws {
    try reportingFailures {
      let configuration = try configuration()
      let tokenizer = try options.tokenizerFolder(vocabulary: configuration.vocabularySize) {
        try BERTTokenizer(folder: $0).endID
      }
      try options.write(
        configuration.json, parameters: configuration.parameterCount, tokenizer: tokenizer,
        files: ModelFiles.tokenizer
      ) {
        let model = try BERTModel(fresh: configuration, seed: options.seed)
        if let bad = model.firstBadWeight() { throw bad }
        return model.parameters
      }
    }
  }

  /// The configuration that `--set` makes of the default one.
  private func configuration() throws -> BERTConfiguration {
    var json = try options.settings(modelType: "bert", keys: Self.keys)
    switch json["architectures"] {
    case nil: json["architectures"] = [.string(BERTArchitecture.classifier.rawValue)]
    case .string(let name): json["architectures"] = [.string(name)]
    default: break
    }
    let name = json["architectures"]?.array?.first?.string
    guard json["architectures"]?.array?.count == 1,
      name.flatMap(BERTArchitecture.init(rawValue:)) != nil
    else {
      throw ValidationError(
        "--set architectures: expected BertModel or BertForSequenceClassification")
    }
    return try BERTConfiguration(.object(json), path: "--set")
  }
}
