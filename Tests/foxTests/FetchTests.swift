import Foundation
import FoxFiles
import TestSupport
import Testing

@Suite("fox fetch", .counted, .serialized)
struct FetchTests {
  /// Runs `fox fetch org/model` with no settings of the machine's.
  private func fetch(
    _ server: TestServer, _ folder: URL, _ arguments: [String] = []
  ) throws -> FoxProcess {
    try FoxProcess.run(
      ["fetch", "org/model", "--endpoint", server.endpoint, "--out", folder.path] + arguments,
      environment: Self.environment)
  }

  private static let environment = [
    "HF_TOKEN": "", "HF_ENDPOINT": "", "HF_HUB_OFFLINE": "", "HF_HUB_CACHE": "/nowhere",
    "no_proxy": "127.0.0.1",
  ]

  private func bytes(_ name: String, _ folder: URL) -> [UInt8]? {
    (try? Data(contentsOf: folder.appendingPathComponent(name))).map { Array($0) }
  }

  @Test
  func `CLI-20 CLI-5 prints what it brought`() throws {
    let hub = TestHub.model()
    try Places.withTemporaryFolder { folder in
      try TestServer.serving({ hub.answer($0) }) { server in
        let run = try fetch(server, folder, ["--json", "--revision", "v1"])
        #expect(run.status == 0 && run.error.isEmpty, "\(run.error)")
        let document = try JSON.parse(Array(run.output.utf8))
        #expect(
          document.object?.members.map(\.key) == [
            "repository", "revision", "commit", "folder", "files",
          ])
        #expect(document["repository"]?.string == "org/model")
        #expect(document["revision"]?.string == "v1" && document["commit"]?.string == "c0ffee")
        #expect(server.requests.first?.path == "/org/model/resolve/v1/config.json")
        let files = try #require(document["files"]?.array)
        #expect(
          files.map { $0["name"]?.string } == [
            "vocab.json", "merges.txt", "model.safetensors", "config.json",
          ])
        #expect(files.allSatisfy { $0["source"]?.string == "network" })
        #expect(files[2]["bytes"]?.integer == 300_000 && files[0]["sha256"] == .null)
        let hash = SHA256.hash(of: hub.files["model.safetensors"] ?? []).hexadecimal
        #expect(files[2]["sha256"]?.string == hash)
        let again = try fetch(server, folder)
        #expect(again.status == 0)
        #expect(again.output.split(separator: "\n").count == 4)
        #expect(again.output.contains("model.safetensors  300000 bytes  was here"))
      }
    }
  }

  @Test
  func `FILE-11 CLI-20 a file that is fetched anew keeps its permissions`() throws {
    let hub = TestHub.model()
    try Places.withTemporaryFolder { folder in
      try TestServer.serving({ hub.answer($0) }) { server in
        #expect(try fetch(server, folder).status == 0)
        let path = folder.appendingPathComponent("model.safetensors").path
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: path))
        #expect(chmod(path, 0o600) == 0)
        let run = try fetch(server, folder)
        #expect(run.output.contains("model.safetensors  300000 bytes  downloaded"), "\(run.error)")
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
      }
    }
  }

  @Test
  func `CLI-2 CLI-20 failures`() throws {
    try Places.withTemporaryFolder { folder in
      try TestServer.serving({ _ in Answer(401) }) { server in
        let run = try fetch(server, folder)
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(run.error.hasPrefix("fox: http://") && run.error.contains("set HF_TOKEN"))
      }
      for (arguments, words) in [
        (["fetch", "a/b/c"], "\"a/b/c\" names no repository"),
        (["fetch", "a", "--revision", "../b"], "revision \"../b\" is not"),
        (["fetch", "a", "--endpoint", "hub"], "endpoint \"hub\" is not an address"),
      ] {
        let run = try FoxProcess.run(
          arguments + ["--out", folder.path], environment: Self.environment)
        #expect(run.status == 1 && run.error.hasPrefix("fox: \(words)"), "\(run.error)")
      }
    }
  }

  /// What stops a download.
  @Test(arguments: [SIGKILL, SIGINT])
  func `CLI-21 stopped in the middle, it goes on`(signal: Int32) throws {
    let hub = TestHub.model()
    let turns = Turns()
    let handler: TestServer.Handler = { request in
      var answer = hub.answer(request)
      // The first time, the weights stop coming; the process waits in the middle of the file.
      if request.path.contains("/store/"), turns.next() == 0 { answer.silence = 200_000 }
      return answer
    }
    try Places.withTemporaryFolder { folder in
      try TestServer.serving(handler) { server in
        let process = Process()
        process.executableURL = URL(fileURLWithPath: FoxProcess.path)
        process.arguments = [
          "fetch", "org/model", "--endpoint", server.endpoint, "--out", folder.path,
        ]
        process.environment = ProcessInfo.processInfo.environment
          .merging(Self.environment) { $1 }.filter { !$0.value.isEmpty }
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let partial = folder.appendingPathComponent("model.safetensors.incomplete").path
        try Waiting.until("200,000 bytes", of: process) { size(of: partial) >= 200_000 }
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        #expect(process.terminationStatus == signal)
        #expect(bytes("model.safetensors.incomplete", folder)?.count == 200_000)
        for name in ["model.safetensors", "config.json"] { #expect(bytes(name, folder) == nil) }

        let run = try fetch(server, folder)
        #expect(run.status == 0, "\(run.error)")
        for name in ["config.json", "vocab.json", "merges.txt", "model.safetensors"] {
          #expect(bytes(name, folder) == hub.files[name], "\(name)")
        }
        let starts = server.requests.filter { $0.path.contains("/store/") }.map(\.rangeStart)
        #expect(starts == [nil, 200_000])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.count == 4, "\(names)")
      }
    }
  }

  @Test(.enabled(if: KillPoint.library != nil, "needs a C compiler"))
  func `CLI-21 CLI-18 killed at any call, it goes on`() throws {
    let hub = TestHub.model()
    try TestServer.serving({ hub.answer($0) }) { server in
      func arguments(_ folder: URL) -> [String] {
        ["fetch", "org/model", "--endpoint", server.endpoint, "--out", folder.path]
      }
      let calls = try Places.withTemporaryFolder {
        try KillPoint.count(arguments($0), environment: Self.environment)
      }
      var random = Seeded(21)
      let count = Tier.heavy.isAvailable ? 60 : 5
      for _ in 0..<count {
        try Places.withTemporaryFolder { folder in
          // How many pieces the weights come in differs from run to run.
          let call = Int.random(in: 1...calls * 9 / 10, using: &random)
          let end = try KillPoint.run(
            arguments(folder), at: call, environment: Self.environment)
          #expect(end.isKilled || end.status == 0, "\(end.error)")
          for (name, whole) in hub.files {
            let found = bytes(name, folder)
            #expect(found == nil || found == whole, "\(name) after call \(call)")
          }
          let run = try fetch(server, folder)
          #expect(run.status == 0, "\(run.error)")
          let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
          #expect(
            names.sorted() == ["config.json", "merges.txt", "model.safetensors", "vocab.json"])
          for name in names { #expect(bytes(name, folder) == hub.files[name], "\(name)") }
        }
      }
    }
  }

  private func size(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
