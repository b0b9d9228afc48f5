import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxQuestions

@Suite("What the homework prints, beside ours", .counted)
struct VerificationTests {
  @Test
  func `HW-11 without weights: what needs none is equal, the rest says what it needs`() throws {
    let verification = try Verification(VerificationParts())
    #expect(verification.holds)
    for row in verification.rows {
      switch row.verdict {
      case .equal: #expect(row.printed == row.ours, "\(row.what)")
      case .needs(let remedy):
        #expect(row.ours == nil)
        #expect(remedy.contains("fox fetch") && remedy.contains(row.needed), "\(remedy)")
      default: Issue.record("\(row.question), \(row.what): \(row.verdict)")
      }
    }
    func printed(_ what: String) -> [String] {
      verification.rows.filter { $0.what == what && $0.verdict == .equal }.map(\.printed)
    }
    #expect(printed("total_flos") == ["124593GF", "3675GF", "55134GF"])
    #expect(printed("steps") == ["128", "3", "30"])
    #expect(printed("train metrics").count == 3 && printed("listing").count == 15)
    #expect(verification.rows.count { $0.verdict == .equal } == 36)
    let questions = verification.rows.map { $0.question.prefix(4) }
    #expect(questions == questions.sorted())
  }

  @Test
  func `HW-17 a row says whether it is computed, consistent with the print, or needs something`()
    throws
  {
    let verification = try Verification(VerificationParts())
    let computed = verification.rows(.computed).map(\.what)
    #expect(
      Set(computed) == ["total_flos", "steps", "batches of 8 of an evaluation", "last line"])
    #expect(computed.count == 8 && verification.rows(.consistent).count == 28)
    for row in verification.rows(.consistent) { #expect(row.verdict == .equal, "\(row.what)") }
    for row in verification.rows {
      let needs = if case .needs = row.verdict { true } else { false }
      #expect(needs == (row.kind == .needs), "\(row.what)")
    }
  }

  @Test
  func `HW-11 verdicts`() {
    var verification = Verification()
    verification.add("q", "n", printed: 0.086, ours: 0.0861, places: 3, tolerance: 0.001)
    verification.add("q", "n", printed: 0.086, ours: 0.0866, places: 3, tolerance: 0.001)
    verification.add("q", "t", printed: "a", ours: "a")
    let row = PrintedSearch.Row(beam: 1, score: -1.106, text: "a b", isCut: false)
    verification.add("q", row, ours: (-1.1062, "a b"), tolerance: 6e-4)
    verification.add("q", row, ours: (-1.1066, "a b"), tolerance: 6e-4)
    let cut = PrintedSearch.Row(beam: 0, score: nil, text: "a b", isCut: true)
    verification.add("q", cut, ours: (-3, "a b c"), tolerance: 0)
    #expect(
      verification.rows.map(\.verdict) == [
        .equal, .within(0.001), .equal, .equal, .within(6e-4), .equal,
      ])
    #expect(verification.holds)
    verification.add("q", row, ours: (-1.107, "a b"), tolerance: 6e-4)
    verification.add("q", row, ours: (-1.106, "a c"), tolerance: 6e-4)
    verification.add("q", "n", printed: 1, ours: 2, places: 4, tolerance: 0.5)
    #expect(verification.rows.count { $0.verdict == .differs } == 3 && !verification.holds)
    #expect(Verification.Verdict.within(1e-4).description == "within 0.0001")
    #expect(Verification.Verdict.needs("x: y").description == "needs x: y")
  }

  @Test(.tier(.t1))
  func `HW-11 with a model: every search is compared`() throws {
    var parts = VerificationParts()
    parts.gpt2 = Places.weights.appendingPathComponent("tale-gpt2").path
    let verification = try Verification(parts)
    let searches = verification.rows.filter { $0.question.hasPrefix("q1") }
    #expect(searches.count == 16 && searches.allSatisfy { $0.ours != nil })
    #expect(!verification.holds, "a children's model says something else")
  }

  @Test(.tier(.t4))
  func `HW-11 on OpenAI's weights nothing differs`() throws {
    var parts = VerificationParts()
    parts.gpt2 = Places.weights.appendingPathComponent("gpt2").path
    #expect(try Verification(parts).holds)
  }
}

