import FoxFiles

/// # The keys of `fox train lm`
///
/// Adds to those of the training itself what the notebook's run_clm reads: the model, the data, the blocks.
extension ArgumentField {
  /// The keys of the notebook's `ModelArguments`.
  package static let model: [ArgumentField] = [
    .init("model_name_or_path", .text),
    .init("model_type", .text),
    .init("config_overrides", .text),
    .init("config_name", .text),
    .init("tokenizer_name", .text),
    .init("cache_dir", .text, .null, .harmless("models are folders; fox fetch downloads them")),
    .init(
      "use_fast_tokenizer", .flag, true,
      .only([true], "the tokenizer equals the reference's fast one")),
    .init(
      "model_revision", .text, "main",
      .only(["main"], "models are folders; fox fetch downloads other revisions")),
    .init("use_auth_token", .flag, false, .harmless("nothing is downloaded")),
  ]

  /// The keys of the notebook's `DataTrainingArguments` and its own `text_column_name`; then those of
  /// this package.
  package static let languageModelData: [ArgumentField] = [
    .init(
      "dataset_name", .text, .null,
      .only([""], "data sets are not downloaded; give train_file and validation_file")),
    .init("dataset_config_name", .text, .null, .harmless("it belongs to dataset_name")),
    .init("train_file", .text),
    .init("validation_file", .text),
    .init("max_train_samples", .integer(1...Int.max)),
    .init("max_eval_samples", .integer(1...Int.max)),
    .init("block_size", .integer(2...Int.max)),
    .init("overwrite_cache", .flag, false, .harmless("nothing is cached")),
    .init("validation_split_percentage", .integer(1...99), 5),
    .init(
      "preprocessing_num_workers", .integer(1...Int.max), .null,
      .harmless("all processors are used anyway")),
    .init("keep_linebreaks", .flag, true),
    .init("text_column_name", .text),
    .init("document_separator", .text),
    .init("holdout_every", .integer(2...Int.max)),
    .init("sampled_vocabulary", .integer(1...Int(Int32.max))),
    .init("sampled_vocabulary_frequent", .integer(0...Int(Int32.max)), 5000),
    .init("sampled_vocabulary_share", .number(0...1), 0.8),
    .init("field", .text),
    .init("early_stopping_patience", .integer(1...Int.max)),
    .init("early_stopping_threshold", .number(0...Double.greatestFiniteMagnitude), 0.0),
  ]

  /// All keys of `fox train lm`.
  package static let languageModel = model + languageModelData + training + newer
}
