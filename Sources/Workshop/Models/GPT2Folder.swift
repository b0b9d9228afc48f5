import FoxFiles
import FoxFormats
import FoxKernels

extension GPT2Model {
  /// A model read from a folder, and what the checkpoint had to say.
  public struct Loaded: Sendable {
    /// The model.
    public let model: GPT2Model
    /// Which tensors were missing, unexpected or ignored.
    public let report: LoadReport
  }

  /// How names in GPT-2 checkpoints vary: with and without `transformer.`, with the buffers of
  /// older ones, with a copy of the tied head. SPEC `GPT2-3`.
  public static func nameRules(_ configuration: GPT2Configuration) -> NameRules {
    NameRules(
      prefix: "transformer.", ignoredSuffixes: ["attn.bias", "attn.masked_bias"],
      ties: configuration.tiesEmbeddings ? [("lm_head.weight", "wte.weight")] : [])
  }

  /// Reads `config.json` and the weights of a folder in Hugging Face layout.
  ///
  /// Float32 weights are used where the file is mapped, without a copy; others are widened. With
  /// ``Precision/bf16`` matrices are held in BF16: where the file is mapped when it holds BF16, else
  /// rounded. SPEC `GPT2-13`.
  ///
  /// - Throws: ``Fault`` for the configuration and for the
  ///   weights.
  public static func load(folder: String, precision: Precision = .f32) throws -> Loaded {
    Kernels.install()
    let configuration = try GPT2Configuration(folder: folder)
    let file = try Checkpoint(folder: folder)
    let loader = try ParameterLoader(
      file, expecting: configuration.parameters.map { ExpectedParameter($0.name, $0.shape) },
      rules: nameRules(configuration))
    let model = try GPT2Model(configuration, weight: { try loader.weight($0, precision) })
    return Loaded(model: model, report: loader.report)
  }
}

extension GPT2Configuration {
  /// Reads the `config.json` of a folder.
  ///
  /// - Throws: ``Fault``.
  public init(folder: String) throws {
    let path = "\(folder)/config.json"
    try self.init(JSON.read(path: path), path: path)
  }
}
