import ArgumentParser
import FoxWeights

/// What a user probably meant, where the parser only says what it does not know. SPEC `CLI-22`.
enum UsageHint {
  /// A sentence for standard error, if there is one to say.
  ///
  /// - Parameter message: The parser's.
  static func of(_ message: String, arguments: [String]) -> String? {
    if message.hasPrefix("Unknown option") || message.hasPrefix("Missing expected argument") {
      // No option has a blank in its name: this was a text.
      guard !arguments.contains("--"),
        let text = arguments.dropFirst().first(where: isTextWithDash)
      else { return nil }
      return "\(shown(text)) begins with a -; a text that does goes last, after --"
    }
    // "Unexpected argument 'a'", "2 unexpected arguments: 'beem', 'a'"
    guard message.lowercased().contains("unexpected argument"), arguments.count > 1 else {
      return nil
    }
    // The first word that is not a command of the one before it.
    var (commands, path) = (Fox.configuration.subcommands, "fox")
    for word in arguments.dropFirst() {
      if let command = commands.first(where: { $0._commandName == word }) {
        (commands, path) = (command.configuration.subcommands, "\(path) \(word)")
        continue
      }
      let near = commands.map { (name: $0._commandName, distance: distance($0._commandName, word)) }
      let best = near.filter { $0.distance <= 2 }.min { $0.distance < $1.distance }
      return best.map { "did you mean \"\(path) \($0.name)\"?" }
    }
    return nil
  }

  private static func isTextWithDash(_ argument: String) -> Bool {
    argument.hasPrefix("-") && argument != "-" && !argument.hasPrefix("--")
      && (argument.contains(" ") || Double(argument) != nil)
  }

  /// How many letters are to be put in, left out or replaced to make one word of another (Levenshtein).
  private static func distance(_ one: String, _ other: String) -> Int {
    let (a, b) = (Array(one.utf8), Array(other.utf8.prefix(64)))
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let replaced = diagonal + (letter == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
      }
    }
    return row[b.count]
  }
}
