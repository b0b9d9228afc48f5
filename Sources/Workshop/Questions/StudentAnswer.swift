import Foundation
import FoxFiles

/// A beam as somebody's own program has found it: as much of it as was written down.
struct StudentBeam: Equatable {
  /// Where it stands in the file, for messages.
  var place: String
  /// All ids, the prompt's first.
  var ids: [Int]?
  /// The log-probability of each token added.
  var logProbabilities: [Double]?
  /// The sum of the log-probabilities.
  var score: Double?
  /// The sum divided by the number of all tokens.
  var scorePerToken: Double?
  /// How far the score per token may be off: half of its last place, and float32's rounding.
  var tolerance = StudentAnswer.tolerance
  var text: String?
}

/// Somebody's own answer to one of the questions 1.1 to 1.5.
///
/// Read from the JSON of `fox homework` or `fox beam`, or from lines as the notebook prints them:
///
///     0 -0.822 The brown fox …
///     Preventing:  was playing -> with
///
/// SPEC `HW-18`.
struct StudentAnswer: Equatable {
  /// Of float32 sums in another order.
  static let tolerance = 2e-4

  /// The beams, by the name that the answer gives them: `beams`, `third`, `plain`, `blocked`, …
  var beams: [String: [StudentBeam]] = [:]
  var trace: [String]?
  var prompt: String?

  /// Reads the text of a file.
  ///
  /// - Throws: `Fault` for a text that holds no answer to `question`.
  init(_ text: String, path: String, question: HomeworkQuestion) throws {
    // Editors put a mark before texts that they save.
    let text = text.hasPrefix("\u{FEFF}") ? String(text.unicodeScalars.dropFirst()) : text
    if text.drop(while: \.isWhitespace).first == "{" {
      try self.init(JSON.parse(Array(text.utf8), in: path), path: path, question: question)
    } else {
      self.init(lines: text, question: question)
      if beams.isEmpty, trace == nil || question != .beamBlock {
        throw Fault(
          path, found: "no line of a beam",
          expected: "lines such as “0 -0.822 The brown fox jumps”",
          hint: "print rank, score per token and text, as run_beam_search's cell does")
      }
    }
  }

  // MARK: - JSON

  private init(_ json: JSON, path: String, question: HomeworkQuestion) throws {
    if json["beams"] != nil {
      prompt = json["prompt"]?.string
      let all = try Self.list(json, "beams", path)
      // The best of so many beams is one of Q1.3's five.
      if question == .beamSizes {
        beams["size \(all.count)"] = Array(all.prefix(1))
      } else {
        file(all, question)
      }
      if let lines = json["trace"]?.array, !lines.isEmpty { trace = lines.compactMap(\.string) }
      return
    }
    guard let answer = json[question.key] else {
      let others = HomeworkQuestion.allCases.filter { json[$0.key] != nil }.map(\.rawValue)
      throw Fault(
        path, found: others.isEmpty ? "no beams" : "answers of \(others.joined(separator: ", "))",
        expected: "the JSON of fox homework \(question.rawValue) or fox beam")
    }
    prompt = answer["prompt"]?.string
    for key in ["beams", "sizes"] where answer[key] != nil {
      beams[key] = try Self.list(answer, key, path)
    }
    for (index, size) in (beams["sizes"] ?? []).enumerated() {
      beams["size \(index + 1)"] = [size]
    }
    for key in ["third", "beam", "plain", "blocked"] {
      if let beam = answer[key] { beams[key] = [try Self.beam(beam, key, path)] }
    }
    trace = answer["trace"]?.array?.compactMap(\.string)
    if beams.isEmpty {
      throw Fault(path, at: question.key, found: "no beams", expected: "the beams of the answer")
    }
  }

  private static func list(_ json: JSON, _ key: String, _ path: String) throws(Fault)
    -> [StudentBeam]
  {
    guard let elements = json[key]?.array, !elements.isEmpty else {
      throw Fault(path, at: key, found: "no list of beams", expected: "at least 1 beam")
    }
    var beams: [StudentBeam] = []
    for (index, element) in elements.enumerated() {
      beams.append(try beam(element, key == "sizes" ? "size \(index + 1)" : "beam \(index)", path))
    }
    return beams
  }

