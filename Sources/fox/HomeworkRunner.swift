/// Answers questions one after the other.
struct HomeworkRunner {
  private let sizes: HomeworkSizes
  private let model: String?
  private let classifier: String?
  private let paraphrases: HomeworkParaphrases
  private let skipsMissing: Bool
  private let save: (HomeworkResults) throws -> Void
  private let data: HomeworkData
  private let line = ProgressLine()

  /// - Parameters:
  ///   - skipsMissing: Whether questions whose model is not there are left out, with a note.
  ///   - save: Keeps an answer, as soon as it is there.
  init(
    sizes: HomeworkSizes, model: String?, classifier: String?, paraphrases: HomeworkParaphrases,
    skipsMissing: Bool, save: @escaping (HomeworkResults) throws -> Void
  ) throws {
    (self.sizes, self.paraphrases) = (sizes, paraphrases)
    (self.model, self.classifier) = (model, classifier)
    (self.skipsMissing, self.save) = (skipsMissing, save)
    let folder = ProcessInfo.processInfo.environment["FOX_DATA"]
    data = HomeworkData(folder: folder.flatMap { $0.isEmpty ? nil : $0 })
  }

  /// Answers questions.
  ///
  /// - Parameter report: Is given each answer as it is there, alone in results.
  func answer(
    _ questions: [HomeworkQuestion], report: (HomeworkResults) throws -> Void
  ) throws -> HomeworkResults {
    defer { line.clear() }
    var results: HomeworkResults?
    func take(_ answer: HomeworkResults) throws {
      line.clear()
      try save(answer)
      try report(answer)
      if results == nil { results = answer } else { results?.merge(answer) }
    }
    try answerWithModel(questions.filter { !$0.needsEncoder }, take)
    try answerWithEncoder(questions.filter(\.needsEncoder), take)
    guard let results else { throw noEncoder(try encoderFolder()) }
    return results
  }

  // MARK: - Parts 1 and 2

  private func answerWithModel(
    _ questions: [HomeworkQuestion], _ take: (HomeworkResults) throws -> Void
  ) throws {
    if questions.isEmpty { return }
    let model = try HomeworkModel(folder: DefaultModel.find(explicit: self.model))
    let provenance = try model.provenance(data: data)
    for question in questions {
      line.show("\(question.rawValue): \(question.title)")
      var answer = HomeworkResults(provenance: provenance)
      try self.answer(question, model, &answer)
      try take(answer)
    }
  }

  private func answer(
    _ question: HomeworkQuestion, _ model: HomeworkModel, _ answer: inout HomeworkResults
  ) throws {
    func prompts() throws -> [String] {
      try data.prompts(sizes.prompts ?? (sizes.full ? 200 : 16))
    }
    func show(_ done: Int) { line.show("\(question.rawValue): \(counted(done, "prompt"))") }
    switch question {
    case .beamSearch: answer.beamSearch = try model.beamSearch()
    case .certainty: answer.certainty = try model.certainty(over: prompts(), progress: show)
    case .beamSizes: answer.beamSizes = try model.beamSizes(over: prompts(), progress: show)
    case .wordBlock: answer.wordBlock = try model.wordBlock()
    case .beamBlock: answer.beamBlock = try model.beamBlock()
    case .fineTuning: answer.fineTuning = try fineTuning(model)
    case .classification, .augmentation: break
    }
  }

  private func fineTuning(_ model: HomeworkModel) throws -> Q2_1 {
    var plan = FineTuningPlan()
    plan.stories = sizes.stories ?? (sizes.full ? .max : 48)
    plan.pairs = sizes.pairs ?? (sizes.full ? .max : 12)
    plan.epochs = sizes.epochs
    return try model.fineTuning(on: data, plan) { [line] progress in
      switch progress {
      case .evaluated(let done, let total, let isAfter):
        line.show("q2.1, \(isAfter ? "after" : "before"): \(done) of \(counted(total, "pair"))")
      case .trained(let done, let total): line.show("q2.1: step \(done) of \(total)")
      }
    }
  }

  // MARK: - Part 3

  private func encoderFolder() throws -> String {
    try classifier.map(NamedModel.folder) ?? DefaultModel.inWeights("minilm")
      ?? "\((try? DefaultModel.weights()) ?? "Weights")/minilm"
  }

  private func noEncoder(_ looked: String) -> CommandError {
    .noEncoder(option: "--classifier DIR", looked: looked)
  }

  private func answerWithEncoder(
    _ questions: [HomeworkQuestion], _ take: (HomeworkResults) throws -> Void
  ) throws {
    if questions.isEmpty { return }
    let folder = try encoderFolder()
    if classifier == nil,
      !FileManager.default.fileExists(atPath: "\(folder)/config.json")
    {
      if !skipsMissing { throw noEncoder(folder) }
      Output.note(
        "fox: q3.1 and q3.2 are left out: they need a BERT, which Weights/fetch-minilm.sh brings")
      return
    }
    let encoder = try HomeworkEncoder(folder: folder, data: labelledData()) { [line] in
      line.show("part 3: \($0)")
    }
    let provenance = try encoder.provenance()
    let search = sizes.hyperparameters
    let classification = try encoder.classification(search: search)
    if questions.contains(.classification) {
      var answer = HomeworkResults(classifiedBy: provenance)
      answer.classification = classification
      try take(answer)
    }
    guard questions.contains(.augmentation), let set = try augmentedSet(encoder) else { return }
    var answer = HomeworkResults(classifiedBy: provenance)
    let augmentation = try encoder.augmentation(set, baseline: classification, search: search)
    answer.augmentation = augmentation
    // Kept before the long rest begins.
    try save(answer)
    if sizes.comparesPivots {
      answer.augmentation = try encoder.withGains(
        augmentation, set, baseline: classification)
    }
    try take(answer)
  }

  private func labelledData() throws -> LabelledData {
    let all = try data.labelledSentences()
    let limit = sizes.sentences ?? (sizes.full ? .max : 100)
    return LabelledData(
      name: all.name, training: all.training, evaluation: all.evaluation.prefix(limit))
  }

  /// The sentences with their paraphrases; `nil` where there is no engine and that is no error.
  private func augmentedSet(_ encoder: HomeworkEncoder) throws -> AugmentedSet? {
    do {
      let translator = try paraphrases.translator()
      var names = (paraphrases.pivots ?? "").split(separator: ",").map(String.init)
      if names.isEmpty, !sizes.full {
        let all = try translator.pivots(of: paraphrases.engine.sourceLanguage())
        names = all.unlike(2).map(\.name)
      }
      let augmenter = try Augmenter(
        translator: translator, pivots: names, source: paraphrases.engine.source,
        filters: paraphrases.filters.filters())
      return try augmenter.run(encoder.training()) { [line] progress in
        line.show("q3.2: \(progress.done) of \(progress.total) translations")
      }
    } catch let error as Fault {
      guard skipsMissing, error.isMissingEngine else { throw error }
      Output.note("fox: q3.2 is left out: \(error)")
      return nil
    }
  }
}

extension HyperparameterSearch {
  /// Four trials, for a look.
  static var quick: HyperparameterSearch {
    var search = HyperparameterSearch()
    (search.learningRates, search.epochs) = ([2e-5, 2e-4], [3, 10])
    return search
  }
}
