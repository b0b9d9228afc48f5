import Foundation
import FoxFiles
import FoxHomework
import FoxQuestions
import FoxReport

/// Answers as lines for people, at most 96 columns wide.
struct HomeworkText {
  /// Whether tokens are coloured by probability.
  let isColored: Bool

  /// The answers that there are, each with a heading.
  func text(_ results: HomeworkResults) -> String {
    results.answered.map { question in
      let heading = "\(question.rawValue.uppercased())  \(question.title)"
      let rule = String(repeating: "─", count: heading.count)
      return ([heading, rule] + lines(question, results)).joined(separator: "\n") + "\n\n"
    }.joined()
  }

  private func lines(_ question: HomeworkQuestion, _ results: HomeworkResults) -> [String] {
    switch question {
    // These have colors, between texts that are visible already.
    case .beamSearch: results.beamSearch.map(lines) ?? []
    case .certainty: results.certainty.map(lines) ?? []
    default: plainLines(question, results).map(Output.visible)
    }
  }

  private func plainLines(_ question: HomeworkQuestion, _ results: HomeworkResults) -> [String] {
    switch question {
    case .beamSearch, .certainty: []
    case .beamSizes: results.beamSizes.map(lines) ?? []
    case .wordBlock: results.wordBlock.map(lines) ?? []
    case .beamBlock: results.beamBlock.map(lines) ?? []
    case .fineTuning: results.fineTuning.map(lines) ?? []
    case .classification: results.classification.map(lines) ?? []
    case .augmentation: results.augmentation.map(lines) ?? []
    }
  }
}

extension HomeworkText {
  private func lines(_ answer: BeamSearchAnswer) -> [String] {
    answer.beams.enumerated().map { rank, beam in
      "\(rank)  \(number(beam.scorePerToken, 3))  \(text(beam))"
    } + [
      "", "Third most probable of 4 beams after 3 tokens:",
      "2  \(number(answer.third.scorePerToken, 3))  \(text(answer.third))",
    ]
  }

  private func lines(_ answer: Q1_2) -> [String] {
    let added = answer.beam.tokens.filter { $0.logProbability != nil }
    var rows = [["step", "token", "probability", "entropy", "mean probability", "mean entropy"]]
    for (step, token) in added.enumerated() {
      rows.append([
        "\(step + 1)", Output.visible(token.text), number(exp(token.logProbability ?? 0), 3),
        number(answer.entropies[step], 2), number(answer.meanProbabilities[step], 3),
        number(answer.meanEntropies[step], 2),
      ])
    }
    return [text(answer.beam), ""] + TextTable(rows, left: [1]).lines + [
      "Means are over \(counted(answer.prompts, "prompt")); entropies in nats.", "",
    ] + TextTable.wrapped(Output.visible(answer.conclusion))
  }

  private func lines(_ answer: Q1_3) -> [String] {
    var rows = [["beams", "score", "per token", "text"]]
    for size in answer.sizes {
      rows.append([
        "\(size.beams)", number(size.score, 3), number(size.scorePerToken, 4),
        String(size.text.dropFirst(answer.prompt.count)),
      ])
    }
    var lines = [answer.prompt + " …"] + TextTable(rows, left: [3]).lines
    if let example = answer.counterExample {
      lines += ["", "Counter-example: \(example.prompt) …"]
      for size in [example.fewer, example.more] {
        let text = String(size.text.dropFirst(example.prompt.count))
        let beams = counted(size.beams, "beam")
        lines.append("  \(beams)\(size.beams == 1 ? " " : "")  \(number(size.score, 3))  \(text)")
      }
      lines.append(
        "  The better text is among the \(counted(example.more.beams, "beam")) until step \(example.lostAt)."
      )
    }
    return lines + [""] + TextTable.wrapped(answer.conclusion)
  }

  private func lines(_ answer: Q1_4) -> [String] {
    var rows = [["step", "words left", "probability blocked"]]
    let count = answer.vocabularyLeft.count
    for step in Set([0, 4, 9, 14, 19, 29, count - 1, answer.starvedAt ?? 0]).sorted()
    where step < count {
      rows.append([
        "\(step + 1)", "\(answer.vocabularyLeft[step])",
        number(answer.blockedMass[step], 3) + (step == answer.starvedAt ? " *" : "  "),
      ])
    }
    let usedUp = answer.usedUp.map {
      "\($0.token.trimmingCharacters(in: .whitespaces)) (\($0.step))"
    }
    return TextTable.wrapped("plain: " + answer.plain.text)
      + TextTable.wrapped("blocked: " + answer.blocked.text) + [""]
      + TextTable(rows).lines + [""]
      + TextTable.wrapped("Used up after step: " + usedUp.joined(separator: ", ")) + [""]
      + TextTable.wrapped(answer.conclusion)
  }

  private func lines(_ answer: BeamBlockAnswer) -> [String] {
    TextTable.wrapped("plain: " + answer.plain.text)
      + TextTable.wrapped("blocked: " + answer.blocked.text) + [""]
      + answer.trace + (answer.trace.isEmpty ? [] : [""])
      + TextTable.wrapped(answer.conclusion)
  }

  /// A beam, coloured or cleaned up.
  private func text(_ beam: ScoredText) -> String {
    if !isColored { return Output.visible(beam.text) }
    return beam.tokens.map { token in
      let text = Output.visible(token.text)
      return token.logProbability.map { TokenColors.paint(text, Float(exp($0))) } ?? text
    }.joined()
  }

  func number(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }
}

/// Columns of text.
struct TextTable {
  private let rows: [[String]]
  private let left: Set<Int>

  /// A table whose first row is the heading.
  ///
  /// - Parameter left: Columns that are aligned on the left; the others are on the right.
  init(_ rows: [[String]], left: Set<Int> = []) { (self.rows, self.left) = (rows, left) }

  /// The lines, without blanks at their ends.
  var lines: [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let gap = String(repeating: " ", count: widths[column] - cell.count)
        return left.contains(column) ? cell + gap : gap + cell
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// A text in lines of at most `width` columns, broken at blanks.
  static func wrapped(_ text: String, width: Int = 96) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
