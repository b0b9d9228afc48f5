import FoxFiles
import TestSupport
import Testing

@testable import FoxHomework
@testable import FoxQuestions

@Suite("A student's answer beside ours", .counted)
struct AnswerCheckTests {
  /// Two tokens of prompt, two added: the numbers are worked by hand.
  static func beam(_ a: Double, _ b: Double, _ words: String) -> ScoredText {
    let ids = [1, 2, 3, words == "up" ? 4 : 5]
    let tokens = zip(ids, [nil, nil, a, b]).map {
      ScoredToken(id: $0, text: "", logProbability: $1)
    }
    return ScoredText(
      tokens: tokens, text: "The fox jumps \(words)", score: a + b, scorePerToken: (a + b) / 4)
  }

  static var reference: HomeworkResults {
    var results = HomeworkResults(
      provenance: Provenance(model: "m", parameters: 1, sha256: "", date: "", data: ""))
    results.beamSearch = BeamSearchAnswer(
      prompt: "The fox", beams: [beam(-0.5, -1.1, "up"), beam(-0.5, -2.3, "down")],
      third: beam(-0.5, -3.1, "up"),
      tree: SearchTree(prompt: [], processors: [], steps: []),
      attention: AttentionMaps(tokens: [], layers: 0, heads: 0, weights: []))
    return results
  }

  private func check(_ text: String) throws -> AnswerCheck {
    try AnswerCheck(text, path: "a.txt", question: .beamSearch, reference: Self.reference)
  }

  private func json(_ scores: String, ids: String = "[1, 2, 3, 4]", more: String = "") -> String {
    "{\"beams\": [{\"ids\": \(ids), \"token_log_probs\": \(scores)\(more)}, {\"text\": "
      + "\"The fox jumps down\"}]}"
  }

  @Test
  func `HW-18 lines, JSON of a search and JSON of results are read`() throws {
    let lines = """
      0 -0.400 The fox
       jumps up
      1  −0.7 The fox jumps down

      The third:
      """
    let read = try check(lines)
    #expect(read.difference == nil && read.compared == 4, "\(read)")
    #expect(try check("2 -0.900 The fox jumps up").difference == nil)
    #expect(try check(json("[-0.5, -1.1]")).difference == nil)
    #expect(try check(Self.reference.json.text()).difference == nil)
  }

  @Test(arguments: [
    ("", "no line of a beam"), ("Beam search\n0 1 2", "no line of a beam"), ("{}", "no beams"),
    ("{\"beams\": []}", "no list of beams"), ("{\"beams\": [{}]}", "no text and no number"),
    ("{\"beams\": [{\"score\": \"a\"}]}", "a string"),
    ("{\"beams\": [{\"token_log_probs\": [null]}]}", "null"),
    ("{\"wordBlock\": {}}", "answers of q1.4"), ("{\"beamSearch\": 1}", "no beams"),
  ])
  func `HW-18 a file without an answer`(text: String, found: String) {
    #expect(throws: (any Error).self) { try check(text) }
    do { _ = try check(text) } catch {
      let fault = error as? Fault
      #expect(fault?.found == found && fault?.subject == "a.txt", "\(error)")
    }
  }

  @Test(arguments: [
    ("0 -0.800 The fox jumps up", "score per token is -0.8; ours is −0.4000. You divided by the 2"),
    ("0 -1.600 The fox jumps up", "That is the sum: divide it by the number of tokens, 4"),
    ("0 0.400 The fox jumps up", "The sign is wrong"),
    ("0 -0.320 The fox jumps up", "one token too many"),
    ("0 -0.670 The fox jumps up", "That is a probability"),
    ("0 -0.123 The fox jumps up", "ours is −0.4000."),
    ("0 -0.400 jumps up", "has no prompt"),
    ("0 -0.400 The fox jumps", "ends after “The fox jumps”; ours goes on with “up”"),
    ("0 -0.400 The fox jumps up up", "How many steps"),
    ("0 -0.400 The fox j umps up", "only the blanks differ"),
    ("0 -0.400 The fox sleeps up", "word 3 is “sleeps”; ours is “jumps”"),
    ("0 -0.700 The fox jumps down", "what we have as beam 1"),
    ("0 -0.400 The fox jumps up", "You have 1 beam; the question keeps 2"),
  ])
  func `HW-19 what a wrong line tells`(line: String, words: String) throws {
    // exp(−0.4) is 0.670: a probability has no minus sign.
    let line = words.contains("probability") ? line.replacing("-", with: "") : line
    let difference = try #require(try check(line).difference)
    #expect(difference.contains(words), "\(difference)")
  }

  @Test(arguments: [
    ("[0, -0.5, -1.1]", "column 0 of token_scores"), ("[-0.5]", "2 tokens were added"),
    ("[0.6065307, 0.3328711]", "take its logarithm"), ("[-0.5, -1.6]", "beam's score after"),
    ("[-0.7213475, -1.5869645]", "base 2"), ("[-0.5, 7.25]", "Did you take the log-softmax"),
    ("[-0.5, -1.3]", "added token 2 is -1.3; ours is -1.1. Is that the token's own"),
  ])
  func `HW-19 what wrong log-probabilities tell`(scores: String, words: String) throws {
    let difference = try #require(try check(json(scores)).difference)
    #expect(difference.hasPrefix("In beam 0: ") && difference.contains(words), "\(difference)")
  }

