/// A BERT in its folder, for commands.
struct LoadedBERT {
  let model: BERTModel
  private let folder: String

  /// Whether a folder's configuration describes a BERT. What is wrong with it is left to the model.
  static func isIn(_ folder: String) -> Bool {
    guard let json = try? JSON.read(path: "\(folder)/config.json") else { return false }
    if let type = json["model_type"], !type.isNull { return type == "bert" }
    return json["architectures"]?.array?.first?.string?.hasPrefix("Bert") == true
  }

  /// Reads the model and says on standard error what its checkpoint had to say.
  init(folder: String) throws {
    let loaded = try BERTModel.load(folder: folder)
    let report = loaded.report.description
    if !report.isEmpty { Output.note("fox: \(report)") }
    if let warning = BLASKernels.selected.warning { Output.note("fox: \(warning)") }
    model = loaded.model
    self.folder = folder
  }

  /// Its tokenizer, which has to fit the vocabulary.
  func tokenizer() throws -> BERTTokenizer {
    let tokenizer = try BERTTokenizer(folder: folder)
    try model.checkTokenizer(tokens: tokenizer.endID)
    let words = model.configuration.vocabularySize
    // Some models have a few words more, up to a multiple of 64.
    if tokenizer.endID < words - words / 8 {
      Output.note(
        "fox: \(folder): the tokenizer has \(tokenizer.endID) tokens, the model \(words) words; was "
          + "its vocabulary cut short?")
    }
    return tokenizer
  }

  /// The rows of what the model has put out, which have to be finite.
  func checked(_ outputs: Tensor) throws -> [[Float]] {
    let (elements, width) = (outputs.elements, outputs.shape[1])
    if let bad = outputs.firstNonFinite {
      throw model.firstBadWeight() ?? .badOutput(row: bad.index / width)
    }
    return (0..<outputs.shape[0]).map { Array(elements[$0 * width..<($0 + 1) * width]) }
  }
}
