import FoxModels
import FoxSearch
import TestSupport
import Testing

@Suite("Greedy generation and sampling", .counted)
struct TokenGeneratorTests {
  private func model(_ name: String = "plain") throws -> GPT2Model {
    try GPT2Model.load(folder: Places.golden("gpt2/models/\(name)")).model
  }

  private let prompts = [[19, 331, 120, 339], [5], [172, 15]]

  @Test
  func `GEN-1 GEN-4 greedily, rows of a batch give what they give alone`() throws {
    let model = try model()
    let generator = try TokenGenerator(
      maxNewTokens: 12, endTokens: [443, 369],
      processors: [RepetitionPenalty(1.3), NoRepeatNGram(length: 2)])
    let together = try generator.run(prompts, on: model)
    for (prompt, row) in zip(prompts, together) {
      let alone = try generator.run([prompt], on: model)[0]
      #expect(row.ids == alone.ids && row.end == alone.end)
      expectClose(
        row.tokenLogProbabilities, alone.tokenLogProbabilities, tolerance: 2e-5, "\(prompt)")
    }
  }

  @Test(arguments: [1, 2, 3, 64])
  func `GEN-9 prompts continued together become what they become alone`(most: Int) throws {
    let model = try model()
    let prompts = [
      [19, 331, 120, 339], [], [5], [172, 15], [1_000_000], [19, 331, 120, 339], [7, 8],
    ]
    let good = [0, 2, 3, 5, 6]
    for choice in [TokenGenerator.Choice.greedy, .sampled(seed: 3)] {
      let generator = try TokenGenerator(
        maxNewTokens: 9, endTokens: [443, 369], choice: choice,
        processors: [RepetitionPenalty(1.3), MinLength(2, of: .newTokens, endTokens: [443])])
      var (given, found): (Int, [Int: Generation]) = (0, [:])
      var wrong: [Int: Fault] = [:]
      try generator.run(
        together: most, on: model,
        next: {
          if given == prompts.count { return nil }
          given += 1
          return prompts[given - 1]
        },
        ended: { number, result in
          // No more than that many are under way.
          #expect(given - found.count - wrong.count <= most + 1)
          #expect(found[number] == nil)
          do { found[number] = try result.get() } catch { wrong[number] = error as? Fault }
        })
      #expect(found.keys.sorted() == good && wrong.keys.sorted() == [1, 4])
      for number in good {
        let alone = try generator.run([prompts[number]], on: model)[0]
        let row = try #require(found[number])
        #expect(row.ids == alone.ids && row.end == alone.end, "\(number)")
        expectClose(
          row.tokenLogProbabilities, alone.tokenLogProbabilities, tolerance: 2e-5, "\(number)")
      }
    }
  }

  @Test
  func `GEN-9 no tokens, no prompts, and a stop`() throws {
    let model = try model()
    func run(_ prompts: [[Int]], tokens: Int, steps: Int = .max) throws -> [[Int]] {
      var (left, texts, step) = (prompts[...], [[Int]](), 0)
      try TokenGenerator(maxNewTokens: tokens).run(
        together: 2, on: model, next: { left.popFirst() },
        goesOn: {
          step += 1
          return step <= steps
        }, ended: { texts.append(try $1.get().ids) })
      return texts
    }
    #expect(try run([], tokens: 3).isEmpty)
    #expect(try run([[5], [6], [7]], tokens: 0) == [[5], [6], [7]])
    #expect(try run([[5], [6], [7]], tokens: 9, steps: 2).map(\.count) == [3, 3])
  }

  @Test
  func `GEN-1 GEN-5 greedy is a beam search of one beam`() throws {
    let model = try model()
    let row = try TokenGenerator(maxNewTokens: 9).run([prompts[0]], on: model)[0]
    let beam = try BeamSearch(beams: 1, steps: 9).run(prompts[0], on: model).beams[0]
    #expect(row.ids == beam.ids)
    expectClose(
      row.tokenLogProbabilities, beam.tokenLogProbabilities, tolerance: 1e-5, "log-probabilities")
    #expect(Beam(row).ids == beam.ids)
  }

  @Test
  func `GEN-2 the same seed, the same text; another seed, another`() throws {
    let model = try model()
    func text(_ seed: UInt64) throws -> [Int] {
      try TokenGenerator(maxNewTokens: 20, choice: .sampled(seed: seed))
        .run([prompts[0]], on: model)[0].ids
    }
    #expect(try text(1) == text(1))
    #expect(try text(1) != text(2))
    #expect(try text(1) == text(1 << 32 + 1), "only the low 32 bits of a seed count")
  }

