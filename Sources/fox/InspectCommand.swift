/// `fox inspect`: what a checkpoint holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "List the tensors and metadata of a checkpoint.",
    discussion: """
      Reads safetensors (also in several files), PyTorch's files, NumPy's and zip archives of these, \
      by content; a folder stands for the weights in it. With --sha256, a MODEL_CARD.md beside the file \
      that has a hash for it must have this one.

      Examples:
        fox inspect Weights/tale-gpt2
        fox inspect model.safetensors --sha256 --json
      """)

  @Argument(help: "The file.") var file: String
  @Flag(name: .customLong("sha256"), help: "Compute the file's SHA-256 too.") var hash = false
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    if file.isEmpty { throw ValidationError("FILE is empty; expected a path") }
  }

  func run() throws {
    try reportingFailures {
      let checkpoint = try Checkpoint(fileOrFolder: file)
      let digest = hash ? try digest(checkpoint) : nil
      let card = hash ? CardHash(besides: hashed(checkpoint)) : nil
      if json {
        try Output.json(document(checkpoint, digest, card))
      } else {
        try printTable(checkpoint, digest, card)
      }
      if let card, let digest, card.hash != digest {
        throw CommandError(
          "\(hashed(checkpoint)): its SHA-256 is \(digest), but \(card.path) says \(card.hash): the "
            + "file was changed or damaged, or the card is of another one")
      }
    }
  }

  private func document(_ checkpoint: Checkpoint, _ digest: String?, _ card: CardHash?) -> JSON {
    var object = JSON.Object([
      ("file", .string(checkpoint.path)), ("format", .string(checkpoint.format.rawValue)),
      ("bytes", .integer(checkpoint.byteCount)),
      (
        "metadata",
        .object(.init(checkpoint.metadata.map { ($0.key, .string($0.value)) }))
      ),
      ("tensors", .array(checkpoint.tensors.map { entry($0, checkpoint) })),
    ])
    if !checkpoint.tied.isEmpty {
      object["tied"] = .array(checkpoint.tied.map { .array($0.map(JSON.string)) })
    }
    if let digest { object["sha256"] = .string(digest) }
    if let card { object["card_sha256"] = .string(card.hash) }
    return .object(object)
  }

  /// Only safetensors has one place for each tensor.
  private func entry(_ tensor: TensorInfo, _ checkpoint: Checkpoint) -> JSON {
    var entry = JSON.Object([
      ("name", .string(tensor.name)), ("dtype", .string(tensor.dtype.rawValue)),
      ("shape", .array(tensor.shape.map { .integer($0) })),
      ("bytes", .integer(tensor.byteRange.count)),
    ])
    if checkpoint.format == .safetensors {
      entry["offset"] = .integer(tensor.byteRange.lowerBound)
    }
    return .object(entry)
  }

  /// The file that was named, or found in the folder that was.
  private func hashed(_ checkpoint: Checkpoint) -> String {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: file, isDirectory: &isFolder)
    return isFolder.boolValue ? checkpoint.path : file
  }

  private func digest(_ checkpoint: Checkpoint) throws -> String {
    try SHA256.hash(of: MappedFile(path: hashed(checkpoint))).hexadecimal
  }

  private func printTable(
    _ checkpoint: Checkpoint, _ digest: String?, _ card: CardHash?
  ) throws {
    let rows = checkpoint.tensors.map { tensor in
      let bytes = counted(tensor.byteRange.count, "byte")
      return [
        Output.visible(tensor.name), "\(tensor.dtype.rawValue)  \(tensor.shape)  \(bytes)",
      ]
    }
    try TextTable(rows, left: [0, 1]).print()
    var table = ""
    let elements = checkpoint.tensors.reduce(0) { $0 + $1.count }
    table += "\(counted(checkpoint.tensors.count, "tensor")), \(counted(elements, "element")), "
    table += "\(counted(checkpoint.byteCount, "byte")), \(checkpoint.format.rawValue)\n"
    for names in checkpoint.tied {
      table += "tied: \(names.map(Output.visible).joined(separator: ", "))\n"
    }
    for (key, value) in checkpoint.metadata {
      table += "metadata \(Output.visible(key)): \(Output.visible(value))\n"
    }
    if let digest {
      table += "sha256 \(digest)\(card?.hash == digest ? ", as the model card has it" : "")\n"
    }
    try Output.write(table)
  }
}

/// The hash that a model card gives for a file beside it: of its first line that names the file, the
/// first 64 hexadecimal digits in a row.
struct CardHash {
  let path: String
  let hash: String

  /// `nil` when there is no card, or it says nothing of the file.
  init?(besides file: String) {
    let (folder, name) = Folder.split(file)
    path = "\(folder)/MODEL_CARD.md"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { line in
        line.contains(name) && Self.digits(line) != nil
      }), let digits = Self.digits(line)
    else { return nil }
    hash = digits
  }

  private static func digits(_ line: Substring) -> String? {
    line.split { !$0.isASCII || !$0.isHexDigit }.first { $0.count == 64 }?.lowercased()
  }
}
