/// `fox init gpt2`.
struct InitGPT2Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gpt2",
    abstract: "Make a GPT-2 as the reference draws it from a seed.",
    discussion: """
      Writes config.json, model.safetensors (F32) and the files of the tokenizer asked for, else those \
      of the default model where the vocabulary has its size. Without --set it has GPT-2 small's shape: 124 million parameters, 498 MB.

      Examples:
        fox init gpt2 --out tiny --set n_layer=2 --set n_embd=64 --set n_head=4
        fox init gpt2 --out small --seed 42 --tokenizer gpt2
      """)

  @OptionGroup var options: FreshModelOptions

  private static let keys = [
    "vocab_size", "n_positions", "n_embd", "n_layer", "n_head", "n_inner", "layer_norm_epsilon",
    "initializer_range", "scale_attn_weights", "scale_attn_by_inverse_layer_idx",
    "tie_word_embeddings", "bos_token_id", "eos_token_id", "activation_function",
  ]

  private static let tokenizerFiles = [
    "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt",
  ]

  func validate() throws { try FreshModelOptions.validating { _ = try configuration() } }

  func run() throws {
    try reportingFailures {
      let configuration = try configuration()
      try options.write(
        configuration.json, parameters: configuration.parameterCount,
        tokenizer: try tokenizerFolder(for: configuration), files: Self.tokenizerFiles
      ) {
        let model = try GPT2Model(fresh: configuration, seed: options.seed)
        if let bad = model.firstBadWeight() { throw bad }
        return model.parameters.map { (GPT2Configuration.stateName($0.name), $0.tensor) }
      }
    }
  }

  /// The configuration that `--set` makes of the default one.
  private func configuration() throws -> GPT2Configuration {
    let json = try options.settings(modelType: "gpt2", keys: Self.keys)
    let configuration = try GPT2Configuration(.object(json), path: "--set")
    for (key, tokens) in [
      ("eos_token_id", configuration.endTokens),
      ("bos_token_id", configuration.startToken.map { [$0] } ?? []),
    ] {
      if let value = json[key], !value.isNull, tokens.count != value.array?.count ?? 1 {
        throw ValidationError(
          "--set \(key): expected ids from 0 to \(configuration.vocabularySize - 1)")
      }
    }
    return configuration
  }

  /// The tokenizer that is asked for, or that of the default model where the vocabulary has its size.
  private func tokenizerFolder(for configuration: GPT2Configuration) throws -> String? {
    let asked = try options.tokenizerFolder(vocabulary: configuration.vocabularySize) {
      try GPT2Tokenizer(folder: $0).endID
    }
    if let asked { return asked }
    guard let folder = try? DefaultModel.find(explicit: nil),
      let end = try? GPT2Tokenizer(folder: folder).endID
    else { return nil }
    return end == configuration.vocabularySize ? folder : nil
  }
}
