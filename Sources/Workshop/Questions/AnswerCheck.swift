import Foundation
import FoxFiles
import FoxHomework

/// Somebody's own answer beside the reference.
///
/// Beams are compared in their order, and of a beam the tokens before the sums and the text: the
/// first difference is the one to mend, the others may only follow from it. Numbers that are not of a
/// beam are compared by name.
///
/// SPEC `HW-18`, `HW-19`.
package struct AnswerCheck: Equatable, Sendable {
  /// How many numbers and texts were compared, up to the first difference.
  package private(set) var compared = 0
  /// The first difference, in words; `nil` when all is equal.
  package private(set) var difference: String?
  /// Numbers that the reference does not have under that name.
  package private(set) var unknown: [String] = []
  /// How many numbers of the reference are not in the file.
  package private(set) var missing = 0

  /// Compares the text of a file with the answer of the reference.
  ///
  /// - Throws: `Fault` for a file that holds no answer to `question`.
  package init(
    _ text: String, path: String, question: HomeworkQuestion, reference: HomeworkResults
  ) throws {
    let document = try reference.json
    guard let answer = document[question.key] else {
      throw Fault(
        "the reference", found: "no answer to \(question.rawValue)",
        expected: "one to compare with")
    }
    switch question {
    case .fineTuning, .classification, .augmentation:
      let json = try JSON.parse(Array(text.utf8), in: path)
      compare(json[question.key] ?? json, answer)
      if compared == 0, difference == nil {
        let names = Self.leaves(answer).filter { $0.value.double != nil }.prefix(3).map(\.name)
        throw Fault(
          path, found: "no number of the answer",
          expected: "numbers named as ours: \(names.joined(separator: ", ")), …")
      }
    default:
      let student = try StudentAnswer(text, path: path, question: question)
      let ours = try StudentAnswer(document.text(), path: "the reference", question: question)
      compare(student, ours)
      if difference != nil { return }
      if let theirs = (try? JSON.parse(Array(text.utf8), in: path))?[question.key] {
        compare(Self.besidesBeams(theirs), Self.besidesBeams(answer))
      }
    }
  }

  /// An answer without its beams, which are compared as beams, and without what draws figures.
  private static func besidesBeams(_ answer: JSON) -> JSON {
    let others = ["beams", "third", "beam", "sizes", "plain", "blocked", "tree", "attention"]
    let members = answer.object?.members.filter { !others.contains($0.key) } ?? []
    return .object(JSON.Object(members.map { ($0.key, $0.value) }))
  }

  // MARK: - Numbers by name

  private mutating func compare(_ theirs: JSON, _ ours: JSON) {
    let numbers = Self.leaves(ours).compactMap { name, leaf in leaf.double.map { (name, $0) } }
    let known = Dictionary(numbers) { first, _ in first }
    let before = compared
    for (name, leaf) in Self.leaves(theirs) {
      guard let expected = known[name] else {
        if leaf.double != nil { unknown.append(name) }
        continue
      }
      guard let value = leaf.double else {
        difference = "\(name) is \(leaf.kind); ours is the number \(expected)."
        return
      }
      compared += 1
      // Sums of another order and of float32, over some steps of training.
      if Self.isNear(value, expected) { continue }
      difference = "\(name) is \(value); ours is \(expected).\(Self.hint(value, expected))"
      return
    }
    missing = known.count - (compared - before)
  }

  private static func isNear(_ value: Double, _ expected: Double) -> Bool {
    abs(value - expected) <= 1e-3 * max(1, abs(expected))
  }

  /// The mistake that two numbers tell.
  private static func hint(_ value: Double, _ expected: Double) -> String {
    if expected == 0 { return "" }
    if isNear(value, 100 * expected) { return " Yours is in per cent; ours is a share." }
    if isNear(value, -expected) { return " The sign is wrong." }
    if expected > 0, isNear(value, log(expected)) {
      return " Yours is its logarithm: a perplexity is exp of the mean loss."
    }
    if isNear(value, exp(expected)) { return " Yours is exp of it." }
    return ""
  }

  /// All numbers and other single values of a document with their names, as `before.perplexity` or
  /// `runs[0].mean`.
  private static func leaves(_ json: JSON, _ name: String = "") -> [(name: String, value: JSON)] {
    if let elements = json.array {
      return elements.enumerated().flatMap { leaves($1, "\(name)[\($0)]") }
    }
    if let members = json.object?.members {
      return members.flatMap { key, value in
        leaves(value, name.isEmpty ? key : "\(name).\(key)")
      }
    }
    return [(name, json)]
  }

  // MARK: - Beams

  private mutating func compare(_ student: StudentAnswer, _ ours: StudentAnswer) {
    if let prompt = student.prompt, let expected = ours.prompt, prompt != expected {
      difference = "You continued “\(prompt)”; the question continues “\(expected)”."
      return
    }
    var names = 0
    let sizes = (1...5).map { "size \($0)" }
    for name in ["beams", "third", "beam", "sizes"] + sizes + ["plain", "blocked"] {
      guard let theirs = student.beams[name], let expected = ours.beams[name] else { continue }
      let unblocked = name == "blocked" ? ours.beams["plain"]?.first : nil
      names += 1
      if let found = Self.difference(theirs, expected, name, unblocked, &compared) {
        difference = found
        return
      }
    }
    if names == 0, student.trace == nil {
      difference = "Nothing in the file is part of this question's answer."
    }
    if let trace = student.trace, let expected = ours.trace {
      difference = difference ?? Self.difference(trace: trace, expected, &compared)
    }
  }

  private static func difference(
    _ theirs: [StudentBeam], _ ours: [StudentBeam], _ name: String, _ unblocked: StudentBeam?,
    _ compared: inout Int
  ) -> String? {
    for (index, (mine, expected)) in zip(theirs, ours).enumerated() {
      let reasons = BeamReasons(mine, expected, others: ours, unblocked: unblocked)
      if let reason = reasons.first {
        let place = theirs.count > 1 || name == "beams" ? mine.place : "“\(name)”"
        return "In \(place): \(reason)"
      }
      compared += reasons.compared
      if index == ours.count - 1 { break }
    }
    if theirs.count == ours.count { return nil }
    if name == "sizes" {
      return
        "You have \(Wording.count(theirs.count, "beam size")); the question tries \(ours.count)."
    }
    return "You have \(Wording.count(theirs.count, "beam")); the question keeps \(ours.count)."
  }

  private static func difference(
    trace theirs: [String], _ ours: [String], _ compared: inout Int
  ) -> String? {
    // The print does not keep blanks.
    func plain(_ lines: [String]) -> [String] {
      lines.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }
    let (mine, expected) = (plain(theirs), plain(ours))
    for (index, (line, other)) in zip(mine, expected).enumerated() {
      if line == other {
        compared += 1
        continue
      }
      // Twice in ours, once in theirs.
      let hint =
        index > 0 && other == expected[index - 1]
        ? " Ours is the line before once more: the trace has a line for every step at which, and "
          + "every place where, the trigram is found. Do you print each block only once?" : ""
      return "Line \(index + 1) of your trace is “\(line)”; ours is “\(other)”.\(hint)"
    }
    if mine.count == expected.count { return nil }
    let noun = Wording.count(mine.count, "line")
    return "Your trace has \(noun); ours has \(expected.count). It has a line for every step at "
      + "which, and every place where, a trigram is found, and the prompt's trigrams count too."
  }
}
