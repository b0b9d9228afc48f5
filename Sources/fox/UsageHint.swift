/// What a user probably meant, where the parser only says what it does not know. SPEC `CLI-22`.
enum UsageHint {
  /// A sentence for standard error, if there is one to say.
  ///
  /// - Parameter message: The parser's.
  static func of(_ message: String, arguments: [String]) -> String? {
    let isOption = message.hasPrefix("Unknown option")
    let words = ["Unknown option", "Missing expected argument", "Invalid option"]
    if words.contains(where: message.hasPrefix), let hint = text(in: arguments) { return hint }
    // These two have another name for it than others have for theirs.
    for (command, option) in [("tokenize", "--tokenizer"), ("detokenize", "--tokenizer")]
    where message.hasPrefix("Unknown option '--model'") && arguments.dropFirst().first == command {
      return "fox \(command) needs no model: \(option) names the folder"
    }
    // "Unexpected argument 'a'", "2 unexpected arguments: 'beem', 'a'"; of a word that is not a command
    // the options are unknown, and fox homework takes it for a question.
    let isWord = message.lowercased().contains("unexpected argument")
    return isOption || isWord || message.hasPrefix("there is no question")
      ? command(nearTo: arguments.dropFirst()) : nil
  }

  /// The same of a text that was taken for a request of help: `- he said` has an h, as `-h` has.
  static func ofHelp(_ arguments: [String]) -> String? {
    let asks = arguments.contains { argument in
      ["-h", "help"].contains(argument)
        // The last two are beginnings of the parser's own: scripts and lists for shells and manuals.
        || ["help", "version", "generate-", "experimental-"].contains {
          argument.hasPrefix("--\($0)")
        }
    }
    return asks ? nil : text(in: arguments)
  }

  private static func text(in arguments: [String]) -> String? {
    if arguments.contains("--") { return nil }
    return arguments.dropFirst().first(where: isTextWithDash).map {
      "\(shown($0)) begins with a -; a text that does goes last, after --"
    }
  }

  /// The command whose name is nearest to the first word that is not one.
  private static func command(nearTo words: ArraySlice<String>) -> String? {
    var (path, commands) = ("fox", Fox.configuration.subcommands)
    for word in words {
      if let next = commands.first(where: { $0._commandName == word }) {
        path += " \(word)"
        commands = next.configuration.subcommands
        continue
      }
      // Of two letters, two others are another word.
      let near = commands.map { (name: $0._commandName, distance: distance($0._commandName, word)) }
        .filter { $0.distance <= min(2, word.utf8.count / 2) }
      return near.min { $0.distance < $1.distance }.map { "did you mean \"\(path) \($0.name)\"?" }
    }
    return nil
  }

  private static func isTextWithDash(_ argument: String) -> Bool {
    if !argument.hasPrefix("-") || argument == "-" { return false }
    // No option has a blank in its name, or is all dashes: this was a text.
    let name = argument.prefix { $0 != "=" }
    return name.contains(" ") || name.allSatisfy { $0 == "-" } || Double(argument) != nil
      || !argument.hasPrefix("--") && argument.contains(" ")
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
