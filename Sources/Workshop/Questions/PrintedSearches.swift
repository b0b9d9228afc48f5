import FoxHomework

/// A call of the homework's beam search and what its notebook prints for it, on OpenAI's `gpt2`.
///
/// `Golden/homework/part1.json` has the same numbers, and a test compares the two: the program needs no
/// golden to verify itself.
struct PrintedSearch: Equatable, Sendable {
  /// What the search is given beside its prompt.
  enum Processor: String, Sendable { case wordBlock = "WordBlock", beamBlock = "BeamBlock" }

  /// A beam of the print.
  struct Row: Equatable, Sendable {
    let beam: Int
    /// Score by the number of all tokens; `nil` where none is printed.
    var score: Double?
    var text: String
    /// Whether the print cuts the text off.
    let isCut: Bool

    /// As it is printed, with as many places as the tolerance needs.
    func shown(_ tolerance: Double) -> String {
      let places = tolerance < 5e-4 ? 6 : 3
      let score = score.map { String(format: "%.\(places)f ", $0) } ?? ""
      return score + text + (isCut ? "…" : "")
    }
  }

  /// The question, and which of its calls.
  let id: String
  let prompt: String
  let beams: Int
  /// `nil` where the print cuts the call off.
  let steps: Int?
  let processor: Processor?
  /// How far a score may be off.
  let tolerance: Double
  let rows: [Row]
  /// The first lines of BeamBlock's trace.
  let trace: [String]
}

extension PrintedSearch {
  private static let fox = LanguageModel.foxPrompt
  private static let barn = LanguageModel.barnPrompt

  /// All calls, in order.
  static let all: [PrintedSearch] =
    [
      .init(
        id: "q1.1a", prompt: fox, beams: 5, steps: 10, processor: nil, tolerance: 6e-4,
        rows: [
          (-1.106, " out of the fox's mouth, and the fox"),
          (-1.168, " out of the fox's cage, and the fox"),
          (-1.182, " out of the fox's mouth and starts to run"),
          (-1.192, " out of the fox's mouth and begins to lick"),
        ].enumerated().map {
          .init(beam: $0, score: $1.0, text: fox + $1.1, isCut: false)
        }, trace: []),
      .init(
        id: "q1.1b", prompt: fox, beams: 4, steps: 3, processor: nil, tolerance: 6e-4,
        rows: [.init(beam: 2, score: -0.627, text: fox + " up and down", isCut: false)], trace: []),
      .init(
        id: "q1.2", prompt: fox, beams: 1, steps: nil, processor: nil, tolerance: 0,
        rows: [cut(fox + " up and down on the ground,")], trace: []),
    ] + sizes + blocks

  /// Q1.3: scores are printed unrounded.
  private static let sizes: [PrintedSearch] = [
    (-0.9706196640477036, " a young boy was pl"), (-0.9286184021920869, " a young boy was pl"),
    (-0.9597580071651575, " a young boy was pl"), (-0.920514540238814, " there was a young g"),
    (-0.9058765064586293, " there was a man wh"),
  ].enumerated().map { index, row in
    .init(
      id: "q1.3/\(index + 1)", prompt: barn, beams: index + 1, steps: 20, processor: nil,
      tolerance: 1e-4, rows: [cut(barn + row.1, score: row.0)], trace: [])
  }

  /// Q1.4 and Q1.5: one beam, without and with a processor.
  private static let blocks: [PrintedSearch] = [
    ("q1.4/plain", nil, playing, []),
    ("q1.4/word-block", .wordBlock, " the young girl was playing with her fath", []),
    ("q1.5/plain", nil, playing, []),
    (
      "q1.5/beam-block", .beamBlock, playing,
      [
        "was playing -> with", "boy was -> playing", "boy was -> playing", "boy was -> trying",
        "the stick -> ,", ", and -> the",
      ].map { "Preventing: \($0)" }
    ),
  ].map { (id: String, processor: Processor?, text: String, trace: [String]) in
    .init(
      id: id, prompt: barn, beams: 1, steps: nil, processor: processor, tolerance: 0,
      rows: [cut(barn + text)], trace: trace)
  }

  private static let playing = " a young boy was playing with a stick. He"

  private static func cut(_ text: String, score: Double? = nil) -> Row {
    .init(beam: 0, score: score, text: text, isCut: true)
  }
}
