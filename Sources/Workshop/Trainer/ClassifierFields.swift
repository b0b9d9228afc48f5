import FoxFiles
import FoxGLUE

/// # The keys of `fox train classifier`
///
/// Adds to those of the training itself what the notebook's run_glue reads: tasks, data and their columns.
extension ArgumentField {
  /// The keys of the notebook's `DataTrainingArguments` for classifiers; then those of this package.
  package static let classifierData: [ArgumentField] = [
    .init("task_name", .choice(GLUETask.allCases.map(\.rawValue))),
    .init(
      "dataset_name", .text, .null,
      .only([""], "data sets are not downloaded; give train_file and validation_file")),
    .init("dataset_config_name", .text, .null, .harmless("it belongs to dataset_name")),
    .init("max_seq_length", .integer(3...1 << 20), 128),
    .init("overwrite_cache", .flag, false, .harmless("nothing is cached")),
    .init("pad_to_max_length", .flag, true),
    .init("max_train_samples", .integer(1...Int.max)),
    .init("max_eval_samples", .integer(1...Int.max)),
    .init("max_predict_samples", .integer(1...Int.max)),
    .init("train_file", .text),
    .init("validation_file", .text),
    .init("test_file", .text),
    .init("validation_mismatched_file", .text),
    .init("test_mismatched_file", .text),
    .init("text_column_name", .text),
    .init("text_pair_column_name", .text),
    .init("label_column_name", .text, "label"),
    .init("do_predict", .flag, false),
    .init("field", .text),
    .init("early_stopping_patience", .integer(1...Int.max)),
    .init("early_stopping_threshold", .number(0...Double.greatestFiniteMagnitude), 0.0),
  ]

  /// All keys of `fox train classifier`.
  package static let classifier =
    model.filter { !["model_type", "config_overrides"].contains($0.name) } + classifierData
    + training.filter { $0.name != "do_predict" } + newer
}
