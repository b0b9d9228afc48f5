import Foundation
import TestSupport

/// Runs the program that was built beside the tests.
struct FoxProcess {
  let status: Int32
  let output: String
  let error: String

  /// The program.
  static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appendingPathComponent("fox").path

  /// The tests' own small model with its tokenizer, in a folder that lives as long as the run.
  static let model: String = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("brownfox-model-\(getpid())").path
    let parts = ["gpt2/models/plain", "tokenizers/tiny"].map { Places.golden($0) }
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for part in parts {
      for name in (try? FileManager.default.contentsOfDirectory(atPath: part)) ?? [] {
        try? FileManager.default.copyItem(atPath: "\(part)/\(name)", toPath: "\(folder)/\(name)")
      }
    }
    atexit { try? FileManager.default.removeItem(atPath: FoxProcess.model) }
    return folder
  }()

  /// Runs `fox` to its end.
  ///
  /// - Parameters:
  ///   - input: What it reads on standard input.
  ///   - environment: Variables to set; an empty value removes one.
  ///   - outputPath: Where standard output goes instead of into ``output``.
  static func run(
    _ arguments: [String], input: Data = Data(), environment: [String: String] = [:],
    outputPath: String? = nil, program: String = path
  ) throws -> FoxProcess {
    try Places.withTemporaryFolder { folder in
      let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
      try input.write(to: files[0])
      for file in files[1...] { try Data().write(to: file) }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment
        .merging(environment) { $1 }.filter { !$0.value.isEmpty }
      process.standardInput = try FileHandle(forReadingFrom: files[0])
      process.standardOutput = try FileHandle(
        forWritingTo: outputPath.map { URL(fileURLWithPath: $0) } ?? files[1])
      process.standardError = try FileHandle(forWritingTo: files[2])
      try process.run()
      process.waitUntilExit()
      func text(_ file: URL) throws -> String {
        String(decoding: try Data(contentsOf: file), as: UTF8.self)
      }
      return FoxProcess(
        status: process.terminationStatus, output: try text(files[1]), error: try text(files[2]))
    }
  }

  /// Runs a command of bash to its end.
  static func runShell(
    _ command: String, input: Data = Data(), environment: [String: String] = [:]
  ) throws -> FoxProcess {
    try run(["-c", command], input: input, environment: environment, program: "/bin/bash")
  }
}
