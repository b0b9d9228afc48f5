import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("fox report", .counted)
struct ReportTests {
  static let results = """
    {"provenance": {"model": "m", "parameters": 7, "sha256": "00", "date": "2026-01-31", "data": "d"},
     "beamBlock": {"prompt": "A", "plain": {"tokens": [], "text": "A", "score": -1, "scorePerToken": -1},
       "blocked": {"tokens": [], "text": "A", "score": -1, "scorePerToken": -1}, "trace": ["a -> b"],
       "tree": {"prompt": [], "processors": [], "steps": []}, "conclusion": "So it is."}}
    """

  @Test
  func `CLI-90 REP-5 earlier results become a page, and are kept`() throws {
    try Places.withTemporaryFolder { folder in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      try Data(Self.results.utf8).write(to: URL(fileURLWithPath: path("r.json")))
      let run = try FoxProcess.run([
        "report", path("out.html"), "--results", path("r.json"), "--json", path("kept.json"),
      ])
      #expect(run.status == 0 && run.output.isEmpty, "\(run.error)")
      let page = try String(contentsOfFile: path("out.html"), encoding: .utf8)
      #expect(page.contains("So it is.") && page.contains("1 of 8 questions"))
      let again = try FoxProcess.run([
        "report", path("again.html"), "--results", path("kept.json"), path("r.json"),
      ])
      #expect(again.status == 0, "\(again.error)")
      #expect(try String(contentsOfFile: path("again.html"), encoding: .utf8).contains("So it is."))
    }
  }

  @Test
  func `CLI-90 JSON goes to standard output or to a file, --save keeps the results`() throws {
    try Places.withTemporaryFolder { folder in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      try Data(Self.results.utf8).write(to: URL(fileURLWithPath: path("r.json")))
      let run = try FoxProcess.run([
        "report", path("out.html"), "--results", path("r.json"), "--save", path("kept.json"),
        "--json",
      ])
      #expect(run.status == 0, "\(run.error)")
      #expect(try JSON.parse(Array(run.output.utf8)) == JSON.read(path: path("kept.json")))
      let same = [
        "report", path("out.html"), "--results", path("r.json"), "--save", path("out.html"),
      ]
      #expect(try FoxProcess.run(same).status == 64)
    }
  }

  @Test
  func `CLI-90 REP-20 --book writes a page a question`() throws {
    try Places.withTemporaryFolder { folder in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      try Data(Self.results.utf8).write(to: URL(fileURLWithPath: path("r.json")))
      let run = try FoxProcess.run([
        "report", path("out.html"), "--results", path("r.json"), "--book",
      ])
      #expect(run.status == 0 && run.error.contains("9 pages"), "\(run.error)")
      let page = try String(contentsOfFile: path("out-q1-5.html"), encoding: .utf8)
      #expect(page.contains("So it is.") && page.contains("Homework-Q1_5.html"))
      #expect(
        try String(contentsOfFile: path("out.html"), encoding: .utf8).contains("out-q1-5.html"))
    }
  }

  /// Writes a report of a model to `out.html` and `kept.json` of a folder.
  private func computeReport(in folder: URL, model: String) throws -> FoxProcess {
    let path = { (name: String) in folder.appendingPathComponent(name).path }
    return try FoxProcess.run(
      ["report", path("out.html"), "--json", path("kept.json"), "--questions", "part1", "part2"],
      environment: ["FOX_DATA": "", "FOX_MODEL": model])
  }

  @Test
  func `CLI-90 REP-4 without results the questions are computed`() throws {
    try Places.withTemporaryFolder { folder in
      let run = try computeReport(in: folder, model: FoxProcess.model)
      #expect(run.status == 0, "\(run.error)")
      let page = try String(
        contentsOf: folder.appendingPathComponent("out.html"), encoding: .utf8)
      #expect(page.contains("6 of 8 questions") && page.contains("computed for this page"))
      #expect(page.utf8.count < 2_000_000)
      let kept = try JSON.read(path: folder.appendingPathComponent("kept.json").path)
      #expect(kept["beamSearch"] != nil && kept["beamBlock"] != nil)
      #expect(kept["fineTuning"] != nil && page.contains("So few pairs make an interval"))
      #expect(page.contains("Weights/fetch-minilm.sh") && page.contains(".ci/apertium"))
    }
  }

  @Test(.tier(.heavy), .tier(.t2), .tier(.apertium))
  func `CLI-90 REP-6 HW-21 all eight questions in one command`() throws {
    try Places.withTemporaryFolder { folder in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      let run = try FoxProcess.run(
        ["report", path("out.html"), "--json", path("kept.json")],
        environment: [
          "FOX_DATA": "", "FOX_MODEL": Places.weights.appendingPathComponent("tale-gpt2").path,
        ])
      #expect(run.status == 0, "\(run.error)")
      let page = try String(contentsOfFile: path("out.html"), encoding: .utf8)
      #expect(page.contains("All 8 questions") && !page.contains("class=\"unanswered\""))
      let kept = try JSON.read(path: path("kept.json"))
      #expect(kept["provenance"]?["model"] == "tale-gpt2")
      #expect(kept["classifierProvenance"]?["model"] == "minilm")
      let pivots = kept["augmentation"]?["pivots"]?.array?.compactMap { $0["name"]?.string }
      #expect(pivots == ["cat", "epo"])
    }
  }

  @Test
  func `CLI-90 REP-17 what is no results is refused, and no page is left`() throws {
    try Places.withTemporaryFolder { folder in
      let path = { (name: String) in folder.appendingPathComponent(name).path }
      let wrong = Self.results.replacingOccurrences(of: "\"trace\"", with: "\"trail\"")
      try Data(wrong.utf8).write(to: URL(fileURLWithPath: path("wrong.json")))
      for (file, words) in [("wrong.json", "beamBlock.trace"), ("absent.json", "absent.json")] {
        let run = try FoxProcess.run(["report", path("out.html"), "--results", path(file)])
        #expect(run.status == 1 && run.error.contains(words), "\(run.error)")
        #expect(!FileManager.default.fileExists(atPath: path("out.html")))
      }
      #expect(try FoxProcess.run(["report"]).status == 64)
      let both = [
        "report", path("out.html"), "--questions", "q1.1", "--results", path("wrong.json"),
      ]
      #expect(try FoxProcess.run(both).status == 64)
      #expect(try FoxProcess.run(["report", "o", "--questions", "q9"]).status == 64)
      #expect(try FoxProcess.run(["report", ""]).status == 64)
    }
  }
}
