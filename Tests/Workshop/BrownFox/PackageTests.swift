import Foundation
import TestSupport
import Testing

@Suite("The package from outside", .counted, .serialized, .tier(.heavy))
struct PackageTests {
  /// Runs a script of `.ci` and says what it printed if it fails.
  private func run(_ script: String) throws {
    let process = Process()
    process.executableURL = Places.package.appendingPathComponent(".ci/\(script)")
    let output = Pipe()
    (process.standardOutput, process.standardError) = (output, output)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text.suffix(4000))")
  }

  @Test
  func `LIB-6 by version, beside modules named Hub, Tokenizers and Metrics`() throws {
    try run("consumer")
  }

  @Test
  func `LIB-7 the programs of Examples build, run and show what they should`() throws {
    try run("examples")
  }
}
