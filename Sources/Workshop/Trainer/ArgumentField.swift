import FoxFiles

/// # The keys of a configuration
///
/// Adds configurations: JSON files with the keys of the reference. For each key this says what its value
/// may be, which one it has when it is absent, and what becomes of it here.

/// A key of a training configuration: its kind, its default, and what becomes of it here.
///
/// Keys, defaults and meanings are those of transformers 4.17.0 (`TrainingArguments`) and its example
/// scripts. SPEC `ARGS-1`, `ARGS-2`.
package struct ArgumentField: Sendable {
  /// What a value may be.
  package indirect enum Kind: Sendable {
    /// `true` or `false`.
    case flag
    /// An integer of a range.
    case integer(ClosedRange<Int>)
    /// A finite number of a range.
    case number(ClosedRange<Double>)
    /// A text.
    case text
    /// One of several words.
    case choice([String])
    /// A text or a list of texts.
    case texts
    /// `true`, `false` or a text.
    case flagOrText
    /// Keys with values.
    case object
  }

  /// What becomes of a key.
  package enum Standing: Sendable {
    /// It does what it does in the reference.
    case used
    /// It cannot change a result here; said once when it is given.
    case harmless(String)
    /// It does what it does in the reference with one of these values, and is refused otherwise.
    case among([JSON], String)
    /// It is harmless with one of these values, and refused otherwise.
    case only([JSON], String)
  }

  /// The key.
  package let name: String
  /// What its value may be.
  package let kind: Kind
  /// The value when it is absent or `null`.
  package let standard: JSON
  /// What becomes of it.
  package let standing: Standing

  /// A key.
  package init(
    _ name: String, _ kind: Kind, _ standard: JSON = .null, _ standing: Standing = .used
  ) {
    (self.name, self.kind, self.standard, self.standing) = (name, kind, standard, standing)
  }
}

extension ArgumentField {
  /// The value if the kind allows it: integers count as numbers.
  func accepts(_ value: JSON) -> Bool {
    switch (kind, value) {
    case (.flag, .bool), (.text, .string), (.texts, .string), (.flagOrText, .bool),
      (.flagOrText, .string):
      return true
    case (.integer(let range), .integer(let value)): return range.contains(value)
    case (.number(let range), _):
      guard let number = value.double else { return false }
      return number.isFinite && range.contains(number)
    case (.choice(let words), .string(let word)): return words.contains(word)
    case (.object, .object): return true
    case (.texts, .array(let list)): return list.allSatisfy { $0.string != nil }
    default: return false
    }
  }

  /// What a value may be, in the words of a message.
  var expectation: String {
    switch kind {
    case .flag: "true or false"
    case .integer(let range): "an integer \(Self.words(range, Int.min, Int.max))"
    case .number(let range):
      "a number \(Self.words(range, -Double.greatestFiniteMagnitude, .greatestFiniteMagnitude))"
    case .text: "a text"
    case .choice(let words): "one of \(words.joined(separator: ", "))"
    case .texts: "a text or a list of texts"
    case .flagOrText: "true, false or a text"
    case .object: "an object"
    }
  }

  private static func words<Bound: Comparable>(
    _ range: ClosedRange<Bound>, _ least: Bound, _ greatest: Bound
  ) -> String {
    switch (range.lowerBound == least, range.upperBound == greatest) {
    case (true, true): "of any size"
    case (false, true): "of at least \(range.lowerBound)"
    case (true, false): "of at most \(range.upperBound)"
    case (false, false): "from \(range.lowerBound) to \(range.upperBound)"
    }
  }

  /// The value that a text on the command line stands for: `null` is the default, booleans go by the
  /// rules of `HfArgumentParser`; a text that fits no kind stays one and is refused with its key.
  func value(ofText text: String) -> JSON {
    if text == "null" { return .null }
    if case .text = kind { return .string(text) }
    if case .choice = kind { return .string(text) }
    let parsed = (try? JSON.parse(Array(text.utf8))) ?? .string(text)
    switch kind {
    case .flag, .flagOrText:
      switch text.lowercased() {
      case "yes", "true", "t", "y", "1": return true
      case "no", "false", "f", "n", "0": return false
      default: return parsed
      }
    default: return parsed
    }
  }
}
