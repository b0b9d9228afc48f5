/// The questions of the homework.
///
/// Each is a function of ``HomeworkModel`` or ``HomeworkEncoder`` whose result is a part of
/// ``HomeworkResults``. SPEC `HW-1`.
package enum HomeworkQuestion: String, CaseIterable, Sendable {
  case beamSearch = "q1.1"
  /// Why later tokens get a higher probability.
  case certainty = "q1.2"
  /// Whether a larger beam guarantees a better sequence.
  case beamSizes = "q1.3"
  case wordBlock = "q1.4"
  case beamBlock = "q1.5"
  /// Fine-tuning GPT-2 on stories: perplexity or ROUGE.
  case fineTuning = "q2.1"
  /// BERT on twenty sentences.
  case classification = "q3.1"
  /// Why back-translation helps, and whether it does.
  case augmentation = "q3.2"

  /// One line for headings.
  package var title: String {
    switch self {
    case .beamSearch: "Beam search on GPT-2"
    case .certainty: "Why do later tokens get a higher probability?"
    case .beamSizes: "Does a larger beam guarantee a better sequence?"
    case .wordBlock: "What does WordBlock break?"
    case .beamBlock: "What does BeamBlock block?"
    case .fineTuning: "Fine-tuning GPT-2 on stories: perplexity or ROUGE?"
    case .classification: "BERT on twenty sentences, four seeds"
    case .augmentation: "Does back-translation help, and why?"
    }
  }

  /// The questions that a user means: `q1.1` or `1.1` for one, `part1` for those of a part, `all`.
  ///
  /// - Returns: `nil` for a name that is none of these.
  package static func named(_ name: String) -> [HomeworkQuestion]? {
    let name = name.lowercased()
    if name == "all" { return allCases }
    if name.hasPrefix("part") {
      let part = allCases.filter { $0.rawValue.hasPrefix("q\(name.dropFirst(4)).") }
      return part.isEmpty ? nil : part
    }
    return HomeworkQuestion(rawValue: name.hasPrefix("q") ? name : "q\(name)").map { [$0] }
  }

  /// The key of its answer in a document of results: the name of the case.
  var key: String { "\(self)" }

  /// Whether it needs a BERT rather than a GPT-2.
  package var needsEncoder: Bool { self == .classification || self == .augmentation }
}

extension HomeworkResults {
  /// The questions that have an answer, in their order.
  package var answered: [HomeworkQuestion] { HomeworkQuestion.allCases.filter(has) }

  private func has(_ question: HomeworkQuestion) -> Bool {
    switch question {
    case .beamSearch: beamSearch != nil
    case .certainty: certainty != nil
    case .beamSizes: beamSizes != nil
    case .wordBlock: wordBlock != nil
    case .beamBlock: beamBlock != nil
    case .fineTuning: fineTuning != nil
    case .classification: classification != nil
    case .augmentation: augmentation != nil
    }
  }

  /// Takes the answers that `newer` has.
  package mutating func merge(_ newer: HomeworkResults) {
    beamSearch = newer.beamSearch ?? beamSearch
    certainty = newer.certainty ?? certainty
    beamSizes = newer.beamSizes ?? beamSizes
    wordBlock = newer.wordBlock ?? wordBlock
    beamBlock = newer.beamBlock ?? beamBlock
    fineTuning = newer.fineTuning ?? fineTuning
    classification = newer.classification ?? classification
    augmentation = newer.augmentation ?? augmentation
    classifierProvenance = newer.classifierProvenance ?? classifierProvenance
    // What computed the language model's answers.
    if newer.answered.contains(where: { !$0.needsEncoder }) || !hasLanguageModel {
      provenance = newer.provenance
    }
  }

  /// Whether a language model answered any of the questions.
  var hasLanguageModel: Bool { answered.contains { !$0.needsEncoder } }
}
