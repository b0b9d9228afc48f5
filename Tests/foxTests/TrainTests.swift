import Foundation
import FoxFiles
import FoxFormats
import TestSupport
import Testing

@Suite("fox train lm", .counted)
struct TrainTests {
  @Test
  func `CLI-50 ARGS-7 TRAIN-7 TRAIN-8 a model, its results and reports`() throws {
    try TrainFolder.with([("do_eval", true), ("task_type", "lm"), ("save_steps", 5)]) { folder in
      try folder.configure([
        ("do_eval", true), ("validation_file", .string("\(folder.path)/dev.json")),
        ("task_type", "lm"), ("save_steps", 5),
      ])
      let run = try folder.train()
      #expect(run.status == 0, "\(run.error)")
      let lines = run.output.split(separator: "\n").map(String.init)
      #expect(lines.first == "***** train metrics *****")
      #expect(lines.contains("***** eval metrics *****"))
      #expect(lines.contains { $0.hasPrefix("  perplexity              = ") })
      #expect(run.error.contains("unknown key \"task_type\" ignored"))
      #expect(run.error.contains("\nstep 3: loss 6."))
      let names = folder.names()
      for name in [
        "model.safetensors", "config.json", "tokenizer.json", "vocab.json", "merges.txt",
        "train_results.json", "eval_results.json", "all_results.json", "trainer_state.json",
        "checkpoint-5",
      ] { #expect(names.contains(name), "\(name)") }
      #expect(!names.contains { $0.hasSuffix(".tmp") })
      let all = try folder.json("all_results.json")
      let loss = try #require(all["eval_loss"]?.double)
      #expect(all["perplexity"]?.double == exp(loss) && all["epoch"]?.double == 1)
      #expect(all["train_samples"]?.integer ?? 0 > 30)
      let history = try #require(folder.json("trainer_state.json")["log_history"]?.array)
      #expect(
        history.first?.object?.members.map(\.key) == ["loss", "learning_rate", "epoch", "step"])
      #expect(history.last?["train_loss"]?.double == all["train_loss"]?.double)
      // The folder is a model.
      let beam = try FoxProcess.run(
        ["beam", "the cat", "--steps", "2", "--beams", "2", "--model", folder.output])
      #expect(beam.status == 0, "\(beam.error)")
      let config = try folder.json("config.json")
      #expect(config["vocab_size"]?.integer == 512 && config["n_embd"]?.integer == 24)
      let other = try JSON.read(path: "\(folder.output)/checkpoint-5/config.json")
      #expect(other == config)
    }
  }

