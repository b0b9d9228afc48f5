import Foundation
import Homework

/// Answers questions one after the other.
struct HomeworkRunner {
  private let sizes: HomeworkSizes
  private let models: HomeworkModels
  private let skipsMissing: Bool
  private let data: HomeworkData
  private let line = ProgressLine()

  /// - Parameter skipsMissing: Whether questions whose model is not there are left out, with a note.
  init(sizes: HomeworkSizes, models: HomeworkModels, skipsMissing: Bool) throws {
    (self.sizes, self.models, self.skipsMissing) = (sizes, models, skipsMissing)
    let folder = ProcessInfo.processInfo.environment["FOX_DATA"]
    data = HomeworkData(folder: folder.flatMap { $0.isEmpty ? nil : $0 })
  }

  /// Answers questions.
  ///
  /// - Parameter report: Is given each answer as it is there, alone in results.
  func answer(
    _ questions: [HomeworkQuestion], report: (HomeworkResults) throws -> Void
  ) throws -> HomeworkResults {
    let model = try HomeworkModel(folder: DefaultModel.find(explicit: models.model))
    var results = HomeworkResults(provenance: try model.provenance(data: data))
    for question in questions {
      var answer = HomeworkResults(provenance: results.provenance)
      line.show("\(question.rawValue): \(question.title)")
      if question.needsEncoder {
        continue
      } else {
        try self.answer(question, model, &answer)
      }
      line.clear()
      try report(answer)
      results.merge(answer)
    }
    return results
  }

  /// A question of part 1 or 2.
  private func answer(
    _ question: HomeworkQuestion, _ model: HomeworkModel, _ answer: inout HomeworkResults
  ) throws {
    func prompts() throws -> [String] {
      try data.prompts(sizes.prompts ?? (sizes.full ? 200 : 20))
    }
    func show(_ done: Int) { line.show("\(question.rawValue): \(done) prompts") }
    switch question {
    case .beamSearch: answer.beamSearch = try model.beamSearch()
    case .certainty: answer.certainty = try model.certainty(over: prompts(), progress: show)
    case .beamSizes: answer.beamSizes = try model.beamSizes(over: prompts(), progress: show)
    case .wordBlock: answer.wordBlock = try model.wordBlock()
    case .beamBlock: answer.beamBlock = try model.beamBlock()
    default: break
    }
  }
}
