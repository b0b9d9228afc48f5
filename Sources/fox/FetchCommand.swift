/// `fox fetch`: models from a hub.
struct FetchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fetch",
    abstract: "Fetch a model from a hub such as Hugging Face.",
    discussion: """
      Fetches config.json, the tokenizer files and the weights (model.safetensors, or its index and \
      shards, or else pytorch_model.bin). Sizes and SHA-256 are verified; files that are here and \
      complete are not fetched again; what the hub's own cache holds is copied. What was \
      interrupted is gone on with by the same command.

      HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE, HF_HOME and HF_HUB_CACHE mean what they mean to \
      the hub's own tools.

      Examples:
        fox fetch gpt2
        fox fetch sentence-transformers/all-MiniLM-L6-v2 --out Weights/minilm
      """)

  @Argument(
    help: ArgumentHelp(
      "gpt2, bert-base-cased, or the name of a repository such as distilbert/distilgpt2.",
      valueName: "name"))
  var name: String
  @Option(
    help: ArgumentHelp(
      "Address of the hub.", discussion: "Default: HF_ENDPOINT, else https://huggingface.co.",
      valueName: "url"))
  var endpoint: String?
  @Option(help: "Branch, tag or commit.") var revision = "main"
  @Option(
    help: ArgumentHelp(
      "Folder to write.", discussion: "Default: the model's name in Weights of the package.",
      valueName: "dir"))
  var out: String?
  @Flag(help: "Print one JSON document.") var json = false

  func run() throws {
    try reportingFailures {
      let repository = try HubRepository(name, revision: revision)
      var settings = try HubSettings(
        environment: ProcessInfo.processInfo.environment, endpoint: endpoint)
      let folder = try out ?? "\(DefaultModel.weights())/\(repository.name)"
      let line = ProgressLine()
      let wait = settings.retries.wait
      settings.retries.wait = { seconds in
        line.show("\(repository.id): trying again in \(seconds) s")
        wait(seconds)
      }
      var shown = ""
      defer { line.clear() }
      let model = try HubClient(settings).fetchModel(repository, into: folder) { progress in
        let text = Self.words(progress)
        if text != shown { line.show(text) }
        shown = text
      }
      line.clear()
      if json {
        try Output.json(document(repository, model, folder))
      } else {
        try printTable(model, folder)
      }
    }
  }

  /// The line while a file comes; it changes with every tenth of a megabyte.
  static func words(_ progress: HubProgress) -> String {
    let megabytes = { (bytes: Int) in "\(bytes / 1_000_000).\(bytes / 100_000 % 10)" }
    let come = "\(progress.file)  \(megabytes(progress.bytes))"
    guard let total = progress.total, total > 0 else { return "\(come) MB" }
    let percent = progress.bytes.multipliedReportingOverflow(by: 100).partialValue / total
    return "\(come) of \(megabytes(total)) MB  \(percent) %"
  }

  private func document(
    _ repository: HubRepository, _ model: FetchedModel, _ folder: String
  ) -> JSON {
    [
      "repository": .string(repository.id), "revision": .string(revision),
      "commit": model.commit.map { .string($0) } ?? .null, "folder": .string(folder),
      "files": .array(
        model.files.map { file in
          [
            "name": .string(file.name), "bytes": .integer(file.size),
            "sha256": file.sha256.map { .string($0) } ?? .null,
            "source": .string(file.source.rawValue),
          ]
        }),
    ]
  }

  private func printTable(_ model: FetchedModel, _ folder: String) throws {
    let rows = model.files.map { file in
      let how =
        switch file.source {
        case .present: "was here"
        case .cache: "copied from the cache"
        case .network: "downloaded"
        }
      return ["\(folder)/\(file.name)", counted(file.size, "byte"), how]
    }
    try TextTable(rows, left: [0, 1, 2]).print()
  }
}
