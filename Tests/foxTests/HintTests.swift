import Foundation
import FoxTrainer
import TestSupport
import Testing

@Suite("Hints name what there is", .counted)
struct HintTests {
  /// The options of a command, or of all, as the recorded help pages have them.
  private static func options(of command: String? = nil) throws -> Set<String> {
    let folder = Places.golden("fox/help")
    let pages =
      try command.map { ["fox-\($0).txt"] }
      ?? FileManager.default.contentsOfDirectory(atPath: folder)
    let words = try pages.flatMap { page in
      options(in: try String(contentsOfFile: "\(folder)/\(page)", encoding: .utf8))
    }
    return Set(words)
  }

  private static func options(in text: some StringProtocol) -> [String] {
    // Not what is in parentheses: names of colors are written so.
    String(text).matches(of: #/(?:^|[^\w(\-])(--[a-z][a-z0-9\-]*)/#).map { String($0.output.1) }
  }

  /// The lines of the sources below a folder that are not comments, with the file's name.
  private static func lines(below folder: String) throws -> [(file: String, text: String)] {
    let root = Places.package.appendingPathComponent(folder).path
    let names = try #require(FileManager.default.enumerator(atPath: root)).compactMap {
      $0 as? String
    }
    return try names.filter { $0.hasSuffix(".swift") }.flatMap { name in
      try String(contentsOfFile: "\(root)/\(name)", encoding: .utf8).split(separator: "\n")
        .map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.hasPrefix("//") }.map { (name, $0) }
    }
  }

  @Test
  func `CLI-25 every option that the sources speak of is one of fox`() throws {
    let known = try Self.options()
    // Of other programs.
    let others = ["--filter", "--traits", "--unset"]
    let lines = try ["Sources/fox", "Sources/Book", "Sources/Workshop"].flatMap(Self.lines)
    let named = lines.filter { line in
      !["Bench", "Fuzz", "Bookbinder"].contains { line.file.hasPrefix($0) }
    }
    #expect(named.count > 1000 && known.count > 50)
    for (file, text) in named {
      for option in Self.options(in: text) where !others.contains(option) {
        #expect(known.contains(option), "\(file): \(text)")
      }
    }
  }

  @Test
  func `CLI-25 every key that a hint of training speaks of is one of a configuration`() throws {
    let known = Set((ArgumentField.languageModel + ArgumentField.classifier).map(\.name))
    let hints = try Self.lines(below: "Sources/Workshop/Trainer").filter {
      $0.text.contains("hint")
    }
    #expect(hints.count > 10)
    for (file, text) in hints {
      let strings = text.matches(of: #/"[^"]*"/#).map(\.output)
      for key in strings.flatMap({ $0.matches(of: #/\b[a-z]+(_[a-z]+)+\b/#) }).map(\.output.0) {
        #expect(known.contains(String(key)), "\(file): \(text)")
      }
    }
  }

  // Before, tokenize asked for --model, and homework for --out, which they do not have.
  @Test(arguments: [
    ("beam", "beam a"), ("generate", "generate a --max-new-tokens 1"), ("tokenize", "tokenize a"),
    ("detokenize", "detokenize 1"), ("logits", "logits --text a"), ("embed", "embed a"),
    ("rouge", "rouge --reference a.txt --prediction a.txt"),
    ("eval-pairs", "eval pairs --data a.csv"), ("eval-classifier", "eval classifier --data a.csv"),
    ("predict-classifier", "predict classifier --data a.csv"),
    ("homework-run", "homework q1.1"), ("homework-run", "homework q3.1"),
    ("homework-check", "homework check q3.1 a.txt"), ("report", "report r.html"),
    ("fetch", "fetch gpt2"),
  ])
  func `CLI-25 where there is no model, the option that names one is the command's`(
    command: String, arguments: String
  ) throws {
    try Places.withTemporaryFolder { folder in
      // Elsewhere: above the program that was built there is the package.
      let fox = "\(folder.path)/fox"
      try FileManager.default.copyItem(atPath: FoxProcess.path, toPath: fox)
      for (name, text) in [("a.csv", "text,label\nA b. C d.,1\n"), ("a.txt", "a\n")] {
        try Data(text.utf8).write(to: folder.appendingPathComponent(name))
      }
      let run = try FoxProcess.runShell(
        "cd \(folder.path) && ./fox \(arguments)", environment: ["FOX_MODEL": "", "FOX_DATA": ""])
      #expect(run.status == 1, "\(run.error)")
      let named = Self.options(in: run.error)
      let known = try Self.options(of: command)
      #expect(!named.isEmpty && named.allSatisfy(known.contains), "\(run.error)")
    }
  }
}
