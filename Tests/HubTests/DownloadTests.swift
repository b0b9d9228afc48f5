import Bytes
import Foundation
import TestSupport
import Testing

@testable import Hub

/// One server that behaves badly per test. `.serialized`: two at once would only share the cores.
@Suite("Downloads", .serialized)
struct DownloadTests {
  private static let weights = "model.safetensors"
  private let hub = TestHub.model()
  private var bytes: [UInt8] { hub.files[Self.weights] ?? [] }

  /// Fetches the weights from a server that changes its `turn`th answer of content.
  private func fetch(
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
      try test.client.fetchFile(Self.weights, to: folder)
      return (server.requests, test.pauses.seconds)
    }
  }

  private func ranges(_ requests: [SeenRequest]) -> [Int?] {
    requests.filter { $0.path.contains("/store/") }.map(\.rangeStart)
  }

  @Test("a file arrives, with its progress", .spec("HUB-3", "HUB-4", "HUB-5"))
  func arrives() throws {
    try Folder.with { folder in
      try TestServer.serving({ hub.answer($0) }) { server in
        var seen: [HubProgress] = []
        try TestClient(server.endpoint).client.fetchFile(Self.weights, to: folder) {
          seen.append($0)
        }
        #expect(folder.bytes(Self.weights) == bytes)
        #expect(folder.names == [Self.weights])
        #expect(seen.first?.bytes == 0 && seen.last?.bytes == bytes.count)
        #expect(seen.allSatisfy { $0.total == bytes.count && $0.file == Self.weights })
        let requests = server.requests
        #expect(requests.map(\.method) == ["HEAD", "GET", "GET"])
        #expect(requests[0].path == "/org/model/resolve/main/model.safetensors")
        #expect(requests.allSatisfy { $0.fields["accept-encoding"] == "identity" })
        #expect(requests.allSatisfy { $0.fields["authorization"] == nil })
      }
    }
  }

  @Test("a slow server", .spec("HUB-5"))
  func slow() throws {
    try Folder.with { folder in
      let run = try fetch(hub, into: folder) { _, answer, _ in
        answer.pieces = (bytes: 30_000, microseconds: 20_000)
      }
      #expect(folder.bytes(Self.weights) == bytes && run.pauses.isEmpty)
    }
  }

  @Test("a connection that breaks is gone on with", .spec("HUB-5", "HUB-8"))
  func dropping() throws {
    try Folder.with { folder in
      let run = try fetch(hub, into: folder) { turn, answer, _ in
        if turn < 3 { answer.cut = 100_000 }
      }
      #expect(folder.bytes(Self.weights) == bytes)
      #expect(folder.names == [Self.weights])
      #expect(run.pauses == [1, 2])
      #expect(ranges(run.requests) == [nil, 100_000, 200_000])
    }
  }

  @Test("attempts are counted, and what came is kept", .spec("HUB-5", "HUB-8"))
  func droppingForever() throws {
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try fetch(hub, into: folder) { turn, answer, _ in answer.cut = turn == 0 ? 1000 : 0 }
      }
      #expect(folder.names == ["\(Self.weights).incomplete", "\(Self.weights).incomplete.json"])
      #expect(folder.bytes("\(Self.weights).incomplete") == Array(bytes.prefix(1000)))
      // The next run goes on there.
      let run = try fetch(hub, into: folder) { _, _, _ in }
      #expect(ranges(run.requests) == [1000])
      #expect(folder.bytes(Self.weights) == bytes && folder.names == [Self.weights])
    }
  }

  @Test("a server that falls silent", .spec("HUB-8"))
  func silent() throws {
    try Folder.with { folder in
      let run = try fetch(hub, into: folder, patience: 1) { turn, answer, _ in
        if turn == 0 { answer.silence = 50_000 }
      }
      // A machine under load may be silent once more.
      #expect(folder.bytes(Self.weights) == bytes && run.pauses.first == 1)
      #expect(ranges(run.requests).contains(50_000))
    }
  }

  @Test("5xx and 429 pass, and are not asked for ever", .spec("HUB-8"), arguments: [503, 500, 429])
  func busyServer(status: Int) throws {
    try Folder.with { folder in
      let run = try fetch(hub, into: folder) { turn, answer, _ in
        if turn < 4 { answer = Answer(status, body: Array("later".utf8)) }
      }
      #expect(folder.bytes(Self.weights) == bytes && run.pauses == [1, 2, 4, 8])
      #expect(throws: HubError.self) {
        try Folder.with { folder in
          _ = try fetch(hub, into: folder) { _, answer, _ in answer = Answer(status) }
        }
      }
    }
  }

  @Test("Content-Length that lies", .spec("HUB-7"), arguments: [-1000, 1000])
  func lyingLength(lie: Int) throws {
    let count = bytes.count
    try Folder.with { folder in
      let error = HubError.wrongSize(
        file: Self.weights, expected: count, found: count + lie)
      #expect(throws: error) {
        try fetch(hub, into: folder) { _, answer, _ in answer.length = count + lie }
      }
      #expect(folder.names.isEmpty)
    }
  }

  @Test("a body without a length: longer, shorter, right", .spec("HUB-7", "HUB-8"))
  func unknownLength() throws {
    try Folder.with { folder in
      _ = try fetch(hub, into: folder) { _, answer, _ in answer.hasLength = false }
      #expect(folder.bytes(Self.weights) == bytes)
    }
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try fetch(hub, into: folder) { _, answer, _ in
          answer.hasLength = false
          answer.body += [0]
        }
      }
      #expect(folder.names.isEmpty)
    }
    try Folder.with { folder in
      let run = try fetch(hub, into: folder) { turn, answer, _ in
        answer.hasLength = false
        if turn == 0 { answer.cut = 1 }
      }
      #expect(folder.bytes(Self.weights) == bytes && run.pauses == [1])
    }
  }

  @Test("a wrong SHA-256", .spec("HUB-7"))
  func wrongHash() throws {
    try Folder.with { folder in
      let error = #expect(throws: HubError.self) {
        try fetch(hub, into: folder) { _, answer, _ in answer.body[7] ^= 1 }
      }
      guard case .wrongHash(Self.weights, _, _)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(folder.names.isEmpty)
    }
  }

  @Test("bytes kept earlier that are wrong are fetched again, once", .spec("HUB-7"))
  func damagedPart() throws {
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try fetch(hub, into: folder) { turn, answer, _ in answer.cut = turn == 0 ? 1000 : 0 }
      }
      var part = try #require(folder.bytes("\(Self.weights).incomplete"))
      part[500] ^= 1
      try folder.write(part, "\(Self.weights).incomplete")
      let run = try fetch(hub, into: folder) { _, _, _ in }
      #expect(folder.bytes(Self.weights) == bytes && folder.names == [Self.weights])
      #expect(ranges(run.requests) == [1000, nil])
    }
  }

  @Test("a server that ignores ranges", .spec("HUB-5"))
  func noRanges() throws {
    var hub = hub
    hub.hasRanges = false
    try Folder.with { folder in
      let run = try fetch(hub, into: folder) { turn, answer, _ in
        if turn == 0 { answer.cut = 1000 }
      }
      #expect(ranges(run.requests) == [nil, 1000])
      #expect(folder.bytes(Self.weights) == bytes && folder.names == [Self.weights])
    }
  }

  @Test("416: what is here is no beginning of what is there", .spec("HUB-5"))
  func unsatisfiable() throws {
    try Folder.with { folder in
      let run = try fetch(hub, into: folder) { turn, answer, _ in
        if turn == 0 { answer.cut = 1000 }
        if turn == 1 { answer = Answer(416) }
      }
      #expect(ranges(run.requests) == [nil, 1000, nil])
      #expect(folder.bytes(Self.weights) == bytes)
      #expect(throws: HubError.self) {
        try fetch(hub, into: folder) { _, answer, _ in answer = Answer(416) }
      }
    }
  }

  @Test(
    "a range that was not asked for", .spec("HUB-5", "HUB-7"),
    arguments: ["bytes 0-299999/300000", "bytes 1000-1999/2000", "bytes 1000", "", "bytes x-y/z"])
  func wrongRange(range: String) throws {
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try fetch(hub, into: folder) { turn, answer, _ in
          if turn == 0 { answer.cut = 1000 }
          if turn == 1 { answer.fields = [("Content-Range", range)] }
        }
      }
      #expect(folder.names.isEmpty)
    }
  }

  @Test("a file that changes between two runs begins anew", .spec("HUB-5"))
  func changedBetweenRuns() throws {
    var newer = hub
    newer.files[Self.weights] = TestHub.bytes(200_000, seed: 2)
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try fetch(hub, into: folder) { turn, answer, _ in answer.cut = turn == 0 ? 1000 : 0 }
      }
      let run = try fetch(newer, into: folder) { _, _, _ in }
      #expect(ranges(run.requests) == [nil])
      #expect(folder.bytes(Self.weights) == newer.files[Self.weights])
    }
  }

  @Test("a file that changes between two requests", .spec("HUB-5", "HUB-8"))
  func changedBetweenRequests() throws {
    let (old, new) = (TestHub.bytes(5000), TestHub.bytes(5000, seed: 2))
    let turns = Turns()
    let handler: TestServer.Handler = { request in
      // HEAD and half of GET are of the old file, everything later of the new one.
      let turn = turns.next()
      var answer = TestHub(["vocab.txt": turn < 2 ? old : new]).answer(request)
      if turn == 1 { answer.cut = 2500 }
      return answer
    }
    try Folder.with { folder in
      try TestServer.serving(handler) { server in
        try TestClient(server.endpoint).client.fetchFile("vocab.txt", to: folder)
      }
      #expect(folder.bytes("vocab.txt") == new && folder.names == ["vocab.txt"])
    }
    // HEAD of the old file, GET of the new one: noticed by the tag.
    let others = Turns()
    try Folder.with { folder in
      try TestServer.serving { request in
        TestHub(["vocab.txt": others.next() < 1 ? old : new]).answer(request)
      } _: { server in
        let test = try TestClient(server.endpoint)
        try test.client.fetchFile("vocab.txt", to: folder)
        #expect(test.pauses.seconds == [1])
      }
      #expect(folder.bytes("vocab.txt") == new)
    }
  }

  @Test("a weak tag is never gone on with", .spec("HUB-5"))
  func weakTag() throws {
    try Folder.with { folder in
      let run = try fetch(hub, into: folder) { turn, answer, _ in
        answer.fields = [("ETag", "W/\"a\"")]
        if turn == 0 { answer.cut = 1000 }
      }
      #expect(ranges(run.requests) == [nil, nil])
      #expect(folder.bytes(Self.weights) == bytes)
    }
  }

  @Test("two processes, one file; a folder in its place", .spec("HUB-5"))
  func busy() throws {
    try Folder.with { folder in
      let path = folder.file(Self.weights)
      let first = try PartialFile(beside: path)
      #expect(throws: HubError.busy(path: "\(path).incomplete")) {
        try fetch(hub, into: folder) { _, _, _ in }
      }
      #expect(first.count == 0)
      try FileManager.default.createDirectory(
        atPath: folder.file("vocab.json"), withIntermediateDirectories: true)
      #expect(throws: HubError.file(.notAFile(path: folder.file("vocab.json")))) {
        _ = try PartialFile(beside: folder.file("vocab.json"))
      }
    }
  }

  @Test(
    "what is not HTTP", .spec("HUB-13"),
    arguments: [
      "", "\r\n\r\n", "hello", "HTTP/1.1\r\n\r\n", "HTTP/1.1 abc\r\n\r\n",
      "HTTP/9.9 200 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
      "HTTP/1.1 200 OK\r\nETag: \u{FF}\r\nContent-Length: 1\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 OK\n\n",
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 200 OK\r\nA:\0b\r\n\r\n", "HTTP/1.1 200 OK\r\n a: b\r\n\r\n",
      "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 99999999999 OK\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX-Linked-Size: -1\r\nX-Linked-Etag: a\r\n\r\n",
      "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"a\"\r\n\r\n",
      "HTTP/1.1 401 No\r\nWWW-Authenticate: ,,=\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    ])
  func garbage(text: String) throws {
    try Folder.with { folder in
      try TestServer.serving { _ in
        var answer = Answer()
        answer.raw = Array(text.utf8)
        return answer
      } _: { server in
        let test = try TestClient(server.endpoint)
        #expect(throws: HubError.self) {
          try test.client.fetchFile("vocab.txt", to: folder)
        }
      }
      #expect(folder.names.isEmpty)
    }
  }
}
