/// # What the keys mean
///
/// A sentence for each key that does something, for the template of a configuration. Keys that change
/// nothing here say so themselves (``ArgumentField/Standing``). SPEC `CLI-56`.
extension ArgumentField {
  /// What a key means; `nil` for one that changes nothing.
  var meaning: String? { Self.meanings[name] }

  private static let meanings = modelMeanings.merging(dataMeanings) { $1 }
    .merging(stepMeanings) { $1 }.merging(watchMeanings) { $1 }

  private static let modelMeanings = [
    "model_name_or_path": "the model to begin with: a folder, or the name of one in Weights",
    "model_type": "what to train from random weights when no model is named",
    "config_overrides":
      "its shape, such as n_layer=4,n_head=4,n_embd=256; the rest is GPT-2 small's",
    "config_name": "a folder whose config.json gives the shape instead of the model's own",
    "tokenizer_name": "the folder of the tokenizer, when it is not the model's",
  ]

  private static let dataMeanings = [
    "task_name": "the GLUE task, which knows its columns, its labels and its metrics",
    "train_file": "what to learn: JSON, JSON lines, CSV or TSV; for a language model text, too",
    "validation_file": "what to evaluate on, of the same kinds",
    "test_file": "what to predict",
    "validation_mismatched_file": "MNLI's second set to evaluate on",
    "test_mismatched_file": "MNLI's second set to predict",
    "max_train_samples": "how many samples to learn from, counted from the first",
    "max_eval_samples": "how many samples to evaluate on",
    "max_predict_samples": "how many samples to predict",
    "block_size": "the tokens of a block; by default 1024, or as many as the model has positions",
    "max_seq_length": "the most tokens of a text or pair; longer ones are cut",
    "pad_to_max_length": "fill all texts up to max_seq_length, as the homework does, which decides "
      + "the random numbers that are drawn",
    "validation_split_percentage":
      "how much of train_file is kept for the evaluation when there is no "
      + "validation_file",
    "keep_linebreaks": "whether the lines of a text file keep their line feeds",
    "text_column_name": "the column of the texts; else story, text, or the first that can be one",
    "text_pair_column_name": "the column of the second sentence of a pair",
    "label_column_name": "the column of the labels",
    "document_separator": "the line between the documents of a text file, such as <|endoftext|>",
    "holdout_every": "every n-th text is kept for the evaluation and not learned",
    "sampled_vocabulary": "how many words stand for the rest of the vocabulary in most steps",
    "sampled_vocabulary_frequent": "how many of the most frequent words are always scored",
    "sampled_vocabulary_share": "the part of the steps that is scored so, from the first on",
    "field": "the member of a JSON file that holds the rows",
  ]

  private static let stepMeanings = [
    "output_dir": "the folder that everything is written to",
    "overwrite_output_dir": "begin anew in a folder that is not empty",
    "do_train": "whether to train",
    "do_eval": "whether to evaluate at the end",
    "do_predict": "whether to write the labels of test_file",
    "per_device_train_batch_size": "samples in a batch",
    "per_device_eval_batch_size": "samples in a batch of an evaluation",
    "per_gpu_train_batch_size": "an old name of per_device_train_batch_size, which it replaces",
    "per_gpu_eval_batch_size": "an old name of per_device_eval_batch_size, which it replaces",
    "gradient_accumulation_steps": "batches in a step",
    "learning_rate": "how far a step goes, before the schedule",
    "weight_decay": "how much weights shrink in a step, biases and LayerNorms apart",
    "adam_beta1": "how slowly the mean of the gradients follows",
    "adam_beta2": "how slowly the mean of their squares follows",
    "adam_epsilon": "what is added to the root of that mean",
    "max_grad_norm": "the length that gradients are cut to; 0 for no limit",
    "num_train_epochs": "passes over the data; the last one may be a part",
    "max_steps": "steps in all, whatever num_train_epochs says; -1 for as many as that gives",
    "lr_scheduler_type": "how the learning rate goes down",
    "warmup_ratio": "the part of the steps in which it goes up first",
    "warmup_steps": "the same as a number of steps, which counts before warmup_ratio",
    "seed": "where all random numbers come from: order, dropout, new weights",
    "optim": "the optimizer",
    "dataloader_drop_last": "leave out the last batch of an epoch when it is short",
    "label_smoothing_factor": "how much of each label is shared among all",
    "group_by_length": "put texts of about one length into a batch",
    "length_column_name": "the column with the lengths of texts, where there is one",
  ]

  private static let watchMeanings = [
    "log_level": "what is said: with error or critical no notes, with info what a run begins with",
    "logging_strategy": "when the loss is logged",
    "logging_steps": "steps between two logs",
    "logging_first_step": "log the first step, too",
    "save_strategy": "when a checkpoint is written",
    "save_steps": "steps between two checkpoints",
    "save_total_limit": "how many checkpoints are kept; the oldest go",
    "disable_tqdm": "hide the progress",
    "evaluation_strategy": "when the model is evaluated while it trains",
    "eval_steps": "steps between two evaluations; by default logging_steps",
    "prediction_loss_only": "an evaluation is its loss and nothing else",
    "load_best_model_at_end": "the result is the best model that was evaluated, not the last",
    "metric_for_best_model": "what says which is best; by default the loss",
    "greater_is_better": "whether more of it is better; by default for all but the loss",
    "early_stopping_patience": "end after so many evaluations without a better one",
    "early_stopping_threshold": "by how much a better one has to be better",
    "resume_from_checkpoint": "the checkpoint to go on from, or true for the last one",
  ]
}