  private static func beam(_ json: JSON, _ place: String, _ path: String) throws(Fault)
    -> StudentBeam
  {
    var beam = StudentBeam(place: place)
    beam.ids = try numbers(json["ids"], "ids", place, path)?.map { Int($0) }
    beam.logProbabilities = try numbers(json["token_log_probs"], "token_log_probs", place, path)
    if let tokens = json["tokens"]?.array {
      let ids = tokens.compactMap { $0["id"]?.integer }
      if ids.count == tokens.count { beam.ids = ids }
      beam.logProbabilities = tokens.compactMap { $0["logProbability"]?.double }
    }
    beam.score = try number(json["score"], "score", place, path)
    let key = json["score_per_token"] == nil ? "scorePerToken" : "score_per_token"
    beam.scorePerToken = try number(json[key], key, place, path)
    beam.text = json["text"]?.string
    if beam == StudentBeam(place: place) {
      throw Fault(path, at: place, found: "no text and no number", expected: "a beam")
    }
    return beam
  }

  private static func number(
    _ json: JSON?, _ key: String, _ place: String, _ path: String
  ) throws(Fault) -> Double? {
    guard let json, !json.isNull else { return nil }
    if let value = json.double { return value }
    throw Fault(path, at: "\(place), \(key)", found: json.kind, expected: "a number")
  }

  private static func numbers(
    _ json: JSON?, _ key: String, _ place: String, _ path: String
  ) throws(Fault) -> [Double]? {
    guard let json, !json.isNull else { return nil }
    guard let elements = json.array else {
      throw Fault(path, at: "\(place), \(key)", found: json.kind, expected: "a list of numbers")
    }
    var values: [Double] = []
    for (index, element) in elements.enumerated() {
      guard let value = element.double, abs(value) < 1e15 else {
        throw Fault(
          path, at: "\(place), \(key)[\(index)]", found: element.kind, expected: "a number")
      }
      values.append(value)
    }
    return values
  }

  // MARK: - Lines

  private init(lines text: String, question: HomeworkQuestion) {
    var found: [(rank: Int, beam: StudentBeam)] = []
    // Whether the line before belongs to a beam: generated texts may have line ends in them.
    var continues = false
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      let line = String(line)
      if line.hasPrefix("Preventing:") {
        trace = (trace ?? []) + [line]
        continues = false
      } else if let next = Self.beam(line) {
        found.append(next)
        continues = true
      } else if line.allSatisfy({ $0.isWhitespace }) {
        continues = false
      } else if continues, let last = found.indices.last {
        found[last].beam.text = (found[last].beam.text ?? "") + " " + line
      }
    }
    if found.isEmpty { return }
    if question == .beamSearch {
      // The second cell prints its third beam alone: a rank that does not follow the one before.
      let count = found.enumerated().prefix { $0.offset == $0.element.rank }.count
      if count > 0 { beams["beams"] = found[..<count].map(\.beam) }
      let third = found[count...].first { $0.rank == 2 }
      if let third { beams["third"] = [third.beam] }
    } else {
      file(found.map(\.beam), question)
    }
  }

  /// `0 -0.822 The brown fox …`
  private static func beam(_ line: String) -> (rank: Int, beam: StudentBeam)? {
    let parts = line.split(maxSplits: 2, whereSeparator: \.isWhitespace)
    guard parts.count == 3, let rank = Int(parts[0]), rank >= 0 else { return nil }
    let number = parts[1].replacing("−", with: "-")
    guard number.contains("."), let score = Double(number), score.isFinite else { return nil }
    var beam = StudentBeam(place: "the line of beam \(rank)")
    beam.scorePerToken = score
    let places = number.split(separator: ".").last?.count ?? 0
    beam.tolerance = max(tolerance, 0.5 * pow(10, -Double(places)) + 1e-4)
    beam.text = String(parts[2])
    return (rank, beam)
  }

  /// Gives beams without names the names that the question has for them.
  private mutating func file(_ all: [StudentBeam], _ question: HomeworkQuestion) {
    switch question {
    // The second cell keeps 4 beams for 3 steps and asks for the third of them.
    case .beamSearch where all.count == 4 && all[2].logProbabilities?.count == 3:
      beams["third"] = [all[2]]
    case .certainty: beams["beam"] = Array(all.prefix(1))
    case .beamSizes: beams["sizes"] = all
    // One text is that with the processor; two are first without it, then with it.
    case .wordBlock, .beamBlock:
      if all.count > 1 { beams["plain"] = [all[0]] }
      beams["blocked"] = [all.count > 1 ? all[1] : all[0]]
    default: beams["beams"] = all
    }
  }
}
