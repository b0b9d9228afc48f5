import Foundation
import FoxModels
import FoxSearch
import TestSupport
import Testing

@Suite("Tokens as they come", .counted)
struct TokenSequenceTests {
  private let prompt = [19, 331, 120, 339]

  private func model() throws -> GPT2Model {
    try GPT2Model.load(folder: Places.golden("gpt2/models/plain")).model
  }

  /// All tokens of a sequence.
  private func tokens(_ sequence: TokenSequence) async throws -> [Int] {
    var tokens: [Int] = []
    for try await token in sequence { tokens.append(token) }
    return tokens
  }

  @Test(arguments: [TokenGenerator.Choice.greedy, .sampled(seed: 3)])
  func `LIB-2 the tokens of a sequence are those of a run`(choice: TokenGenerator.Choice)
    async throws
  {
    let model = try model()
    let free = try TokenGenerator(maxNewTokens: 9, choice: choice).run([prompt], on: model)[0].ids
    for ends in [[], [free[prompt.count + 4]]] {
      let generator = try TokenGenerator(maxNewTokens: 9, endTokens: Set(ends), choice: choice)
      let row = try generator.run([prompt], on: model)[0].ids
      let sequence = generator.tokens(after: prompt, on: model)
      #expect(try await tokens(sequence) == Array(row.dropFirst(prompt.count)))
      // A second iterator begins anew.
      #expect(try await tokens(sequence) == Array(row.dropFirst(prompt.count)))
    }
  }

  @Test @MainActor
  func `LIB-2 a token is computed when it is asked for, and not on the actor that asks`()
    async throws
  {
    /// Counts how often it is asked, and notes whether that was on the main thread.
    final class Counting: ScoreProcessor, @unchecked Sendable {
      var count = 0
      var wasOnMainThread = false
      func process(_ scores: inout [[Float]], of texts: [[Int]], step: Int) -> [Block] {
        count += 1
        wasOnMainThread = wasOnMainThread || pthread_equal(pthread_self(), mainThread) != 0
        return []
      }
      let mainThread: pthread_t
      init(_ mainThread: pthread_t) { self.mainThread = mainThread }
    }
    let counting = Counting(pthread_self())
    let generator = try TokenGenerator(maxNewTokens: 50, processors: [counting])
    var taken = 0
    for try await _ in generator.tokens(after: prompt, on: try model()) {
      taken += 1
      if taken == 3 { break }
    }
    #expect(counting.count == 3 && !counting.wasOnMainThread)
  }

  @Test
  func `LIB-3 a cancelled task ends at its next token`() async throws {
    let model = try model()
    let prompt = prompt
    let task = Task {
      var tokens: [Int] = []
      do {
        for try await token in try TokenGenerator(maxNewTokens: 50).tokens(after: prompt, on: model)
        {
          tokens.append(token)
          if tokens.count == 2 { withUnsafeCurrentTask { $0?.cancel() } }
        }
        Issue.record("it was not cancelled")
      } catch { #expect(error is CancellationError) }
      return tokens
    }
    #expect(await task.value.count == 2)
  }

  @Test
  func `LIB-3 an error ends the sequence`() async throws {
    let blocked = try TokenGenerator(
      maxNewTokens: 2, processors: [BadWords((0..<512).map { [$0] })])
    var iterator = blocked.tokens(after: [1], on: try model()).makeAsyncIterator()
    await #expect(throws: Fault.nothingLeft(row: 0, step: 0)) { try await iterator.next() }
    #expect(try await iterator.next() == nil)
    var empty = try TokenGenerator(maxNewTokens: 2).tokens(after: [], on: model())
      .makeAsyncIterator()
    await #expect(throws: Fault.emptyPrompt) { try await empty.next() }
  }
}
