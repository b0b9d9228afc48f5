/// The files of a model's folder, in one list for all: what readers open, `fox fetch` brings and training
/// copies. SPEC `HUB-10`.
package enum ModelFiles {
  package static let configuration = "config.json"
  /// What tokenizers are made of.
  package static let tokenizer = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt",
  ]
  package static let generation = "generation_config.json"
  /// What sentence-transformers makes vectors of, in order; present with it are the others.
  package static let sentenceModules = "modules.json"
  /// How it cuts texts, and makes one vector of states.
  package static let sentences = ["sentence_bert_config.json", "1_Pooling/config.json"]
  /// Weights in one file, the preferred one first, each with the index that stands for it when there are
  /// several.
  package static let weights = [
    (file: "model.safetensors", index: "model.safetensors.index.json"),
    (file: "pytorch_model.bin", index: "pytorch_model.bin.index.json"),
  ]
}
