import Foundation
import FoxFiles
import FoxTrainer
import TestSupport
import Testing

@Suite("Before a run: a configuration to fill in, and what it would do", .counted)
struct TemplateTests {
  @Test(arguments: [ConfigurationTemplate.languageModel, .classifier])
  func `CLI-56 the template has every key with its meaning, and its values are the defaults`(
    template: ConfigurationTemplate
  ) throws {
    let run = try FoxProcess.run(["train", "--template", template.rawValue])
    #expect(run.status == 0 && run.error.isEmpty)
    let document = try JSON.parse(Array(run.output.utf8))
    let object = try #require(document.object)
    let fields =
      template == .languageModel ? ArgumentField.languageModel : ArgumentField.classifier
    for field in fields {
      let comment = object["//\(field.name)"]?.string ?? ""
      // A key without a meaning would be explained by its own name.
      #expect(
        comment.utf8.count > 12 && !comment.hasPrefix("\(field.name):"), "\(field.name): \(comment)"
      )
    }
    // Without what a run needs it is a configuration that says nothing.
    var given = JSON.Object()
    let needed = [
      "model_name_or_path", "train_file", "validation_file", "output_dir", "do_train", "do_eval",
    ]
    for (key, value) in object.members {
      guard let field = fields.first(where: { $0.name == key }) else {
        #expect(key.hasPrefix("//"), "\(key)")
        continue
      }
      if needed.contains(key) {
        given[key] = value
      } else {
        #expect(value == field.standard, "\(key)")
      }
    }
    let whole = try Arguments(document, path: "c.json", fields: fields, strict: true)
    let short = try Arguments(.object(given), path: "c.json", fields: fields, strict: true)
    #expect(whole.notes.isEmpty && short.notes.isEmpty, "\(whole.notes)")
    for field in fields { #expect(whole[field.name] == short[field.name], "\(field.name)") }
  }

  @Test
  func `CLI-56 a key that begins with // is a comment, whatever it holds`() throws {
    let document = try JSON.parse(
      Array(#"{"//": [1], "//seed": {"a": 1}, "seed": 3, "/seed": 4}"#.utf8))
    let arguments = try Arguments(document, path: "c.json", fields: ArgumentField.languageModel)
    #expect(arguments.integer("seed") == 3)
    #expect(arguments.notes.count == 1 && arguments.notes[0].contains("\"/seed\""))
  }

  @Test
  func `CLI-57 --dry-run of a language model: samples, steps, memory, and nothing written`() throws
  {
    try TrainFolder.with { folder in
      let run = try folder.train(["--dry-run", "--json"])
      #expect(run.status == 0, "\(run.error)")
      let document = try JSON.parse(Array(run.output.utf8))
      #expect(!FileManager.default.fileExists(atPath: folder.output))
      let train = try #require(document["data"]?["train"])
      let (samples, size) = (train["samples"]?.integer ?? 0, train["longest"]?.integer ?? 0)
      #expect(samples > 0 && train["tokens"]?.integer == samples * size)
      #expect(document["first"]?.array?.isEmpty == false)
      let steps = document["steps"]?.integer
      // A real run takes as many.
      let real = try folder.train(["--json"])
      #expect(real.status == 0, "\(real.error)")
      #expect(try JSON.parse(Array(real.output.utf8))["global_step"]?.integer == steps)
      let words = try folder.train(["--dry-run", "--set", "output_dir=\(folder.output)2"])
      for word in ["parameters", "train", "steps", "memory     at least", "sample"] {
        #expect(
          words.output.contains("\n\(word)") || words.output.hasPrefix(word), "\(words.output)")
      }
      #expect(words.error.contains("nothing was trained"))
    }
  }

  @Test
  func `DATA-7 which of several columns a language model is trained on is said`() throws {
    for (name, words) in [(JSON.null, true), ("story", false)] {
      try TrainFolder.with([("text_column_name", name)]) { folder in
        let run = try folder.train(["--dry-run"])
        #expect(run.error.contains("train.json: texts are \"story\"\n") == words)
      }
    }
  }

  @Test
  func `CLI-57 --dry-run of a classifier: columns, labels, lengths; what a run refuses is refused`()
    throws
  {
    try ClassifierFolder.with { folder in
      let run = try folder.train(["--dry-run", "--json"])
      #expect(run.status == 0, "\(run.error)")
      #expect(!FileManager.default.fileExists(atPath: folder.output))
      let document = try JSON.parse(Array(run.output.utf8))
      #expect(document["columns"]?.string?.contains("labels") == true)
      let labels = document["labels"]?.object?.members ?? []
      let samples = document["data"]?["train"]?["samples"]?.integer
      #expect(labels.count >= 2)
      #expect(labels.reduce(0) { $0 + ($1.value.integer ?? 0) } == samples)
      #expect(document["first"]?.array?[0]["text"]?.string?.hasPrefix("[CLS]") == true)
      let refused = try folder.train(["--dry-run", "--set", "label_column_name=nothing"])
      #expect(refused.status == 1 && refused.error.contains("nothing"))
    }
  }
}
