import Foundation
import TestSupport
import Testing

@Suite("Mutated files", .counted)
struct FuzzTests {
  @Test(arguments: [
    "configurations", "vocabularies", "tokenizers", "tables", "results", "translations", "training",
    "runs",
  ])
  func `FORM-6 a mutated file is refused with a typed error or read`(target: String) throws {
    let program = URL(fileURLWithPath: FoxProcess.path).deletingLastPathComponent()
      .appendingPathComponent("foxfuzz").path
    try Places.withTemporaryFolder { folder in
      let inputs = target == "runs" || target == "tokenizers" ? "60x" : "300x"
      let run = try FoxProcess.runShell(
        "cd \(folder.path) && \(program) \(Places.golden.path) \(inputs) 7 \(target)")
      #expect(run.status == 0, "\(run.output)\(run.error)")
      #expect(run.output.contains("\(target): \(inputs.dropLast()) inputs, "), "\(run.output)")
      #expect(run.output.contains(" 0 without a typed error"))
    }
  }
}