  @Test
  func `GEN-3 an end token ends a row and is part of it`() throws {
    let model = try model()
    let free = try TokenGenerator(maxNewTokens: 12).run(prompts, on: model)
    let end = free[0].ids[prompts[0].count]
    let rows = try TokenGenerator(maxNewTokens: 12, endTokens: [end]).run(prompts, on: model)
    #expect(rows[0].ids == prompts[0] + [end] && rows[0].end == .endToken)
    for (row, free) in zip(rows, free) where row.end == nil { #expect(row.ids == free.ids) }
  }

  @Test
  func `GEN-3 a row ends when its last token has no position`() throws {
    let prompts = [Array(repeating: 1, count: 62), [1, 2]]
    let rows = try TokenGenerator(maxNewTokens: 5).run(prompts, on: model())
    #expect(rows.map(\.ids.count) == [65, 7])
    #expect(rows.map(\.end) == [.positions, nil])
  }

  @Test
  func `GEN-5 tokens are reported as they come, and the report may stop`() throws {
    var seen: [[Int]] = [[], []]
    let rows = try TokenGenerator(maxNewTokens: 30).run(Array(prompts[..<2]), on: model()) {
      seen[$0].append($1)
      return !($0 == 1 && seen[1].count == 4)
    }
    #expect(zip(rows, prompts).map { Array($0.ids.dropFirst($1.count)) } == seen)
    #expect(seen.map(\.count) == [4, 4])
  }

  @Test
  func `GEN-6 what cannot be generated is refused`() throws {
    let model = try model()
    #expect(throws: Fault("max-new-tokens", found: "-1", expected: "at least 0")) {
      try TokenGenerator(maxNewTokens: -1)
    }
    let generator = try TokenGenerator(maxNewTokens: 5)
    #expect(throws: Fault.emptyPrompt) {
      try generator.run([[1], []], on: model)
    }
    #expect(throws: Fault.tooLong(tokens: 65, positions: 64)) {
      try generator.run([Array(repeating: 1, count: 65)], on: model)
    }
    let nothing = try TokenGenerator(
      maxNewTokens: 2, processors: [BadWords((0..<512).map { [$0] })])
    #expect(throws: Fault.nothingLeft(row: 0, step: 0)) {
      try nothing.run([[1]], on: model)
    }
    #expect(try TokenGenerator(maxNewTokens: 0).run([[7]], on: model)[0].ids == [7])
  }
}

@Suite("Options and their ranges", .counted)
struct ProcessorOptionTests {
  /// An option set out of its range.
  struct OutOfRange: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let options: ProcessorOptions

    init(_ name: String, _ change: (inout ProcessorOptions) -> Void) {
      testDescription = name
      var options = ProcessorOptions()
      change(&options)
      self.options = options
    }
  }

  @Test(arguments: [
    OutOfRange("repetition-penalty") { $0.repetitionPenalty = 0 },
    OutOfRange("no-repeat-ngram") { $0.noRepeatNGram = 0 },
    OutOfRange("bad-words") { $0.badWords = [[]] },
    OutOfRange("min-new-tokens") { $0.minNewTokens = -1 },
    OutOfRange("temperature") { $0.temperature = 0 },
    OutOfRange("temperature") { $0.temperature = .nan },
    OutOfRange("top-k") { $0.topK = 0 },
    OutOfRange("top-p") { $0.topP = -0.1 },
    OutOfRange("top-p") { $0.topP = 1.5 },
  ])
  func `PROC-6 PROC-7 PROC-8 PROC-9 PROC-10 PROC-11 values out of range are refused by name`(
    wrong: OutOfRange
  ) throws {
    let error = try #require(throws: Fault.self) {
      try wrong.options.processors(endTokens: [])
    }
    #expect(error.subject == wrong.testDescription)
  }

  @Test
  func `PROC-12 the reference's order`() throws {
    var options = ProcessorOptions()
    #expect(try options.processors(endTokens: [1]).isEmpty)
    options.topP = 0.5
    options.topK = 3
    options.temperature = 2
    options.minNewTokens = 1
    options.badWords = [[4]]
    options.noRepeatNGram = 2
    options.repetitionPenalty = 1.5
    let names = try options.processors(endTokens: [1]).map { String(describing: type(of: $0)) }
    #expect(
      names == [
        "RepetitionPenalty", "NoRepeatNGram", "BadWords", "MinLength", "Temperature",
        "TopKFilter", "TopPFilter",
      ])
  }
}
