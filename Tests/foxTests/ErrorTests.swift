import Foundation
import FoxDecoding
import FoxGLUE
import FoxHub
import FoxModels
import FoxTrainer
import FoxTries
import TestSupport
import Testing

@Suite("Errors in words", .counted)
struct ErrorTests {
  /// An error that a room throws by itself.
  private func thrown(_ work: () throws -> Void) throws -> any Error {
    do { try work() } catch { return error }
    throw Fault("the test", found: "no error", expected: "one")
  }

  @Test
  func `LIB-5 an error's localized description is the sentence of the command line`() throws {
    let errors: [any Error] = [
      Fault("model/config.json", at: "n_head", found: "5", expected: "a divisor of 64"),
      HubError.missing(url: "https://host/gpt2"),
      Fault("model", found: "no tokenizer", expected: "one"),
      try thrown { _ = try GPT2Tokenizer(folder: "/nowhere") },
      try thrown { _ = try GPT2Model.load(folder: "/nowhere") },
    ]
    for error in errors {
      #expect(error is any LocalizedError)
      #expect(error.localizedDescription == "\(error)")
      #expect(!"\(error)".contains("(") || !"\(error)".hasPrefix("\(type(of: error))("))
    }
    #expect(errors[1].localizedDescription.hasPrefix("https://host/gpt2: there is no such"))
  }

  @Test
  func `LIB-5 every public error is localized`() throws {
    var count = 0
    let root = Places.package.appendingPathComponent("Sources")
    var texts: [String: String] = [:]
    for path in try FileManager.default.subpathsOfDirectory(
      atPath: root.resolvingSymlinksInPath().path) where path.hasSuffix(".swift")
    {
      let module = path.split(separator: "/").dropLast().joined(separator: "/")
      texts[module, default: ""] += try String(
        contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
    for (module, text) in texts {
      for match in text.matches(
        of: /(?:public|package) (?:struct|enum) (\w+): (?:Localized)?Error\b/)
      {
        count += 1
        let name = match.output.1
        let isLocalized = text.contains(
          try Regex("(struct|enum|extension) \(name): [^{]*\\bLocalizedError\\b"))
        #expect(isLocalized, "\(name) of \(module)")
      }
    }
    #expect(count >= 5, "only \(count) errors were seen")
  }
}
