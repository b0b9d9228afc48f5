import Foundation
import FoxDecoding
import FoxFiles
import FoxModels
import TestSupport
import Testing

@testable import FoxTrainer

@Suite("Configurations", .counted)
struct ArgumentsTests {
  private static let base: [(key: String, value: JSON)] = [
    ("output_dir", "out"), ("do_train", true), ("train_file", "a.json"),
    ("model_name_or_path", "gpt2"),
  ]

  private func arguments(
    _ more: [(key: String, value: JSON)] = [], settings: [String] = [], strict: Bool = false
  ) throws -> (Arguments, TrainingArguments) {
    var arguments = try Arguments(
      .object(.init(Self.base + more)), path: "c.json", settings: settings,
      fields: ArgumentField.languageModel, strict: strict)
    let training = try TrainingArguments(&arguments)
    return (arguments, training)
  }

  @Test
  func `ARGS-1 every key of TrainingArguments is known, with its default`() throws {
    let golden = try #require(Golden.json("training/arguments.json")["fields"]?.array)
    let ours = Dictionary(ArgumentField.training.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for field in golden {
      let name = try #require(field["name"]?.string)
      let known = try #require(ours[name], "\(name) is not known")
      let same = known.standard.double == field["default"]?.double && known.standard.double != nil
      #expect(same || known.standard == field["default"], "\(name): \(known.standard)")
      // The default of a key is never refused.
      if !known.standard.isNull {
        #expect(known.accepts(known.standard), "\(name)")
        #expect(throws: Never.self) { try arguments([(name, known.standard)]) }
      }
    }
    #expect(golden.count == ArgumentField.training.count)
    let names = ArgumentField.languageModel.map(\.name)
    #expect(Set(names).count == names.count)
  }

  @Test
  func `ARGS-9 keys that have new names are taken by their old ones, and that is said`() throws {
    let (arguments, training) = try arguments([
      ("eval_strategy", "steps"), ("use_cpu", true), ("optim", "adamw_torch_fused"),
      ("validation_file", "b.json"), ("do_eval", true),
    ])
    #expect(training.evaluationStrategy == .steps && training.optimizer == .torch)
    let said = arguments.notes.filter { $0.contains("its name in transformers 4.17.0") }
    #expect(said.count == 2 && said[0].contains("eval_strategy is taken as evaluation_strategy"))
    let (_, set) = try self.arguments(settings: ["eval_strategy=epoch"])
    #expect(set.evaluationStrategy == .epoch)
    #expect(throws: Fault.self) {
      try self.arguments([("eval_strategy", "steps"), ("evaluation_strategy", "no")])
    }
    // Faults speak of the key that is written.
    let both = #expect(throws: Fault.self) {
      try self.arguments([
        ("eval_strategy", "steps"), ("save_strategy", "epoch"), ("load_best_model_at_end", true),
      ])
    }
    #expect(both?.place == "eval_strategy and save_strategy")
    let wrong = #expect(throws: Fault.self) { try self.arguments([("eval_strategy", "stepz")]) }
    #expect(wrong?.place == "eval_strategy")
  }

  @Test
  func `ARGS-9 newer keys change nothing here, or are refused by name`() throws {
    let (arguments, _) = try arguments([
      ("save_safetensors", true), ("torch_compile", false), ("dataloader_num_workers", 4),
    ])
    #expect(arguments.notes.count == 3 && arguments.notes.allSatisfy { $0.contains("no effect") })
    for key in ["neftune_noise_alpha", "eval_on_start"] {
      let value: JSON = key == "eval_on_start" ? true : 5.0
      let fault = #expect(throws: Fault.self) { try self.arguments([(key, value)]) }
      #expect(fault?.place == key)
    }
  }

  @Test
  func `ARGS-1 ARGS-5 the homework's configuration`() throws {
    let document = try JSON.parse(Array(Homework.configuration.utf8))
    var arguments = try Arguments(
      document, path: "homework", fields: ArgumentField.languageModel, strict: true)
    let training = try TrainingArguments(&arguments)
    #expect(arguments.notes.isEmpty)
    #expect(training.outputFolder == "./tmp" && training.overwritesOutput)
    #expect(training.trains && !training.evaluates && training.evaluationStrategy == .no)
    #expect(
      training.optimizer == .huggingFace && training.seed == 42 && training.schedule == .linear)
    #expect(training.maximumGradientNorm == 1 && training.weightDecay == 0)
    let plan = try TrainingPlan(training, samples: 1024)
    #expect(plan.steps == 128 && plan.epochs == 1 && plan.batches == 128)
    #expect(arguments.text("text_column_name") == "story" && arguments.integer("block_size") == 256)
  }

  struct Refusal: Sendable, CustomTestStringConvertible {
    let key: String
    let value: JSON
    let words: String
    var testDescription: String { "\(key) \(value.text())" }
  }

  static let refusals: [Refusal] = [
    .init(key: "seed", value: "42", words: #"seed: found "42", expected an integer from 0"#),
    .init(
      key: "seed", value: -1, words: "seed: found -1, expected an integer from 0 to 4294967295"),
    .init(key: "learning_rate", value: "5e-5", words: "expected a number of at least 0.0"),
    .init(key: "learning_rate", value: -1, words: "learning_rate: found -1, expected a number"),
    .init(key: "do_train", value: 1, words: "do_train: found 1, expected true or false"),
    .init(key: "do_train", value: "yes", words: "expected true or false"),
    .init(key: "per_device_train_batch_size", value: 0, words: "expected an integer of at least 1"),
    .init(key: "per_device_train_batch_size", value: 8.5, words: "found 8.5, expected an integer"),
    .init(key: "evaluation_strategy", value: "never", words: "expected one of no, steps, epoch"),
    .init(key: "lr_scheduler_type", value: "exponential", words: "expected one of linear, cosine"),
    .init(key: "lr_scheduler_type", value: "Linear", words: "expected one of linear, cosine"),
    .init(
      key: "warmup_ratio", value: 1.5,
      words: "warmup_ratio: found 1.5, expected a number from 0.0 to 1"
    ),
    .init(key: "adam_beta1", value: 1, words: "adam_beta1: found 1, expected less than 1"),
    .init(
      key: "num_train_epochs", value: 0, words: "num_train_epochs: found 0, expected more than 0"),
    .init(key: "logging_steps", value: 0, words: "logging_steps: found 0, expected at least 1"),
    .init(key: "train_file", value: ["a"], words: "train_file: found [\"a\"], expected a text"),
    .init(
      key: "block_size", value: 0, words: "block_size: found 0, expected an integer of at least 2"),
    .init(key: "fp16", value: true, words: "fp16: found true, expected false"),
    .init(key: "bf16", value: true, words: "bf16: found true, expected false"),
    .init(
      key: "deepspeed", value: "ds.json", words: "deepspeed: found \"ds.json\", expected nothing"),
    .init(key: "report_to", value: "wandb", words: "no reporting service is at hand"),
    .init(key: "local_rank", value: 0, words: "local_rank: found 0, expected -1"),
    .init(
      key: "optim", value: "adafactor",
      words: "known optimizers are adamw_hf, adamw_torch"),
    .init(key: "optim", value: "sgd", words: "optim: found \"sgd\", expected one of adamw_hf"),
    .init(
      key: "label_smoothing_factor", value: 1.5,
      words: "label_smoothing_factor: found 1.5, expected a number from 0.0 to 1.0"),
    .init(key: "push_to_hub", value: true, words: "nothing is sent to the Hub"),
    .init(key: "ignore_data_skip", value: true, words: "goes on with the next batch"),
    .init(key: "dataset_name", value: "coqa", words: "give train_file and validation_file"),
    .init(key: "output_dir", value: "", words: "output_dir: found nothing"),
    .init(key: "early_stopping_patience", value: 2, words: "needs load_best_model_at_end"),
    .init(
      key: "load_best_model_at_end", value: true, words: "found no and steps, expected the same"),
  ]

  @Test(arguments: refusals)
  func `ARGS-2 ARGS-4 OPT-7 wrong values are refused by key and value`(refusal: Refusal) {
    do {
      _ = try arguments([(refusal.key, refusal.value)])
      Issue.record("accepted")
    } catch {
      #expect("\(error)".contains(refusal.words), "\(error)")
      #expect("\(error)".hasPrefix("c.json, "), "\(error)")
    }
  }

  @Test
  func `ARGS-3 unknown keys are reported once, with what they may mean`() throws {
    let strange: [(key: String, value: JSON)] = [
      ("learning_rat", 1), ("task_type", "x"), ("data_seed", 3), ("do_lower_case", false),
    ]
    let (arguments, _) = try arguments(strange)
    #expect(arguments.notes.count == 1)
    let note = try #require(arguments.notes.first)
    #expect(note.contains("\"learning_rat\" (learning_rate?), \"task_type\""))
    #expect(note.contains("transformers 4.17.0 has no data_seed"))
    do {
      _ = try self.arguments(strange, strict: true)
      Issue.record("accepted")
    } catch let error as Fault {
      #expect(error.description.contains("unknown keys \"learning_rat\" (learning_rate?)"))
      #expect(error.description.contains("without strict they are ignored"))
    }
  }

  @Test
  func `ARGS-4 keys that change nothing are reported when they are given`() throws {
    #expect(try arguments().0.notes.isEmpty)
    #expect(try arguments([("optim", "adamw_torch")]).0.notes.isEmpty)
    let (arguments, _) = try arguments([
      ("fp16", false), ("no_cuda", true), ("report_to", "none"), ("logging_dir", "runs"),
      ("cache_dir", .null),
    ])
    #expect(arguments.notes.count == 4)
    #expect(arguments.notes.allSatisfy { $0.contains(" has no effect: ") })
  }

  @Test
  func `ARGS-5 --set takes precedence, and is read by the kind of its key`() throws {
    let (arguments, training) = try arguments(
      [("seed", 1), ("learning_rate", 1)],
      settings: [
        "seed=7", "learning_rate=1e-3", "overwrite_output_dir=True", "output_dir=123", "seed=8",
        "max_train_samples=null", "load_best_model_at_end=n",
      ])
    #expect(training.seed == 8 && training.learningRate == 1e-3 && training.overwritesOutput)
    #expect(training.outputFolder == "123" && !training.loadsBestModel)
    #expect(arguments.integer("max_train_samples") == nil)
    for (setting, words) in [
      ("seed=x", "setting, seed: found \"x\", expected an integer"), ("seed", "no assignment"),
      ("=3", "no assignment"), ("do_train=maybe", "expected true or false"),
    ] {
      do {
        _ = try self.arguments(settings: [setting])
        Issue.record("accepted \(setting)")
      } catch { #expect("\(error)".contains(words), "\(error)") }
    }
    let noted = try self.arguments(settings: ["sede=3"]).0
    #expect(noted.notes.first?.contains("\"sede\" (seed?)") == true)
  }

  @Test
  func `ARGS-5 defaults that depend on other keys`() throws {
    let (_, steps) = try arguments([("evaluation_strategy", "steps"), ("logging_steps", 20)])
    #expect(steps.evaluates && steps.evaluationSteps == 20)
    let best: [(key: String, value: JSON)] = [
      ("evaluation_strategy", "epoch"), ("save_strategy", "epoch"),
      ("load_best_model_at_end", true),
    ]
    let (_, loss) = try arguments(best)
    #expect(loss.bestMetricKey == "eval_loss" && loss.greaterIsBetter == false)
    let (_, accuracy) = try arguments(best + [("metric_for_best_model", "accuracy")])
    #expect(accuracy.bestMetricKey == "eval_accuracy" && accuracy.greaterIsBetter == true)
    do {
      _ = try arguments([
        ("evaluation_strategy", "steps"), ("eval_steps", 3), ("save_steps", 10),
        ("load_best_model_at_end", true),
      ])
      Issue.record("accepted")
    } catch { #expect("\(error)".contains("found 10, expected a multiple of eval_steps (3)")) }
    let (noted, _) = try arguments([("max_steps", 5), ("num_train_epochs", 1)])
    #expect(noted.notes == ["c.json: max_steps is given, so num_train_epochs has no effect"])
  }

  @Test
  func `ARGS-2 any value for any key: taken or refused, never a crash`() throws {
    let values: [JSON] = [
      .null, true, false, 0, 1, -1, .integer(.max), .integer(.min), 0.5, -0.0, 1e308,
      .number(.leastNonzeroMagnitude),
      "", "0", "x", .string(String(repeating: "🦊", count: 100_000)), "\u{0}", [], [1], ["a"], [:],
      ["a": 1],
    ]
    var taken = 0
    for field in ArgumentField.languageModel {
      for value in values {
        guard let (_, training) = try? arguments([(field.name, value)]) else { continue }
        for samples in [0, 1, 1000] { _ = try? TrainingPlan(training, samples: samples) }
        taken += 1
      }
      for text in ["", "=", "null", "🦊", "[", "1e999", "-"] {
        _ = try? arguments(settings: ["\(field.name)=\(text)"])
      }
    }
    #expect(taken > ArgumentField.languageModel.count)
    for text in ["=", ",", "==", "n_layer=", "=3", "🦊=1", String(repeating: ",", count: 10000)] {
      #expect(throws: Fault.self) {
        try ConfigurationOverrides.configuration(text, path: "c.json")
      }
    }
  }

  @Test
  func `ARGS-6 config_overrides, as update_from_string reads them`() throws {
    for golden in try #require(Golden.json("training/arguments.json")["overrides"]?.array) {
      let text = try #require(golden["text"]?.string)
      guard let expected = golden["config"] else {
        #expect(throws: Fault.self, "\(text)") {
          try ConfigurationOverrides.configuration(text, path: "c.json")
        }
        continue
      }
      let ours = try ConfigurationOverrides.configuration(text, path: "c.json").json
      for (key, value) in try #require(expected.object).members {
        #expect(
          ours[key]?.double == value.double && ours[key]?.bool == value.bool, "\(text): \(key)")
      }
    }
    do {
      _ = try ConfigurationOverrides.configuration("n_layer=two", path: "c.json")
      Issue.record("accepted")
    } catch {
      #expect(
        "\(error)" == "c.json, config_overrides: n_layer: found \"two\", expected an integer")
    }
  }
}

/// The homework's own words.
enum Homework {
  static let configuration = """
    {"model_name_or_path": "gpt2", "train_file": "coqa-train.json", "validation_file": "coqa-dev.json",
     "text_column_name": "story", "per_device_train_batch_size": 8, "per_device_eval_batch_size": 8,
     "gradient_accumulation_steps": 1, "learning_rate": 5e-5, "block_size": 256,
     "max_train_samples": 1024, "num_train_epochs": 1, "do_train": true, "do_eval": false,
     "output_dir": "./tmp", "overwrite_output_dir": true, "log_level": "warning"}
    """
}
