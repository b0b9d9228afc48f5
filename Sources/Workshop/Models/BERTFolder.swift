import FoxFiles
import FoxFormats
import FoxKernels

extension BERTModel {
  /// A model read from a folder, and what the checkpoint had to say.
  public struct Loaded: Sendable {
    /// The model.
    public let model: BERTModel
    /// Which tensors were missing, unexpected or ignored.
    package let report: LoadReport
  }

  /// How names in BERT checkpoints vary: with and without `bert.`, with the buffer of positions.
  /// SPEC `BERT-3`.
  package static let nameRules = NameRules(
    prefix: "bert.", ignoredSuffixes: ["embeddings.position_ids"])

  /// Reads `config.json` and the weights of a folder in Hugging Face layout: the encoder, and pooler and
  /// classifier if they are there.
  ///
  /// Float32 weights are used where the file is mapped, without a copy; others are widened.
  ///
  /// - Throws: ``Fault`` for the configuration and for the
  ///   weights.
  public static func load(folder: String) throws -> Loaded {
    Kernels.install()
    var configuration = try BERTConfiguration(folder: folder)
    configuration.architecture = .classifier
    let file = try Checkpoint(folder: folder)
    let all = try loader(file, configuration, configuration.parameters)
    // A head that is not there whole is not there.
    let missing = all.report.missing
    let parameters = configuration.parameters.filter { name, _ in
      !missing.contains { BERTConfiguration.head(of: $0) == BERTConfiguration.head(of: name) }
    }
    let loader = missing.isEmpty ? all : try loader(file, configuration, parameters)
    let model = try BERTModel(configuration) { try loader.tensor($0) }
    return Loaded(model: model, report: loader.report)
  }

  /// Reads an encoder and gives it a classifier; what the checkpoint lacks of it, or of the pooler, is
  /// drawn as `from_pretrained` draws it. SPEC `BERT-10`.
  ///
  /// - Parameters:
  ///   - folder: Holds the weights.
  ///   - configuration: The shape, labels and dropout included: that of the folder, changed or not.
  ///   - generator: PyTorch's; passes over what the constructors of the reference draw, whether or not
  ///     it is needed.
  /// - Throws: As ``load(folder:)``, and ``Fault`` for a checkpoint
  ///   trained on another number of labels.
  public static func load(
    classifierFrom folder: String, configuration: BERTConfiguration,
    drawing generator: inout TorchGenerator
  ) throws -> Loaded {
    Kernels.install()
    var configuration = configuration
    configuration.architecture = .classifier
    try configuration.check()
    let file = try Checkpoint(folder: folder)
    let loader = try loader(file, configuration, configuration.parameters)
    // Constructors draw everything, whether or not it is needed. Then modules of which anything is
    // missing are initialized, whole.
    let lacking = Set(loader.report.missing.compactMap(BERTConfiguration.head(of:)))
    let names = configuration.parameters.map(\.name)
    let drawn = names.filter { BERTConfiguration.head(of: $0).map(lacking.contains) ?? false }
    var draws = try Draws(bert: configuration)
    draws.construct(names)
    draws.initialize(drawn, configuration)
    let heads = draws.carryOut(from: &generator, wanted: Set(drawn))
    let model = try BERTModel(configuration) { name in
      try loader.tensor(name) ?? heads[name]
    }
    return Loaded(model: model, report: loader.report)
  }

  /// Finds parameters; only heads may be missing, and nothing may have another shape.
  private static func loader(
    _ file: Checkpoint, _ configuration: BERTConfiguration,
    _ parameters: [(name: String, shape: [Int])]
  ) throws -> ParameterLoader {
    let loader = try ParameterLoader(
      file,
      expecting: parameters.map {
        ExpectedParameter(
          $0.name, $0.shape, isRequired: BERTConfiguration.head(of: $0.name) == nil)
      }, rules: nameRules)
    guard let wrong = loader.report.mismatched.first else { return loader }
    if BERTConfiguration.head(of: wrong.name) == .classifier {
      throw Fault(
        file.path, at: "the classification head", found: "\(wrong.found)",
        expected: counted(configuration.labels.count, "label"),
        hint:
          "it was trained on other labels; take the model before that training")
    }
    // Requiring all makes an error of it.
    return try ParameterLoader(
      file, expecting: parameters.map { ExpectedParameter($0.name, $0.shape) }, rules: nameRules)
  }
}

extension BERTConfiguration {
  /// Reads the `config.json` of a folder.
  ///
  /// - Throws: ``Fault``.
  package init(folder: String) throws {
    let path = "\(folder)/config.json"
    try self.init(JSON.read(path: path), path: path)
  }
}

/// A part that not every BERT has.
enum BERTPart { case pooler, classifier }

extension BERTConfiguration {
  /// The part that a parameter belongs to, when a model may lack it; everything else is the body.
  static func head(of parameter: String) -> BERTPart? {
    if parameter.hasPrefix("classifier.") { return .classifier }
    return parameter.hasPrefix("bert.pooler.") ? .pooler : nil
  }
}
