import ArgumentParser
import Foundation
import FoxFiles
import FoxModels
import FoxTries

/// `fox embed`: one vector for each text.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Compute one vector for each text, by a BERT encoder.",
    discussion: """
      Without texts it takes the lines of standard input. Prints the numbers of a text on a line, \
      separated by spaces.
      """)

  @Argument(help: "The texts; an empty one is a text too.") var texts: [String] = []
  @Option(
    help: ArgumentHelp(
      "Folder with config.json, weights and tokenizer files.",
      discussion: "Default: FOX_MODEL, else Weights/minilm of the package.", valueName: "dir"))
  var model: String?
  @Option(help: "mean: over all tokens; cls: the first token's state; pooler: what it makes of it.")
  var pooling = BERTPooling.mean
  @Flag(help: "Divide each vector by its length.") var normalize = false
  @Option(
    help: ArgumentHelp(
      "Cut texts to this number of tokens. Default: texts that are too long are refused.",
      valueName: "n"))
  var maxLength: Int?
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if model == "" { throw ValidationError("--model is empty; expected a folder") }
    if let maxLength, maxLength < 1 {
      throw ValidationError("--max-length \(maxLength): expected at least 1")
    }
  }

  func run() throws {
    try reportingFailures {
      let folder = try DefaultModel.findEncoder(explicit: model)
      let bert = try LoadedBERT(folder: folder)
      let tokenizer = try bert.tokenizer()
      var rows: [JSON] = []
      let arena = Arena()
      try eachPart { texts in
        for batch in try batches(tokenizer, texts) {
          let vectors = try bert.checked(
            bert.model.embeddings(
              batch, pooling: pooling, normalize: normalize, arena: arena))
          for vector in vectors {
            if json {
              rows.append(.array(vector.map { .number(Double($0)) }))
            } else {
              try Output.line(vector.map(\.description).joined(separator: " "))
            }
          }
        }
      }
      if json { try Output.json(["embeddings": .array(rows)]) }
    }
  }

  /// The texts, or the lines of standard input as they arrive.
  private func eachPart(_ body: ([String]) throws -> Void) throws {
    if texts.isEmpty { try Input.lines(body) } else { try body(texts) }
  }

  /// Texts in parts of so many tokens as fit the memory at once.
  private func batches(_ tokenizer: BERTTokenizer, _ texts: [String]) throws -> [BERTBatch] {
    var options = EncodingOptions()
    options.returnsTokens = false
    options.maxLength = maxLength
    var parts: [[[Int32]]] = []
    var tokens = 0
    for text in texts {
      let ids = try tokenizer.encode(text, options: options).ids.map { Int32($0) }
      if parts.isEmpty || tokens + ids.count > 4096 {
        parts.append([])
        tokens = 0
      }
      parts[parts.count - 1].append(ids)
      tokens += ids.count
    }
    return parts.map { BERTBatch($0) }
  }
}

extension BERTPooling: ExpressibleByArgument {}
