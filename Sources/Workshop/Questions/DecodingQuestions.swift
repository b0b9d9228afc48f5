import FoxDecoding
import FoxHomework
import FoxSearch
import FoxTries

/// # Part 1, asked of a real GPT-2
///
/// The questions are answered in the chapter Homework, of any language model. Here a GPT-2 and its
/// tokenizer become one, and what the report draws is added: the tree of the search and the attention.
extension HomeworkModel {
  /// This model as part 1 sees it.
  var languageModel: LanguageModel {
    LanguageModel(
      encode: tokenizer.encodeIDs, decode: text, pieces: pieces,
      next: GPT2Scorer(model, .logProbabilities, reserving: 64).next)
  }

  /// Q1.1: both of the homework's calls.
  ///
  /// - Throws: `Fault` for what the model cannot continue.
  package func beamSearch(
    _ prompt: String = LanguageModel.foxPrompt, beams: Int = 5, steps: Int = 10
  ) throws -> BeamSearchAnswer {
    let recorder = SearchRecorder(beams: beams)
    let (answer, search) = try Q1_1.answer(
      languageModel, prompt: prompt, beams: beams, steps: steps, observing: recorder.observe)
    return BeamSearchAnswer(
      prompt: prompt, beams: answer.beams, third: answer.third,
      tree: try recorder.tree(of: search, self),
      attention: try attention(of: search.beams.first?.ids ?? search.prompt))
  }

  /// Q1.2: how sure the model is, step by step, and over other prompts.
  package func certainty(
    _ prompt: String = LanguageModel.foxPrompt, steps: Int = 10, over prompts: [String],
    progress: (Int) -> Void = { _ in }
  ) throws -> Q1_2 {
    let (found, change) = try Q1_2.answer(
      languageModel, prompt: prompt, steps: steps, over: prompts, progress: progress)
    var answer = found
    answer.conclusion = answer.words(change)
    return answer
  }

  /// Q1.3: the homework's sweep over beam sizes, and a search for counter-examples.
  package func beamSizes(
    _ prompt: String = LanguageModel.barnPrompt, sizes: ClosedRange<Int> = 1...5,
    steps: Int = 20, over prompts: [String], progress: (Int) -> Void = { _ in }
  ) throws -> Q1_3 {
    var answer = try Q1_3.answer(
      languageModel, prompt: prompt, sizes: sizes, steps: steps, over: prompts, progress: progress)
    answer.conclusion = answer.words
    return answer
  }

  /// Q1.4: what WordBlock takes.
  package func wordBlock(
    _ prompt: String = LanguageModel.barnPrompt, steps: Int = 40
  ) throws -> Q1_4 {
    var answer = try Q1_4.answer(languageModel, prompt: prompt, steps: steps)
    answer.usedUp = Q1_4.usedUp(answer.blocked)
    answer.conclusion = answer.words
    return answer
  }

  /// Q1.5: what BeamBlock blocks, and what that costs.
  package func beamBlock(
    _ prompt: String = LanguageModel.barnPrompt, steps: Int = 40
  ) throws -> BeamBlockAnswer {
    let recorder = SearchRecorder(beams: 1)
    let (answer, search) = try Q1_5.answer(
      languageModel, prompt: prompt, steps: steps, observing: recorder.observe)
    return BeamBlockAnswer(
      prompt: prompt, plain: answer.plain, blocked: answer.blocked, trace: answer.trace,
      tree: try recorder.tree(of: search, self, processors: ["BeamBlock"]),
      conclusion: answer.words(search.trace))
  }
}
