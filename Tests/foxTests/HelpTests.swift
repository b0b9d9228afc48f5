import ArgumentParser
import Foundation
import FoxFiles
import Synchronization
import TestSupport
import Testing

@testable import fox

@Suite("Help that helps", .counted)
struct HelpTests {
  /// Every command with the words that lead to it.
  static let commands: [(words: [String], type: any ParsableCommand.Type)] = {
    func below(
      _ words: [String], _ type: any ParsableCommand.Type
    ) -> [(words: [String], type: any ParsableCommand.Type)] {
      [(words, type)]
        + type.configuration.subcommands.flatMap { below(words + [$0._commandName], $0) }
    }
    return below([], Fox.self)
  }()

  /// The words of a line of a shell that has quotes, redirections and pipes; the first program's only.
  static func words(_ line: Substring) -> [String] {
    var words: [String] = []
    for match in line.matches(of: /"([^"]*)"|([<>|][^ ]*)|([^ ]+)/) {
      if match.output.2 == "|" { break }
      if match.output.2 == nil { words.append(String(match.output.1 ?? match.output.3 ?? "")) }
    }
    return words
  }

  @Test
  func `CLI-32 every help page has an example, and every example is right usage`() throws {
    var count = 0
    for (words, type) in Self.commands {
      let name = (["fox"] + words).joined(separator: " ")
      // As wide as it needs: an example stands on one line.
      let lines = Fox.helpMessage(for: type, columns: 200).split(separator: "\n")
      let start = lines.firstIndex { $0.hasPrefix("Examples:") }
      let examples = lines[(start ?? lines.endIndex)...].dropFirst().prefix {
        $0.hasPrefix("  fox ")
      }
      #expect(!examples.isEmpty, "\(name) has no example")
      for example in examples {
        count += 1
        let given = Self.words(example)
        // Words before a pipe are another command's; "run" is what "fox homework" does by itself.
        let path = example.contains(" | ") ? [] : words.filter { $0 != "run" }
        #expect(given.starts(with: ["fox"] + path), "\(example) shows another command")
        do { _ = try Fox.parseAsRoot(Array(given.dropFirst())) } catch {
          Issue.record("\(example): \(Fox.message(for: error))")
        }
      }
    }
    #expect(count > 50, "only \(count) examples were seen")
  }

  @Test
  func `CLI-1 the pages that are compared are those of all commands`() throws {
    let pages = try FileManager.default.contentsOfDirectory(atPath: Places.golden("fox/help"))
      .map { $0.dropLast(4) }.sorted()
    let names = Self.commands.map { (["fox"] + $0.words).joined(separator: "-") }.sorted()
    #expect(pages.map(String.init) == names)
  }

  @Test(arguments: [
    ("fox beem a", "fox beam"), ("fox train lmm a.json", "fox train lm"),
    ("fox eval pair", "fox eval pairs"), ("fox homework verifi", "fox homework verify"),
    ("fox predict clasifier", "fox predict classifier"),
  ])
  func `CLI-22 a misspelt command is guessed at every level`(line: String, guess: String) {
    let words = line.split(separator: " ").map(String.init)
    let hint = UsageHint.of("Unexpected argument '\(words[1])'", arguments: words)
    #expect(hint == "did you mean \"\(guess)\"?")
  }

  /// A clock that is set, and what was written.
  private final class Script: Sendable {
    let time = Mutex(0.0)
    let written = Mutex<[String]>([])

    func line(isTerminal: Bool) -> ProgressLine {
      ProgressLine(
        isTerminal: isTerminal, clock: { self.time.withLock { $0 } },
        write: { text in self.written.withLock { $0.append(text) } })
    }
  }

  @Test
  func `CLI-33 off a terminal, long work writes a line now and then`() {
    let script = Script()
    let line = script.line(isTerminal: false)
    for second in 0..<100 {
      script.time.withLock { $0 = Double(second) }
      line.show("step \(second)")
      line.clear()
    }
    #expect(script.written.withLock { $0 } == ["step 30\n", "step 60\n", "step 90\n"])
  }

  @Test
  func `CLI-33 on a terminal, the line is written over`() {
    let script = Script()
    let line = script.line(isTerminal: true)
    line.show("step 1\n")
    line.clear()
    #expect(script.written.withLock { $0 } == ["\r\u{1B}[Kstep 1⏎", "\r\u{1B}[K"])
  }

  @Test
  func `CLI-34 numbers agree with what they count`() throws {
    #expect(counted(1, "step") == "1 step" && counted(0, "step") == "0 steps")
    #expect(counted(2, "story", "stories") == "2 stories")
    let beam = ["beam", "The", "--model", FoxProcess.model, "--steps", "2", "--beams", "1"]
    let run = try FoxProcess.run(beam)
    #expect(run.error.contains("a step for 1 beam;"), "\(run.error)")
  }
}
