import FoxFiles
import FoxTraining

/// # The keys of `TrainingArguments`
///
/// Adds the more than 90 keys of the reference, so that its configurations work as they are: those that
/// cannot apply here say so, and those that would change a result are refused.
extension ArgumentField {
  /// The keys of `TrainingArguments` of transformers 4.17.0, in its order.
  package static let training: [ArgumentField] =
    running + optimizing + logging + evaluating + elsewhere

  /// Names that transformers has changed since 4.17.0: the new one, the old one.
  static let renamed = ["eval_strategy": "evaluation_strategy", "use_cpu": "no_cuda"]

  /// Keys that today's transformers has and 4.17.0 has not, as far as they can change nothing here, or
  /// would change a result and are refused.
  static let newer: [ArgumentField] = [
    .init(
      "dataloader_persistent_workers", .flag, false, .harmless("there are no worker processes")),
    .init(
      "dataloader_prefetch_factor", .integer(count), .null,
      .harmless("there are no worker processes")),
    .init("save_safetensors", .flag, true, .harmless("weights are written as safetensors")),
    .init(
      "gradient_checkpointing_kwargs", .object, .null,
      .harmless("it belongs to gradient_checkpointing")),
    .init("torch_compile", .flag, false, .harmless("there is nothing to compile")),
    .init("neftune_noise_alpha", .number(size), .null, .only([0, 0.0], "no noise is added")),
    .init("eval_on_start", .flag, false, .only([false], "evaluation begins after the first steps")),
    .init("lr_scheduler_kwargs", .object, .null, .only([[:]], "schedules have no settings here")),
    .init("optim_args", .text, .null, .only([""], "optimizers have no settings here")),
  ]

  private static let strategies = ["no", "steps", "epoch"]
  private static let count = 1...Int.max
  private static let size = 0...Double.greatestFiniteMagnitude

  /// What is run, on how much at a time.
  private static let running: [ArgumentField] = [
    .init("output_dir", .text),
    .init("overwrite_output_dir", .flag, false),
    .init("do_train", .flag, false),
    .init("do_eval", .flag, false),
    .init("do_predict", .flag, false, .harmless("the reference's script does not look at it")),
    .init("evaluation_strategy", .choice(strategies), "no"),
    .init("prediction_loss_only", .flag, false),
    .init("per_device_train_batch_size", .integer(count), 8),
    .init("per_device_eval_batch_size", .integer(count), 8),
    .init("per_gpu_train_batch_size", .integer(count)),
    .init("per_gpu_eval_batch_size", .integer(count)),
    .init("gradient_accumulation_steps", .integer(count), 1),
    .init(
      "eval_accumulation_steps", .integer(count), .null,
      .harmless("predictions are never kept in another memory")),
  ]

  /// How steps are made.
  private static let optimizing: [ArgumentField] = [
    .init("learning_rate", .number(size), 5e-5),
    .init("weight_decay", .number(size), 0.0),
    .init("adam_beta1", .number(0...1), 0.9),
    .init("adam_beta2", .number(0...1), 0.999),
    .init("adam_epsilon", .number(size), 1e-8),
    .init("max_grad_norm", .number(size), 1.0),
    .init("num_train_epochs", .number(size), 3.0),
    .init("max_steps", .integer(-1...Int(Int32.max)), -1),
    .init(
      "lr_scheduler_type",
      .choice(TrainerSchedule.Kind.allCases.map(\.rawValue)), "linear"),
    .init("warmup_ratio", .number(0...1), 0.0),
    .init("warmup_steps", .integer(0...Int(Int32.max)), 0),
    .init("seed", .integer(0...Int(UInt32.max)), 42),
    .init(
      "optim",
      .choice([
        "adamw_hf", "adamw_torch", "adamw_torch_fused", "adamw_torch_xla", "adamw_apex_fused",
        "adafactor", "muon",
      ]),
      "adamw_hf",
      .among(
        ["adamw_hf", "adamw_torch", "adamw_torch_fused", "muon"],
        "known optimizers are adamw_hf, adamw_torch (also as adamw_torch_fused) and muon")),
    .init("adafactor", .flag, false, .only([false], "there is no Adafactor")),
    .init("label_smoothing_factor", .number(0...1), 0.0),
    .init("group_by_length", .flag, false),
    .init("dataloader_drop_last", .flag, false),
    .init(
      "gradient_checkpointing", .flag, false,
      .harmless("activations are kept; the numbers are the same")),
  ]

