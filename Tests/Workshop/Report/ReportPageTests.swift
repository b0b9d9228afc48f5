import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxPages
@testable import FoxQuestions
@testable import FoxReport

@Suite("The report's page", .counted)
struct ReportPageTests {
  static func page(_ results: HomeworkResults) throws -> String {
    String(decoding: try ReportPage(results).html(), as: UTF8.self)
  }

  static func count(_ part: String, in page: String) -> Int {
    page.components(separatedBy: part).count - 1
  }

  @Test
  func `REP-1 needs nothing else and is small`() throws {
    let page = try Self.page(SampleResults.full)
    #expect(page.utf8.count < ReportPage.limit)
    #expect(page.hasPrefix("<!doctype html>\n<html lang=\"en\""))
    #expect(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline';"))
    // The only addresses are names of namespaces.
    let addresses = page.matches(of: /https?:\/\/[^'" >]*/).map { String($0.output) }
    #expect(addresses.allSatisfy { $0.hasPrefix("http://www.w3.org/") }, "\(addresses)")
    for loader in ["<link rel=\"stylesheet", "<script src", "@import", "url(", "<iframe"] {
      #expect(!page.contains(loader), "\(loader)")
    }
  }

  @Test
  func `REP-20 BOOK-6 a page a question beside the book, linked both ways`() throws {
    var results = SampleResults.full
    results.beamSearch?.attention = SampleResults.attention(tokens: 14, layers: 4, heads: 4)
    let report = try ReportPage(results).pages("report.html").map {
      ($0.name, String(decoding: $0.html, as: UTF8.self))
    }
    #expect(report.map(\.0).prefix(2) == ["report.html", "report-q1-1.html"])
    #expect(report.count == 9)
    let site = try Site(
      package: Places.package, run: TestRun(tests: [], date: nil), report: "report.html")
    let files = try site.files()
    #expect(DeadLinks.all(in: files + report.map { ($0.0, $0.1) }) == [])
    for (name, page) in report {
      #expect(page.utf8.count < Site.limit && page.contains("href=\"index.html\""), "\(name)")
      #expect(
        Self.count("<section class=\"question\"", in: page) == (name == "report.html" ? 0 : 1))
    }
    let question = try #require(report.first { $0.0 == "report-q1-5.html" })
    #expect(question.1.contains("href=\"Homework-Q1_5.html\""))
    let page = try #require(files.first { $0.name == "Homework-Q1_5.html" })
    #expect(page.text.contains("href=\"report-q1-5.html\""))
  }

  @Test
  func `REP-1 REP-17 a page that would be too large is refused`() throws {
    var results = SampleResults.partial
    results.certainty?.conclusion = String(repeating: "long ", count: 500_000)
    #expect(throws: Fault.self) { try ReportPage(results).html() }
  }

  @Test
  func `REP-1 REP-12 the largest attention of GPT-2 fits`() throws {
    var results = SampleResults.full
    results.beamSearch?.attention = SampleResults.attention(tokens: 60, layers: 12, heads: 12)
    let page = try Self.page(results)
    #expect(page.contains("The first 48 of 60 tokens are shown."))
  }

  @Test
  func `REP-2 hostile texts stay texts`() throws {
    let page = try Self.page(SampleResults.full)
    #expect(!page.contains("<script>alert"))
    #expect(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"))
    // The scripts of the page itself: its own, and the attention's data.
    #expect(Self.count("<script", in: page) == 2 && Self.count("</script", in: page) == 2)
    #expect(!page.contains("{{"), "a hole was left")
  }

  @Test
  func `REP-4 every question is there; without an answer, the command that computes it`() throws {
    let numbers = ["1.1", "1.2", "1.3", "1.4", "1.5", "2.1", "3.1", "3.2"]
    let (full, partial) = (
      try Self.page(SampleResults.full), try Self.page(SampleResults.partial)
    )
    for number in numbers {
      let id = "id=\"q" + number.replacing(".", with: "-") + "\""
      #expect(full.contains(id) && partial.contains(id), "\(number)")
      let isAnswered = ["1.2", "3.2"].contains(number)
      #expect(
        partial.contains("fox homework q\(number) --save results.json") == !isAnswered, "\(number)")
    }
    #expect(!full.contains("class=\"unanswered\""))
    #expect(Self.count("class=\"unanswered\"", in: partial) == 6)
    #expect(partial.contains("2 of 8 questions"))
    #expect(full.contains("Perplexity.") && full.contains("Mostly luck."))
    let empty = try Self.page(HomeworkResults(provenance: SampleResults.provenance))
    #expect(Self.count("class=\"unanswered\"", in: empty) == 8)
  }

  @Test
  func `REP-4 the code is that of this package, with the prompt of the results`() throws {
    var results = SampleResults.full
    results.beamSearch?.prompt = "say \"$HOME\"\n"
    let page = try Self.page(results)
    #expect(page.contains("&quot;say \\&quot;$HOME\\&quot;\\n&quot;"))
    #expect(page.contains("fox beam &#39;say &quot;$HOME&quot;\n&#39; --beams 5 --steps 10"))
  }