  @Test
  func `HW-19 tokens, scores and the prompt`() throws {
    #expect(
      try check(json("[-9, -9]", ids: "[1, 2, 3, 9]")).difference
        == "In beam 0: token 4 is 9; ours is 4.")
    let sum = try #require(try check(json("[-0.5, -1.1]", more: ", \"score\": -0.4")).difference)
    #expect(sum.contains("That is the sum divided by the number of tokens."))
    #expect(
      try check("{\"prompt\": \"A fox\", " + json("[-0.5, -1.1]").dropFirst()).difference
        == "You continued “A fox”; the question continues “The fox”.")
  }

  @Test
  func `HW-19 the trace and a processor that does nothing`() throws {
    var reference = Self.reference
    let lines = ["Preventing:  a b -> c", "Preventing:  a b -> c", "Preventing:  b c -> d"]
    reference.beamBlock = BeamBlockAnswer(
      prompt: "The fox", plain: Self.beam(-0.5, -1.1, "up"),
      blocked: Self.beam(-0.5, -2.3, "down"), trace: lines,
      tree: SearchTree(prompt: [], processors: [], steps: []), conclusion: "")
    func check(_ text: String) throws -> String? {
      try AnswerCheck(text, path: "a", question: .beamBlock, reference: reference).difference
    }
    let trace = lines.map { $0 + "\n" }
    let text = "0 -0.700 The fox jumps down"
    #expect(try check(trace.joined() + text) == nil)
    let once = try #require(try check(trace[0] + trace[2] + text))
    #expect(once.hasPrefix("Line 2 of your trace is “Preventing: b c -> d”"))
    #expect(once.contains("only once?"))
    #expect(try check(trace[0] + trace[1] + text)?.contains("has 2 lines; ours has 3") == true)
    #expect(try check("0 -0.4 The fox jumps up")?.contains("without the processor") == true)
  }

  @Test
  func `HW-18 numbers of other parts go by name`() throws {
    let scores =
      "{\"pairs\": 1, \"perplexity\": 34.129, \"homeworkROUGE3\": 0.086, \"rouge1\": 0, "
      + "\"rouge2\": 0, \"rouge3\": 0, \"rougeL\": 0}"
    let document =
      "{\"provenance\": {\"model\": \"m\", \"parameters\": 1, \"sha256\": \"\", "
      + "\"date\": \"\", \"data\": \"\"}, \"fineTuning\": {\"trainingStories\": 1, "
      + "\"blocks\": 1, \"steps\": 1, \"losses\": [], \"before\": \(scores), "
      + "\"after\": \(scores), \"differences\": [], \"examples\": [], \"conclusion\": \"\"}}"
    let reference = try HomeworkResults(JSON.parse(Array(document.utf8)), path: "r.json")
    func check(_ text: String) throws -> AnswerCheck {
      try AnswerCheck(text, path: "a", question: .fineTuning, reference: reference)
    }
    #expect(try check("{\"before\": {\"perplexity\": 34.129}}").difference == nil)
    #expect(
      try check("{\"before\": {\"perplexity\": 30.5}}").difference
        == "before.perplexity is 30.5; ours is 34.129.")
    #expect(throws: Fault.self) { try check("{\"loss\": 1}") }
  }

  private static var numbers: HomeworkResults {
    var results = reference
    results.certainty = Q1_2(
      prompt: "The fox", beam: beam(-0.5, -1.1, "up"), entropies: [0.25, 0.75],
      meanProbabilities: [0.5], meanEntropies: [2], prompts: 3, repeating: 0.4, fresh: 0.3,
      conclusion: "")
    return results
  }

  @Test(arguments: [
    ("{\"entropies\": [0.25, 75]}", "entropies[1] is 75.0; ours is 0.75. Yours is in per cent"),
    ("{\"prompts\": -3}", "The sign is wrong"),
    ("{\"meanEntropies\": [0.693147]}", "Yours is its logarithm"),
    ("{\"fresh\": \"much\"}", "fresh is a string; ours is the number 0.3"),
  ])
  func `HW-19 numbers beside the beams are compared by name`(more: String, words: String) throws {
    var answer = try #require(try Self.numbers.json["certainty"]?.object)
    for member in try JSON.parse(Array(more.utf8)).object?.members ?? [] {
      answer = JSON.Object(
        answer.members.map { ($0.key, $0.key == member.key ? member.value : $0.value) })
    }
    let text = JSON.object(.init([("certainty", .object(answer))])).text()
    let check = try AnswerCheck(
      text, path: "a.json", question: .certainty, reference: Self.numbers)
    #expect(check.difference?.contains(words) == true, "\(check)")
  }

  @Test
  func `HW-18 a file of a few numbers, of one too many, of the trace alone, after a mark`() throws {
    let text =
      "{\"certainty\": {\"beam\": {\"text\": \"The fox jumps up\"}, \"fresh\": 0.3, \"freshh\": 1}}"
    let check = try AnswerCheck(
      text, path: "a.json", question: .certainty, reference: Self.numbers)
    #expect(
      check.difference == nil && check.unknown == ["freshh"] && check.missing == 6, "\(check)")
    #expect(try self.check("\u{FEFF}0 -0.400 The fox jumps up\n").compared > 0)
    var results = Self.reference
    results.beamBlock = BeamBlockAnswer(
      prompt: "The fox", plain: Self.beam(-0.5, -1.1, "up"), blocked: Self.beam(-1, -1, "down"),
      trace: ["Preventing:  a b -> c"], tree: SearchTree(prompt: [], processors: [], steps: []),
      conclusion: "")
    for (line, isEqual) in [("Preventing:  a b -> c", true), ("Preventing:  a b -> d", false)] {
      let trace = try AnswerCheck(
        line, path: "a.txt", question: .beamBlock, reference: results)
      #expect((trace.difference == nil) == isEqual, "\(trace)")
    }
  }
}
