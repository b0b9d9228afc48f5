/// `fox convert`: a checkpoint in another format.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a checkpoint in another format.",
    discussion: """
      Reads safetensors (also in several files), PyTorch's files, NumPy's and zip archives of these, \
      by content; a folder stands for the weights in it. Writes safetensors, PyTorch's format or \
      NumPy's, by the extension of OUT. Names and values stay as they are; a state dictionary inside \
      of a larger one is taken out. The old OUT stays until the new one is complete.

      Examples:
        fox convert pytorch_model.bin model.safetensors
        fox convert Weights/tale-gpt2 tale.npz --dtype f16
      """)

  @Argument(help: "The file or folder.") var input: String
  @Argument(help: "The new file: .safetensors, .bin, .pt, .pth or .npz.") var output: String
  @Option(
    help: ArgumentHelp(
      "What floating-point tensors become: f32, f16 or bf16.",
      discussion: "Default: they stay what they are.", valueName: "dtype"),
    transform: storedFloat)
  var dtype: StoredFloat?

  func run() throws {
    try reportingFailures {
      let checkpoint = try Checkpoint(fileOrFolder: input)
      try Fault.refuse(output, ifAmong: [input] + checkpoint.paths)
      Output.noteLink(output)
      let conversion = try checkpoint.convert(to: output, as: dtype)
      for (name, kept) in conversion.tied {
        Output.note(
          "fox: \(name) is tied to \(kept) and not written twice")
      }
      Output.note("fox: \(counted(conversion.written, "tensor")) written to \(output)")
    }
  }
}

/// The kind of numbers of `--dtype`.
private func storedFloat(_ name: String) throws -> StoredFloat {
  if let stored = StoredFloat(rawValue: name.uppercased()) { return stored }
  throw ValidationError("known are f32, f16 and bf16")
}