  @Test
  func `CLI-50 ARGS-3 one JSON document; --set, --strict`() throws {
    try TrainFolder.with([("tokenizer_class", "fast")]) { folder in
      let run = try folder.train(["--json", "--set", "max_steps=2", "--set", "save_steps=1"])
      #expect(run.status == 0, "\(run.error)")
      let document = try JSON.parse(Array(run.output.utf8))
      #expect(
        document.object?.members.map(\.key) == [
          "output_dir", "resumed_from", "global_step", "train", "eval", "best_model_checkpoint",
          "notes",
        ])
      #expect(document["global_step"]?.integer == 2 && document["eval"]?.isNull == true)
      #expect(document["train"]?["train_loss"]?.double ?? 0 > 5)
      #expect(document["notes"]?.array?.count ?? 0 >= 1)
      let strict = try folder.train(["--strict"])
      #expect(strict.status == 1 && strict.error.contains("unknown key \"tokenizer_class\""))
      // Checkpoints are there: the same command goes on.
      let again = try folder.train(["--json", "--set", "max_steps=2", "--set", "save_steps=1"])
      #expect(again.status == 0 && again.error.contains("checkpoint found, going on from it"))
      #expect(
        try JSON.parse(Array(again.output.utf8))["resumed_from"]?.string
          == "\(folder.output)/checkpoint-2")
    }
  }

  @Test
  func `ARGS-8 text, CSV, held-out rows, a fraction of the data for evaluation`() throws {
    try TrainFolder.with { folder in
      let text = (0..<30).map { "line \($0) of a text that has many words in it\n" }.joined()
      try AtomicFile.write(Array(text.utf8), to: "\(folder.path)/a.txt")
      let rows = (0..<30).map { "\($0),\"a row, with the number \($0) and more words\"\n" }.joined()
      try AtomicFile.write(Array(("n,text\n" + rows).utf8), to: "\(folder.path)/a.csv")
      for (file, change, words) in [
        ("a.txt", [("do_eval", true)], "the first 5 % of the training data are kept"),
        ("a.csv", [("holdout_every", 5), ("do_eval", true)], ""),
        (
          "a.csv",
          [
            ("max_train_samples", 3), ("per_device_train_batch_size", .integer(.max)),
            ("per_device_eval_batch_size", .integer(.max)), ("logging_steps", .integer(.max)),
            ("gradient_accumulation_steps", .integer(.max)), ("save_total_limit", .integer(.max)),
          ], ""
        ),
      ] as [(String, [(key: String, value: JSON)], String)] {
        try folder.configure(
          change + [
            ("train_file", .string("\(folder.path)/\(file)")), ("text_column_name", .null),
            ("overwrite_output_dir", true), ("block_size", 8),
          ])
        let run = try folder.train(["--json"])
        #expect(run.status == 0 && (words.isEmpty || run.error.contains(words)), "\(run.error)")
        let document = try JSON.parse(Array(run.output.utf8))
        if change.contains(where: { $0.key == "do_eval" }) {
          #expect(document["eval"]?["eval_samples"]?.integer ?? 0 > 0)
        } else {
          #expect(document["train"]?["train_samples"]?.integer == 3)
          #expect(document["global_step"]?.integer == 1)
        }
      }
    }
  }

  @Test
  func `ARGS-8 only an evaluation, of the rows that training would hold out`() throws {
    try TrainFolder.with { folder in
      let rows = (0..<30).map { "\($0),\"a row, with the number \($0) and more words\"\n" }.joined()
      try AtomicFile.write(Array(("n,text\n" + rows).utf8), to: "\(folder.path)/a.csv")
      // Training at a rate of 0 changes nothing, so that both evaluate the same weights.
      func evaluation(trains: Bool) throws -> JSON? {
        try folder.configure([
          ("train_file", .string("\(folder.path)/a.csv")), ("text_column_name", .null),
          ("overwrite_output_dir", true), ("block_size", 8), ("holdout_every", 5),
          ("do_train", .bool(trains)), ("do_eval", true), ("learning_rate", 0.0),
        ])
        let run = try folder.train(["--json"])
        #expect(run.status == 0, "\(run.error)")
        let document = try JSON.parse(Array(run.output.utf8))
        #expect((document["train"]?.object != nil) == trains)
        return document["eval"]
      }
      let (alone, after) = (try evaluation(trains: false), try evaluation(trains: true))
      #expect(alone?["eval_samples"]?.integer ?? 0 > 0)
      #expect(alone?["eval_samples"] == after?["eval_samples"])
      #expect(alone?["eval_loss"] == after?["eval_loss"])
    }
  }

  @Test
  func `ARGS-7 a pretrained model; only an evaluation`() throws {
    try TrainFolder.with { folder in
      try folder.configure([
        ("model_type", .null), ("config_overrides", .null), ("tokenizer_name", .null),
        ("model_name_or_path", .string(FoxProcess.model)), ("do_train", false), ("do_eval", true),
        ("validation_file", .string("\(folder.path)/dev.json")),
      ])
      let run = try folder.train()
      #expect(run.status == 0, "\(run.error)")
      #expect(run.output.hasPrefix("***** eval metrics *****\n  eval_accuracy "))
      #expect(!run.output.contains("epoch"))
    }
  }

  static let failures: [FailingCall] = [
    .init(arguments: ["seed=\"x\""], status: 1, words: "seed: found \"x\", expected an integer"),
    .init(arguments: ["per_device_train_batch_size=0"], status: 1, words: "expected an integer of"),
    .init(arguments: ["fp16=true"], status: 1, words: "fp16: found true, expected false"),
    .init(
      arguments: ["config_overrides=null", "model_type=null", "model_name_or_path=/nowhere"],
      status: 1, words: "\"/nowhere\": there is no such folder"),
    .init(arguments: ["model_type=llama"], status: 1, words: "fox train lm trains gpt2"),
    .init(arguments: ["tokenizer_name=/nowhere"], status: 1, words: "/nowhere"),
    .init(
      arguments: ["train_file=/nowhere.json"], status: 1,
      words: "/nowhere.json: found nothing, expected a file"),
    .init(arguments: ["train_file=EMPTY"], status: 1, words: "found an empty file"),
    .init(arguments: ["train_file=BLANK"], status: 1, words: "found empty texts"),
    .init(arguments: ["text_column_name=body"], status: 1, words: "\"body\""),
    .init(arguments: ["block_size=60", "train_file=SHORT"], status: 1, words: "60"),
    .init(
      arguments: ["block_size=65"], status: 1,
      words: "block_size: found 65, expected at most the model's 64 positions"),
    .init(
      arguments: ["per_device_train_batch_size=5000", "dataloader_drop_last=true"], status: 1,
      words: "per_device_train_batch_size: found 5000, expected at most the"),
    .init(arguments: ["output_dir=/proc/x"], status: 1, words: "/proc/x: found the error"),
    .init(arguments: ["output_dir=FILE"], status: 1, words: "expected a file that can be written"),
    .init(arguments: ["output_dir=FULL"], status: 1, words: "found a folder that is not empty"),
    .init(
      arguments: ["config_overrides=n_embd=10"], status: 1,
      words: "n_head: found 12, expected a divisor of n_embd (10)"),
    .init(
      arguments: ["config_overrides=vocab_size=100,n_embd=24,n_layer=1,n_head=3"], status: 1,
      words: "ids up to 511, expected fewer than 100"),
    .init(
      arguments: ["config_overrides=n_embd=100000008,n_layer=4000"], status: 1,
      words: "training takes 16 bytes for each"),
    .init(arguments: ["do_train=false"], status: 1, words: "nothing to do"),
    .init(
      arguments: ["do_eval=true", "validation_file=/nowhere.csv"], status: 1, words: "/nowhere"),
    .init(
      arguments: ["resume_from_checkpoint=/nowhere"], status: 1,
      words: "/nowhere: found no complete"),
    .init(arguments: ["resume_from_checkpoint=true"], status: 1, words: "no complete checkpoint"),
    .init(
      arguments: ["learning_rate=1e30", "max_grad_norm=0"], status: 1, words: "step 2: the loss is"),
  ]

  @Test(arguments: failures)
  func `CLI-51 ARGS-2 what fails says why, and with which code`(call: FailingCall) throws {
    try TrainFolder.with { folder in
      try AtomicFile.write([], to: "\(folder.path)/empty.json")
      try folder.write([["story": ""]], to: "blank.json")
      try folder.write([["story": "a short one"]], to: "short.json")
      try Folder.create("\(folder.path)/full")
      try AtomicFile.write([1], to: "\(folder.path)/full/notes.txt")
      let places = [
        "EMPTY": "empty.json", "BLANK": "blank.json", "SHORT": "short.json", "FILE": "empty.json",
        "FULL": "full",
      ]
      let settings = call.arguments.map { setting in
        places.reduce(setting) {
          $0.replacingOccurrences(of: "=" + $1.key, with: "=\(folder.path)/\($1.value)")
        }
      }
      let run = try folder.train(settings.flatMap { ["--set", $0] })
      #expect(run.status == call.status && run.output.isEmpty, "\(run.output)")
      #expect(run.error.contains(call.words), "\(run.error)")
      #expect(!folder.names().contains { $0.hasSuffix(".tmp") })
    }
  }

  @Test
  func `CLI-51 a configuration that is none; wrong usage`() throws {
    try TrainFolder.with { folder in
      for (text, words) in [
        ("{\"seed\": 1,}", "expected a member name"), ("", "found an empty file"),
        ("[1]", "expected an object"),
        ("{\"seed\": 1, \"seed\": 2}", "seed"), ("{}", "output_dir: found nothing"),
      ] {
        try AtomicFile.write(Array(text.utf8), to: folder.configuration)
        let run = try folder.train()
        #expect(run.status == 1 && run.error.contains(words), "\(text): \(run.error)")
        #expect(run.error.hasPrefix("fox: \(folder.configuration)"), "\(run.error)")
      }
    }
    for (arguments, words) in [
      (["train", "lm"], "Missing expected argument"),
      (["train", "lm", "c", "--set", "x"], "key=value"),
      (["train", "lm", ""], "CONFIG is empty"), (["train", "lm", "c", "--fast"], "Unknown option"),
    ] {
      let run = try FoxProcess.run(arguments)
      #expect(run.status == 64 && run.error.contains(words), "\(run.error)")
    }
    let missing = try FoxProcess.run(["train", "lm", "/nowhere.json"])
    #expect(
      missing.status == 1 && missing.error.contains("/nowhere.json: found nothing, expected a file")
    )
  }
}
