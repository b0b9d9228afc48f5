import Foundation
import FoxFiles
import Synchronization
import TestSupport

@testable import FoxHub

/// A client for tests: it pauses by noting how long it would have.
struct TestClient {
  let client: HubClient
  /// The pauses, in seconds.
  let pauses: Pauses

  final class Pauses: Sendable {
    private let list = Mutex<[Int]>([])
    var seconds: [Int] { list.withLock { $0 } }
    func add(_ seconds: Int) { list.withLock { $0.append(seconds) } }
  }

  init(
    _ endpoint: String, _ environment: [String: String] = [:], patience: Int = 30
  ) throws {
    var settings = try HubSettings(
      environment: ["HF_HUB_CACHE": "/nowhere"].merging(environment) { $1 }, endpoint: endpoint)
    let pauses = Pauses()
    settings.retries.wait = { pauses.add($0) }
    settings.patience = patience
    client = HubClient(settings)
    self.pauses = pauses
  }
}

/// A folder and what is in it.
struct Folder {
  let path: String

  /// Runs `body` with a new empty folder.
  static func with<Result>(_ body: (Folder) throws -> Result) throws -> Result {
    try Places.withTemporaryFolder { try body(Folder(path: $0.path)) }
  }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func bytes(_ name: String) -> [UInt8]? {
    (try? Data(contentsOf: URL(fileURLWithPath: file(name)))).map { Array($0) }
  }

  func write(_ bytes: [UInt8], _ name: String) throws {
    let url = URL(fileURLWithPath: file(name))
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }
}

extension HubClient {
  /// Fetches one file of `org/model` as `fetchModel` does.
  func fetchFile(
    _ name: String, to folder: Folder, progress: (HubProgress) -> Void = { _ in }
  ) throws {
    let repository = try HubRepository("org/model")
    guard let file = try find(name, in: repository) else {
      throw HubError.missing(url: name)
    }
    _ = try download(file, in: repository, to: folder.file(name), progress: progress)
  }
}

/// The weights of a model as a test fetches them.
enum Weights {
  static let name = "model.safetensors"

  /// Fetches the weights from a server that changes its `turn`th answer of content.
  static func fetch(
    _ hub: TestHub, into folder: Folder, patience: Int = 30,
    change: @escaping @Sendable (_ turn: Int, inout Answer, SeenRequest) -> Void
  ) throws -> (requests: [SeenRequest], pauses: [Int]) {
    let turns = Turns()
    let handler: TestServer.Handler = { request in
      var answer = hub.answer(request)
      if request.path.contains("/store/") { change(turns.next(), &answer, request) }
      return answer
    }
    return try TestServer.serving(handler) { server in
      let test = try TestClient(server.endpoint, patience: patience)
      try test.client.fetchFile(name, to: folder)
      return (server.requests, test.pauses.seconds)
    }
  }

  /// Where the requests for content begin.
  static func ranges(_ requests: [SeenRequest]) -> [Int?] {
    requests.filter { $0.path.contains("/store/") }.map(\.rangeStart)
  }
}