extension Verification.Row {
  /// What is named among what the row needs.
  fileprivate var needed: String { question.hasPrefix("q3") ? "bert-base-cased" : "gpt2" }
}

@Suite("The printed numbers are the goldens'", .counted)
struct PrintedNumbersTests {
  @Test
  func `HW-14 part 1`() throws {
    let cases = try Golden.cases("homework/part1.json")
    #expect(cases.count == PrintedSearch.all.count)
    for (golden, ours) in zip(cases, PrintedSearch.all) {
      #expect(golden["id"]?.string == ours.id && golden["prompt"]?.string == ours.prompt)
      #expect(golden["beams"]?.integer == ours.beams && golden["steps"]?.integer == ours.steps)
      let processor = golden["processors"]?.array?.first?["name"]?.string
      #expect(processor == ours.processor?.rawValue, "\(ours.id)")
      #expect(golden["tolerance"]?.double ?? 0 == ours.tolerance, "\(ours.id)")
      #expect(golden["trace"]?.array?.compactMap(\.string) ?? [] == ours.trace)
      let rows = (golden["rows"]?.array ?? []).filter { $0["match"]?.string != "none" }
      #expect(rows.count == ours.rows.count)
      for (golden, ours) in zip(rows, ours.rows) {
        #expect(golden["beam"]?.integer == ours.beam && golden["text"]?.string == ours.text)
        #expect(golden["score"]?.double == ours.score)
        #expect((golden["match"]?.string == "prefix") == ours.isCut)
      }
    }
  }

  @Test
  func `HW-14 parts 2 and 3`() throws {
    let (two, three) = (
      try Golden.json("homework/part2.json"), try Golden.json("homework/part3.json")
    )
    func pair(_ key: String) -> [Double?] {
      [two[key]?["before"]?.double, two[key]?["after"]?.double]
    }
    typealias Printed = PrintedNumbers
    #expect(pair("perplexity") == [Printed.perplexities.before, Printed.perplexities.after])
    #expect(pair("rouge_3") == [Printed.rouges.before, Printed.rouges.after])
    let reports = (two["reports"]?.array ?? []) + (three["reports"]?.array ?? [])
    #expect(reports.count == Printed.reports.count)
    for (golden, ours) in zip(reports, Printed.reports) { check(golden, ours) }
    for (key, accuracies) in [
      ("baseline", Printed.baselineAccuracies), ("augmented", Printed.augmentedAccuracies),
    ] {
      #expect(three[key]?["accuracies"]?.array?.compactMap(\.double) == accuracies)
    }
    #expect(try three.required("seeds").integers() == ClassifierPlan().seeds)
    #expect(
      try three.required("augmented").required("correct").integers() == Printed.augmentedCorrect)
    #expect(three["evaluation"]?["samples"]?.integer == Printed.evaluationSentences)
    #expect(three["evaluation"]?["batches"]?.integer == Printed.evaluationBatches)
    #expect(three["last_line"]?.string == Printed.lastLine)
    let listing = (three["listing"]?.array ?? []).map { row in
      [row["guid"]?.string ?? "", row["text"]?.string ?? ""].joined(separator: " ")
    }
    let collapsed = Printed.listing.map { line in
      line.split(separator: " ").joined(separator: " ")
    }
    #expect(listing == collapsed)
    #expect(
      try Golden.json("homework/back-translation.json").required("listing").array?
        .compactMap(\.string) == collapsed)
  }

  private func check(_ golden: JSON, _ ours: PrintedNumbers.TrainReport) {
    #expect(golden["question"]?.string == ours.question)
    #expect(golden["epoch"]?.double == ours.epochs)
    #expect(golden["total_flos"]?.string == ours.operations)
    #expect(golden["train_loss"]?.double == ours.loss)
    #expect(golden["train_runtime"]?.string == ours.runtime)
    #expect(golden["train_samples"]?.integer == ours.samples)
    #expect(golden["train_samples_per_second"]?.double == ours.samplesPerSecond)
    #expect(golden["train_steps_per_second"]?.double == ours.stepsPerSecond)
    #expect(golden["steps"]?.integer == ours.steps)
  }
}
