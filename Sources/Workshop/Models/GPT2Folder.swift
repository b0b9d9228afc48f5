import FoxFiles
import FoxFormats
import FoxKernels

extension GPT2Model {
  /// A model read from a folder, and what the checkpoint had to say.
  public struct Loaded: Sendable {
    /// The model.
    public let model: GPT2Model
    /// Which tensors were missing, unexpected or ignored.
    package let report: LoadReport
  }

  /// How names in GPT-2 checkpoints vary: with and without `transformer.`, with the buffers of
  /// older ones, with a copy of the tied head. SPEC `GPT2-3`.
  package static func nameRules(_ configuration: GPT2Configuration) -> NameRules {
    NameRules(
      prefix: "transformer.", ignoredSuffixes: ["attn.bias", "attn.masked_bias"],
      ties: configuration.tiesEmbeddings ? [("lm_head.weight", "wte.weight")] : [])
  }

  /// Reads `config.json` and the weights of a folder in Hugging Face layout.
  ///
  /// Float32 weights are used where the file is mapped, without a copy; others are widened. With
  /// ``Precision/bf16`` matrices are held in BF16: where the file is mapped when it holds BF16, else
  /// rounded. With ``Precision/int8`` those that are multiplied are rounded to eight bits, the head's
  /// among them; vectors are looked up in float32. SPEC `GPT2-13`, `INT8-3`.
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
    /// Rounds what a product reads, and gives back the memory that was read for it.
    func packed(_ weight: Weight, _ name: String, isTransposed: Bool) throws -> Weight {
      guard precision == .int8, weight.precision != .int8 else { return weight }
      let packed = Weight(int8: weight, isTransposed: isTransposed)
      try loader.giveBack(name)
      return packed
    }
    let model = try GPT2Model(
      configuration,
      weight: { name in
        let weight = try loader.weight(name, precision)
        if name == "wte.weight" || name == "wpe.weight" { return weight }
        return try weight.map { try packed($0, name, isTransposed: name == "lm_head.weight") }
      },
      head: { try packed($0, "wte.weight", isTransposed: true) })
    return Loaded(model: model, report: loader.report)
  }
}

extension GPT2Configuration {
  /// Reads the `config.json` of a folder.
  ///
  /// - Throws: ``Fault``.
  package init(folder: String) throws {
    let path = "\(folder)/config.json"
    try self.init(JSON.read(path: path), path: path)
  }
}
