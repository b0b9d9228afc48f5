import Foundation
import FoxData
import FoxFiles
import FoxModels
import FoxTrainer
import FoxTransformer

// What training reads beside its data: `FORM-6`.
extension FuzzTarget {
  /// Configurations of runs, up to where they name files.
  static func training(_ golden: String, _ scratch: Scratch) throws -> FuzzTarget {
    let common =
      "\"output_dir\": \"out\", \"do_train\": true, \"do_eval\": true, \"train_file\": \"a.csv\", "
      + "\"validation_file\": \"b.csv\", \"per_device_train_batch_size\": 4, \"num_train_epochs\": 1.5, "
      + "\"learning_rate\": 1e-4, \"evaluation_strategy\": \"steps\", \"eval_steps\": 2, \"save_steps\": 4, "
      + "\"load_best_model_at_end\": true, \"early_stopping_patience\": 3, \"warmup_ratio\": 0.1, "
      + "\"gradient_accumulation_steps\": 2, \"max_train_samples\": 10, \"seed\": 1"
    let seeds = [
      Seed(
        "lm.json",
        "{\"model_type\": \"gpt2\", \"tokenizer_name\": \"t\", \"config_overrides\": "
          + "\"n_embd=16,n_head=2,resid_pdrop=0.2\", \"block_size\": 8, \"sampled_vocabulary\": 5, "
          + "\(common)}"),
      Seed(
        "classifier.json",
        "{\"model_name_or_path\": \"m\", \"task_name\": \"sst2\", \"max_seq_length\": 16, \(common)}"
      ),
    ]
    let folder = try scratch.folder("training")
    return FuzzTarget(name: "training", seeds: seeds) { seed, bytes in
      let path = "\(folder)/\(seed.name)"
      try Scratch.write(bytes, to: path)
      if seed.name == "lm.json" {
        let run = try LanguageModelRun(path: path)
        _ = try ConfigurationOverrides.configuration(
          run.arguments.text("config_overrides"), path: path
        ).parameterCount
      } else {
        _ = try ClassifierRun(path: path)
      }
    }
  }

  /// Checkpoints of a run: its state, moments and generators; and two more batches.
  static func runs(_ golden: String, _ scratch: Scratch) throws -> FuzzTarget {
    let folder = try scratch.folder("run")
    _ = try makeTrainer(golden, folder).train()
    let checkpoint = "\(folder)/checkpoint-2"
    let seeds = try [
      "run_state.json", "trainer_state.json", "run_state.json", "trainer_state.json",
      "optimizer.safetensors", "rng_state.safetensors", "model.safetensors",
    ].map { try Seed(path: "\(checkpoint)/\($0)") }
    return FuzzTarget(name: "runs", seeds: seeds) { seed, bytes in
      let path = "\(checkpoint)/\(seed.name)"
      try Scratch.write(bytes, to: path)
      defer { try? Scratch.write(seed.bytes, to: path) }
      let trainer = try makeTrainer(golden, folder)
      var batches = 2
      trainer.isInterrupted = {
        batches -= 1
        return batches < 0
      }
      do {
        _ = try trainer.train(resumingFrom: checkpoint)
      } catch is Interrupted {}
    }
  }

  /// A tiny model on a few blocks, with a checkpoint after every other step until the run is resumed.
  private static func makeTrainer(_ golden: String, _ folder: String) throws -> Trainer {
    let path = "\(golden)/gpt2/models/few-words/config.json"
    let configuration = try GPT2Configuration(JSON.read(path: path), path: path)
    let words = configuration.vocabularySize
    let blocks = try LanguageModelBlocks.cut(["a"], blockSize: 6) { _ in
      [(0..<60).map { $0 * 7 % words }]
    }
    let task = try LanguageModelTask(
      GPT2Trainable(GPT2Model(fresh: configuration, seed: 1)), training: blocks)
    var arguments = TrainingArguments(outputFolder: folder)
    (arguments.trainingBatchSize, arguments.epochs, arguments.accumulation) = (2, 2, 2)
    (arguments.saveSteps, arguments.loggingSteps) = (2, 1)
    return try Trainer(task, arguments)
  }
}
