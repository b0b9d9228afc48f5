import ArgumentParser
import FoxFiles
import FoxModels
import FoxTries

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

  @Option(help: ArgumentHelp("The folder to write.", valueName: "dir")) var out: String
  @Option(help: "The seed of PyTorch's generator.") var seed: UInt64 = 0
  @Option(
    help: ArgumentHelp(
      "A key of config.json and its JSON value, such as num_hidden_layers=6. May be repeated.",
      valueName: "key=value"))
  var set: [String] = []
  @Option(
    help: ArgumentHelp("Copy the tokenizer files of this folder.", valueName: "dir"))
  var tokenizer: String?

  private static let keys = [
    "vocab_size", "max_position_embeddings", "type_vocab_size", "hidden_size",
    "num_hidden_layers", "num_attention_heads", "intermediate_size", "hidden_act",
    "layer_norm_eps", "initializer_range", "hidden_dropout_prob",
    "attention_probs_dropout_prob", "classifier_dropout", "pad_token_id", "num_labels", "id2label",
    "problem_type", "architectures",
  ]

  func validate() throws {
    if out.isEmpty { throw ValidationError("--out is empty; expected a folder") }
    if tokenizer == "" { throw ValidationError("--tokenizer is empty; expected a folder") }
    do { _ = try configuration() } catch let error as Fault {
      throw ValidationError(error.description)
    }
  }

  func run() throws {
    try reportingFailures {
      let configuration = try configuration()
      let folder = FreshFolder(path: out)
      try folder.check(parameters: configuration.parameterCount)
      let tokenizer = try tokenizer.map(NamedModel.folder)
      if let tokenizer {
        let end = try BERTTokenizer(folder: tokenizer).endID
        if end > configuration.vocabularySize {
          throw CommandError.tokenizerTooLarge(
            folder: tokenizer, tokens: end, vocabulary: configuration.vocabularySize)
        }
      }
      try folder.write(
        configuration.json, tokenizer: tokenizer.map { ($0, ModelFiles.tokenizer) }, seed: seed
      ) {
        let model = try BERTModel(fresh: configuration, seed: seed)
        if let bad = model.firstBadWeight() { throw bad }
        return model.parameters
      }
    }
  }

  /// The configuration that `--set` makes of the default one.
  private func configuration() throws -> BERTConfiguration {
    var json = try Settings.read(set, modelType: "bert", keys: Self.keys)
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
