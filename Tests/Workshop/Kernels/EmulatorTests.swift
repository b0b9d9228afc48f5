import Foundation
import TestSupport
import Testing

/// The kernels as other processors run them: a program in C that compares each with a plain loop
/// (`Tests/Emulated/kernels.c`), compiled for that processor and emulated.
@Suite("Kernels on other processors", .counted)
struct EmulatorTests {
  private static let sources = [
    "rows", "backward", "convert", "optimizer", "random", "skinny", "slots", "int8",
  ].map { Places.package.appendingPathComponent("Sources/Workshop/CFoxKernels/\($0).c").path }
  private static let headers = Places.package
    .appendingPathComponent("Sources/Workshop/CFoxKernels/include").path
  private static let driver = Places.package
    .appendingPathComponent("Tests/Emulated/kernels.c").path

  /// What a program prints, and how it ended.
  private func run(_ command: [String]) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }

  private func check(compiler: String, emulators: [[String]], features: [Int]) throws {
    try Places.withTemporaryFolder { folder in
      let program = folder.appendingPathComponent("kernels").path
      let compiled = try run(
        [compiler, "-O2", "-std=gnu11", "-static", "-I", Self.headers, "-o", program, Self.driver]
          + Self.sources + ["-lm"])
      try #require(compiled.status == 0)
      for (emulator, features) in zip(emulators, features) {
        let result = try run(emulator + [program])
        #expect(result.status == 0, "\(emulator): \(result.output)")
        #expect(
          result.output.hasSuffix("features \(features), failures 0\n"),
          "\(emulator): \(result.output)")
      }
    }
  }

  @Test(.tier(.heavy), .tier(.emulator))
  func `BLAS-4 the kernels of aarch64`() throws {
    try check(compiler: "aarch64-linux-gnu-gcc", emulators: [["qemu-aarch64"]], features: [0])
  }

  #if arch(x86_64)
    @Test(.tier(.heavy), .tier(.emulator))
    func `BLAS-4 the kernels of a baseline and of an AVX2 processor`() throws {
      // As the package's own compiler makes them, several instruction sets in one program.
      try check(
        compiler: clang, emulators: ["Nehalem", "Haswell"].map { ["qemu-x86_64", "-cpu", $0] },
        features: [1, 7])
    }

    /// The compiler of the toolchain that built the tests, else the system's.
    private var clang: String {
      let program = (try? run(["sh", "-c", "readlink -f $(command -v swiftc)"]).output) ?? ""
      let beside = URL(fileURLWithPath: program.trimmingCharacters(in: .whitespacesAndNewlines))
        .deletingLastPathComponent().appendingPathComponent("clang").path
      return FileManager.default.isExecutableFile(atPath: beside) ? beside : "cc"
    }
  #endif
}