  /// What is logged and kept.
  private static let logging: [ArgumentField] = [
    .init("log_level", .choice(levels), "passive"),
    .init("logging_strategy", .choice(strategies), "steps"),
    .init("logging_first_step", .flag, false),
    .init("logging_steps", .integer(0...Int.max), 500),
    .init(
      "logging_nan_inf_filter", .flagOrText, true,
      .harmless("a loss that is not finite ends the run")),
    .init("save_strategy", .choice(strategies), "steps"),
    .init("save_steps", .integer(0...Int.max), 500),
    .init("save_total_limit", .integer(0...Int.max)),
    .init("disable_tqdm", .flag),
  ]
  private static let levels = ["debug", "info", "warning", "error", "critical", "passive"]

  /// Evaluation, the best model, going on.
  private static let evaluating: [ArgumentField] = [
    .init("eval_steps", .integer(0...Int.max)),
    .init("load_best_model_at_end", .flag, false),
    .init("metric_for_best_model", .text),
    .init("greater_is_better", .flag),
    .init(
      "ignore_data_skip", .flag, false,
      .only([false], "a resumed run goes on with the next batch")),
    .init("resume_from_checkpoint", .flagOrText),
  ]

  /// Keys for other machines, services and models.
  private static let elsewhere: [ArgumentField] =
    hardware.map {
      .init($0.0, $0.1, $0.2, .only($0.3, "this package computes on one processor in float32"))
    }
    + [
      .init("no_cuda", .flag, false, .harmless("there is only the processor")),
      .init("fp16_opt_level", .text, "O1", .harmless("it belongs to fp16")),
      .init("half_precision_backend", .choice(halves), "auto", .harmless("it belongs to fp16")),
      .init("fp16_backend", .choice(halves), "auto", .harmless("it belongs to fp16")),
      .init("ddp_find_unused_parameters", .flag, .null, .harmless("there is one process")),
      .init("ddp_bucket_cap_mb", .integer(count), .null, .harmless("there is one process")),
      .init("save_on_each_node", .flag, false, .harmless("there is one process")),
      .init("log_on_each_node", .flag, true, .harmless("there is one process")),
      .init("log_level_replica", .choice(levels), "passive", .harmless("there is one process")),
      .init(
        "dataloader_num_workers", .integer(0...Int.max), 0,
        .harmless("data is prepared before the first step; the order is the same")),
      .init("dataloader_pin_memory", .flag, true, .harmless("there is only the processor")),
      .init(
        "skip_memory_metrics", .flag, true, .only([true], "memory is not among the metrics")),
      .init("use_legacy_prediction_loop", .flag, false, .only([false], "there is one loop")),
      .init("past_index", .integer(-1...Int.max), -1, .only([-1], "no model here needs it")),
      .init("remove_unused_columns", .flag, true, .harmless("only the columns needed are read")),
      .init("label_names", .texts, .null, .only([["labels"], "labels"], "labels are \"labels\"")),
      .init("length_column_name", .text, "length"),
      .init("logging_dir", .text, .null, .harmless("there is no TensorBoard")),
      .init("run_name", .text, .null, .harmless("there is no service to name the run for")),
      .init(
        "report_to", .texts, .null,
        .only(["none", ["none"], [], "all", ["all"]], "no reporting service is at hand")),
      .init("debug", .text, "", .only([""], "its tools are not here")),
      .init("mp_parameters", .text, "", .only([""], "there is no SageMaker")),
      .init("hub_strategy", .text, "every_save", .harmless("nothing is sent to the Hub")),
      .init("push_to_hub", .flag, false, .only([false], "nothing is sent to the Hub")),
    ]
    + [
      "hub_model_id", "hub_token", "push_to_hub_model_id",
      "push_to_hub_organization", "push_to_hub_token",
    ].map { .init($0, .text, .null, .harmless("nothing is sent to the Hub")) }

  private static let halves = ["auto", "amp", "apex"]
  private static let hardware: [(String, Kind, JSON, [JSON])] = [
    ("fp16", .flag, false, [false]), ("bf16", .flag, false, [false]),
    ("fp16_full_eval", .flag, false, [false]), ("bf16_full_eval", .flag, false, [false]),
    ("tf32", .flag, .null, [false]), ("local_rank", .integer(-1...Int.max), -1, [-1]),
    ("xpu_backend", .text, .null, []), ("tpu_num_cores", .integer(0...Int.max), .null, []),
    ("tpu_metrics_debug", .flag, false, [false]), ("sharded_ddp", .flagOrText, "", ["", false]),
    ("deepspeed", .text, .null, [""]),
  ]
}
