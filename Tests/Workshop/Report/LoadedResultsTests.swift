import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxQuestions
@testable import FoxReport

@Suite("Results of earlier runs", .counted)
struct LoadedResultsTests {
  private func write(_ results: HomeworkResults, _ name: String, _ folder: URL) throws -> String {
    let path = folder.appendingPathComponent(name).path
    try results.write(to: path)
    return path
  }

  @Test
  func `REP-5 REP-6 what is kept is read again; the last answer counts`() throws {
    try Places.withTemporaryFolder { folder in
      var second = SampleResults.partial
      second.certainty?.conclusion = "later"
      second.provenance.model = "other"
      let paths = [
        try write(SampleResults.full, "a.json", folder), try write(second, "b.json", folder),
      ]
      #expect(try LoadedResults(paths: [paths[0]]).results == SampleResults.full)
      let loaded = try LoadedResults(paths: paths)
      #expect(loaded.results.certainty?.conclusion == "later")
      #expect(loaded.results.beamSearch == SampleResults.full.beamSearch)
      #expect(loaded.sources.map(\.name) == ["a.json", "b.json"])
      #expect(loaded.sources[1].questions == ["q1.2", "q3.2"])
      #expect(loaded.sources[0].questions == ["q1.1", "q1.3", "q1.4", "q1.5", "q2.1", "q3.1"])
    }
  }

  @Test
  func `REP-17 without files there is no report`() {
    let error = #expect(throws: Fault.self) { try LoadedResults(paths: []) }
    #expect(error?.found == "no results")
  }

  @Test
  func `REP-5 numbers that are not finite outlive the file`() throws {
    try Places.withTemporaryFolder { folder in
      var results = SampleResults.partial
      results.certainty?.entropies = [.infinity, -.infinity, 1]
      let path = try write(results, "a.json", folder)
      #expect(try LoadedResults(paths: [path]).results == results)
    }
  }
}
