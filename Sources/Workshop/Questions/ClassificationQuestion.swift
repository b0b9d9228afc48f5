import FoxData
import FoxEngines
import FoxHomework

extension HomeworkEncoder {
  /// Q3.1: the homework's runs, one for each seed; and the same with a learning rate and a number of
  /// epochs that are chosen by cross-validation on the training sentences alone.
  ///
  /// - Parameter search: Where to choose from; `nil` for the homework's numbers only.
  /// - Throws: `Fault`, also for too few sentences.
  package func classification(
    _ plan: ClassifierPlan = ClassifierPlan(), search: HyperparameterSearch? = .init()
  ) throws -> Q3_1 {
    let texts = try training()
    let groups = texts.map { AugmentedGroup(original: $0, paraphrases: []) }
    var answer = try Q3_1.answer(
      classifier(plan), name: name, labels: labels.names, on: texts, plan.numbers,
      choose: search.map { search in
        { try crossValidate(groups, plan, search, name: "sentences") }
      })
    answer.conclusion = try answer.words()
    return answer
  }

  /// The classifier as the questions see it.
  func classifier(_ plan: ClassifierPlan) -> Classifier {
    Classifier(seeds: plan.seeds, progress: progress) { texts, numbers, seed in
      let plan = plan.with(numbers)
      let run = try train(
        on: samples(texts, plan, isPadded: true), evaluatedOn: evaluation(plan), plan, seed: seed)
      return (run.report.confusion, run.steps)
    }
  }
}

extension ClassifierPlan {
  /// What is chosen of a plan.
  var numbers: Classifier.Numbers { (learningRate, epochs) }

  func with(_ numbers: Classifier.Numbers) -> ClassifierPlan {
    with(learningRate: numbers.learningRate, epochs: numbers.epochs)
  }
}
