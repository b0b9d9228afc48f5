import FoxDecoding
import FoxFiles

/// What can go wrong between a sentence and its paraphrases, in the words of `Fault`.
extension Fault {
  /// Not a code of a language.
  package static func language(_ code: String) -> Fault {
    Fault("language", found: shown(code), expected: "two or three letters, as spa or en")
  }

  /// Apertium is not installed.
  static func noEngine(missing: String) -> Fault {
    Fault(
      "Apertium", found: missing, expected: "an installed engine", hint: Apertium.installation)
  }

  /// Whether an engine is not installed, and so something else may take its place.
  package var isMissingEngine: Bool { hint == Apertium.installation }

  /// The engine does not offer a direction.
  static func direction(engine: String, _ direction: Direction, known: [Direction]) -> Fault {
    Fault(
      engine, found: "no direction \(direction)", expected: oneOf(known.map(\.description)))
  }

  /// A name is not a pivot.
  static func pivot(engine: String, name: String, found: String, pivots: [String]) -> Fault {
    Fault(
      "pivot", at: shown(name), found: found,
      expected: "a way out and back with \(engine): \(oneOf(pivots))")
  }

  /// The engine's description of a direction cannot be read.
  static func mode(path: String, found: String) -> Fault {
    Fault(path, found: found, expected: "programs with | between")
  }

  /// A program cannot be started.
  static func launch(program: String, reason: String) -> Fault {
    Fault(program, found: reason, expected: "a program that starts")
  }

  /// The engine ended twice over one sentence.
  static func died(
    engine: String, direction: Direction, text: String, end: String, printed: String
  ) -> Fault {
    Fault(
      engine, at: "\(direction), \(shown(text))", found: "that it ended twice (\(end))",
      expected: "an answer", hint: said(printed))
  }

  /// The engine said nothing for so many seconds.
  static func stalled(
    engine: String, direction: Direction, text: String, seconds: Int, printed: String
  ) -> Fault {
    Fault(
      engine, at: "\(direction), \(shown(text))", found: "nothing for \(seconds) seconds",
      expected: "an answer", hint: said(printed))
  }

  /// The engine answered another sentence than the one whose turn it was.
  static func shifted(engine: String, direction: Direction, text: String, answer: String) -> Fault {
    Fault(
      engine, at: "\(direction), \(shown(text))", found: shown(answer),
      expected: "the answer to this text")
  }

  /// The engine gave another number of translations than of texts.
  static func answers(engine: String, direction: Direction, expected: Int, found: Int) -> Fault {
    Fault(
      engine, at: "\(direction)", found: "\(found) translations",
      expected: "\(expected), one for each text")
  }

  /// A recording is not laid out as one.
  static func recording(path: String, place: String, expected: String) -> Fault {
    Fault(path, at: place, found: "something else", expected: expected)
  }

  /// Another process writes to the cache.
  static func busy(path: String) -> Fault {
    Fault(path, found: "another process that writes to it", expected: "one at a time")
  }

  private static func said(_ printed: String) -> String? {
    printed.isEmpty ? nil : "it printed \(shown(printed))"
  }

  private static func oneOf(_ names: [String]) -> String {
    names.isEmpty ? "none (there are none)" : names.joined(separator: ", ")
  }
}
