extension TrainingSession {
  /// Prints what a run would do. SPEC `CLI-57`.
  func show(_ preview: RunPreview) throws {
    if json {
      var document = preview.document
      document["output_dir"] = .string(arguments.outputFolder)
      document["notes"] = .array(notes.map { .string($0) })
      return try Output.json(.object(document))
    }
    func line(_ name: String, _ text: String) throws {
      try Output.line(name.padded(to: 11) + Output.visible(text))
    }
    try line("parameters", "\(preview.parameters)")
    if let columns = preview.columns { try line("columns", columns) }
    if !preview.labels.isEmpty {
      try line("labels", preview.labels.map { "\($0.name): \($0.count)" }.joined(separator: ", "))
    }
    for split in preview.splits { try line(split.name, words(split, preview)) }
    if arguments.trains {
      try line(
        "steps",
        "\(preview.steps), in \(counted(preview.epochs, "epoch")), "
          + "\(counted(preview.samplesPerStep, "sample")) in a step")
    }
    try line("memory", "at least \(max(1, preview.memory >> 20)) MB")
    for sample in preview.first {
      try line("sample", (sample.label.map { "\($0): " } ?? "") + cut(sample.text))
    }
    Output.note("fox: nothing was trained and nothing written; without --dry-run it would be")
  }

  private func words(_ split: RunPreview.Split, _ preview: RunPreview) -> String {
    let tokens = counted(split.tokens, "token")
    guard preview.columns != nil else {
      return "\(counted(split.samples, "block")) of \(split.lengths.lowerBound), \(tokens); "
        + "\(split.lost) left over"
    }
    return "\(counted(split.samples, "text")) of \(split.lengths.lowerBound) to "
      + "\(split.lengths.upperBound) tokens, \(tokens); \(split.lost) cut"
  }

  private func cut(_ text: String) -> String {
    text.unicodeScalars.count > 200 ? String(text.unicodeScalars.prefix(200)) + " …" : text
  }
}
