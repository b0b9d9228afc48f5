/// What a folder of sentence-transformers says about the vectors of texts: how states become one, whether
/// texts are put in lower case. What is not followed is said. SPEC `CLI-24`.
///
/// Source: `modules.json`, `1_Pooling/config.json` and `sentence_bert_config.json` as sentence-transformers
/// 2 to 5 write them. What it does not do: modules beside pooling, and means that are weighted.
struct SentenceSettings {
  /// The pooling that the folder asks for, where this package has it.
  private(set) var pooling: BERTPooling?
  /// Whether texts are put in lower case before the tokenizer sees them.
  private(set) var lowercases = false
  /// Whether vectors are divided by their length.
  private(set) var normalizes = false
  /// The number of tokens that texts are cut to.
  private(set) var maxLength: Int?
  /// What is not followed, in sentences.
  private(set) var notes: [String] = []

  /// Reads the files of a folder; those that are not there say nothing.
  init(folder: String) throws {
    guard let modules = try Self.read("\(folder)/\(ModelFiles.sentenceModules)") else { return }
    for module in modules.array ?? [] {
      let type = module["type"]?.string ?? ""
      switch type.split(separator: ".").last {
      case "Transformer": break
      case "Normalize": normalizes = true
      case "Pooling": try takePooling("\(folder)/\(module["path"]?.string ?? "")/config.json")
      default:
        notes.append("\(folder)/\(ModelFiles.sentenceModules): \(shown(type)) is not followed")
      }
    }
    let texts = try Self.read("\(folder)/sentence_bert_config.json")
    lowercases = texts?["do_lower_case"]?.bool ?? false
    maxLength = texts?["max_seq_length"]?.integer
  }

  private static func read(_ path: String) throws -> JSON? {
    do { return try JSON.read(path: path) } catch {
      if error == .fileMissing(path: path) { return nil }
      throw error
    }
  }

  private mutating func takePooling(_ path: String) throws {
    let prefix = "pooling_mode_"
    let modes = (try Self.read(path)?.object?.members ?? [])
      .filter { $0.key.hasPrefix(prefix) && $0.value == true }
      .map { String($0.key.dropFirst(prefix.count)) }
    switch modes {
    case ["mean_tokens"]: pooling = .mean
    case ["cls_token"]: pooling = .cls
    case []: break
    default: notes.append("\(path): \(shown(modes)) is not followed; the mean over tokens is taken")
    }
  }
}
