import FoxFiles

/// # A configuration to fill in
///
/// Adds to the keys a document that has them all, each with a comment: its meaning, what it may be, its
/// default. A comment is a member whose key begins with `//`, so that the document is plain JSON, which
/// transformers reads too. SPEC `CLI-56`.
package enum ConfigurationTemplate: String, CaseIterable, Sendable {
  /// Fine-tunes a GPT-2.
  case languageModel = "lm"
  /// Fine-tunes a BERT classifier.
  case classifier

  /// Whether a key is a comment.
  static func isComment(_ key: String) -> Bool { key.hasPrefix("//") }

  /// The document.
  package var document: JSON {
    var object = JSON.Object([
      (
        "//",
        .string(
          "fox train \(rawValue): write your files in, remove what you do not need. Keys that begin "
            + "with // are comments. Every other key stands here with its default, except those that "
            + "name a model, a file, a folder or something to do.")
      )
    ])
    let fields = self == .languageModel ? ArgumentField.languageModel : ArgumentField.classifier
    for field in fields {
      object["//\(field.name)"] = .string(Self.comment(field))
      if field.isUsed { object[field.name] = values[field.name] ?? field.standard }
    }
    return .object(object)
  }

  /// What is not a default: a run needs it.
  private var values: [String: JSON] {
    let files: [String: JSON] = ["train_file": "train.csv", "validation_file": "validation.csv"]
    let work: [String: JSON] = ["do_train": true, "do_eval": true, "output_dir": "tuned"]
    let model: JSON = self == .languageModel ? "tale-gpt2" : "bert-base-cased"
    return files.merging(work) { $1 }.merging(["model_name_or_path": model]) { $1 }
  }

  private static func comment(_ field: ArgumentField) -> String {
    let standard = field.standard.isNull ? "none" : field.standard.text()
    switch field.standing {
    case .harmless(let reason): return "has no effect: \(reason)"
    case .only(_, let reason): return "only \(standard): \(reason)"
    case .used, .among:
      return "\(field.meaning ?? field.name): \(field.expectation); default: \(standard)"
    }
  }
}

extension ArgumentField {
  /// Whether the key does something.
  var isUsed: Bool {
    switch standing {
    case .used, .among: true
    case .harmless, .only: false
    }
  }
}