  @Test
  func `REP-7 REP-8 figures have a title, words and their numbers as a table; names are unique`()
    throws
  {
    let page = try Self.page(SampleResults.full)
    let pictures = Self.count("<svg ", in: page)
    let legends = Self.count("<p class=\"legend\"", in: page)
    #expect(pictures >= 14)
    #expect(Self.count("role=\"img\"", in: page) == pictures)
    #expect(Self.count("<title", in: page) == pictures + 1)
    // Legends have a title alone; trees have the list of steps, the others a table.
    #expect(Self.count("<desc id", in: page) == pictures - legends)
    #expect(Self.count("<details class=\"data\">", in: page) == Self.count("<figure", in: page) - 2)
    let ids = page.matches(of: #/\sid="([^"]*)"/#).map { String($0.output.1) }
    #expect(
      ids.count == Set(ids).count,
      "\(Dictionary(grouping: ids) { $0 }.filter { $1.count > 1 }.keys)")
    let references = page.matches(of: /aria-labelledby="([^"]*)"/).flatMap {
      $0.output.1.split(separator: " ").map(String.init)
    }
    #expect(Set(references).isSubset(of: Set(ids)))
  }

  @Test
  func `REP-4 without an answer, the commands that get what it needs`() throws {
    let empty = try Self.page(HomeworkResults(provenance: SampleResults.provenance))
    #expect(Self.count("Weights/fetch-minilm.sh", in: empty) == 2)
    #expect(Self.count(".ci/apertium", in: empty) == 1)
    #expect(!(try Self.page(SampleResults.full)).contains(".ci/apertium"))
  }

  @Test
  func `REP-19 axes have names: of labels, and of tokens`() throws {
    var results = SampleResults.full
    results.classification?.labels = ["0", "1"]
    let page = try Self.page(results)
    #expect(page.contains("predicted label →") && page.contains("true label ↓"))
    #expect(page.contains(">0, negative</th>") && page.contains(">1, positive</th>"))
    #expect(try Self.page(SampleResults.full).contains(">negative</th>"))
    let tokens = SampleResults.beam(0).tokens.filter { $0.logProbability != nil }
    // Probability and entropy: each token under the axis, at the pointer and in the table.
    let name = ShownTokens.visible(tokens[1].text)
    #expect(Self.count("rotate(-60)\">the</text>", in: page) == 2, "\(name)")
    #expect(page.contains("step 2 “ the”: "))
  }

  @Test
  func `REP-6 the model of part 3 has a row and facts of its own`() throws {
    var results = SampleResults.full
    var encoder = SampleResults.provenance
    (encoder.model, encoder.data, encoder.sha256) = ("minilm", "tinySST", "abc")
    results.classifierProvenance = encoder
    let page = try Self.page(results)
    for part in ["<bdi>minilm</bdi>", "<bdi>tinySST</bdi>", "<bdi>abc</bdi>", "Model of part 3"] {
      #expect(page.contains(part), "\(part)")
    }
    #expect(page.contains("<bdi>q1.1, q1.2, q1.3, q1.4, q1.5, q2.1</bdi>"))
    #expect(page.contains("<bdi>q3.1, q3.2</bdi>"))
    // Merged from two files it is kept.
    var loaded = LoadedResults(SampleResults.full, name: "a")
    loaded.add(results, name: "b")
    #expect(loaded.results.classifierProvenance == encoder)
    #expect(loaded.sources.last?.classifier == encoder)
  }

  @Test
  func `REP-6 where every number is from`() throws {
    var loaded = LoadedResults(SampleResults.full, name: "first.json")
    loaded.add(SampleResults.partial, name: "later.json")
    let page = String(
      decoding: try ReportPage(loaded.results, sources: loaded.sources).html(), as: UTF8.self)
    for part in [
      "tale-&lt;gpt2&gt;", "5,600,000", SampleResults.provenance.sha256, "2026-01-31",
      "the sentences of the package", "later.json", "q1.2, q3.2", "fox report report.html",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test
  func `REP-4 FIG-5 results that hold nothing, or numbers that are none`() throws {
    var results = SampleResults.full
    results.beamSearch?.beams = []
    results.beamSearch?.tree.steps = []
    results.beamSearch?.attention = AttentionMaps(tokens: [], layers: 0, heads: 0, weights: [])
    results.certainty?.entropies = [.nan, .infinity]
    results.certainty?.meanEntropies = []
    results.beamSizes?.sizes = []
    results.fineTuning?.losses = []
    results.fineTuning?.differences = []
    results.classification?.runs = []
    results.augmentation?.pivots = []
    results.augmentation?.comparisons = []
    let page = try Self.page(results)
    for number in ["\"nan", " nan", ",nan", "inf,", "-inf"] {
      #expect(!page.contains(number), "\(number)")
    }
    #expect(page.contains("</html>"))
  }
}
