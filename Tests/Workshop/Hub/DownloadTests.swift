import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxHub

/// One server that behaves badly per test. `.serialized`: two at once would only share the cores.
@Suite("Downloads", .counted, .serialized)
struct DownloadTests {
  private let hub = TestHub.model()
  private var bytes: [UInt8] { hub.files[Weights.name] ?? [] }

  @Test
  func `HUB-3 HUB-4 HUB-5 a file arrives, with its progress`() throws {
    try Folder.with { folder in
      try TestServer.serving({ hub.answer($0) }) { server in
        var seen: [HubProgress] = []
        try TestClient(server.endpoint).client.fetchFile(Weights.name, to: folder) {
          seen.append($0)
        }
        #expect(folder.bytes(Weights.name) == bytes)
        #expect(folder.names == [Weights.name])
        #expect(seen.first?.bytes == 0 && seen.last?.bytes == bytes.count)
        #expect(seen.allSatisfy { $0.total == bytes.count && $0.file == Weights.name })
        let requests = server.requests
        #expect(requests.map(\.method) == ["HEAD", "GET", "GET"])
        #expect(requests[0].path == "/org/model/resolve/main/model.safetensors")
        #expect(requests.allSatisfy { $0.fields["accept-encoding"] == "identity" })
        #expect(requests.allSatisfy { $0.fields["authorization"] == nil })
      }
    }
  }

  @Test
  func `HUB-5 a slow server`() throws {
    try Folder.with { folder in
      let run = try Weights.fetch(hub, into: folder) { _, answer, _ in
        answer.pieces = (bytes: 30_000, microseconds: 20_000)
      }
      #expect(folder.bytes(Weights.name) == bytes && run.pauses.isEmpty)
    }
  }

  @Test
  func `HUB-8 a server that falls silent`() throws {
    try Folder.with { folder in
      let run = try Weights.fetch(hub, into: folder, patience: 1) { turn, answer, _ in
        if turn == 0 { answer.silence = 50_000 }
      }
      // A machine under load may be silent once more.
      #expect(folder.bytes(Weights.name) == bytes && run.pauses.first == 1)
      #expect(Weights.ranges(run.requests).contains(50_000))
    }
  }

  @Test(arguments: [503, 500, 429])
  func `HUB-8 5xx and 429 pass, and are not asked for ever`(status: Int) throws {
    try Folder.with { folder in
      let run = try Weights.fetch(hub, into: folder) { turn, answer, _ in
        if turn < 4 { answer = Answer(status, body: Array("later".utf8)) }
      }
      #expect(folder.bytes(Weights.name) == bytes && run.pauses == [1, 2, 4, 8])
      #expect(throws: HubError.self) {
        try Folder.with { folder in
          _ = try Weights.fetch(hub, into: folder) { _, answer, _ in answer = Answer(status) }
        }
      }
    }
  }

  @Test(arguments: [-1000, 1000])
  func `HUB-7 Content-Length that lies`(lie: Int) throws {
    let count = bytes.count
    try Folder.with { folder in
      let error = HubError.wrongSize(
        file: Weights.name, expected: count, found: count + lie)
      #expect(throws: error) {
        try Weights.fetch(hub, into: folder) { _, answer, _ in answer.length = count + lie }
      }
      #expect(folder.names.isEmpty)
    }
  }

  @Test
  func `HUB-7 HUB-8 a body without a length: longer, shorter, right`() throws {
    try Folder.with { folder in
      _ = try Weights.fetch(hub, into: folder) { _, answer, _ in answer.hasLength = false }
      #expect(folder.bytes(Weights.name) == bytes)
    }
    try Folder.with { folder in
      #expect(throws: HubError.self) {
        try Weights.fetch(hub, into: folder) { _, answer, _ in
          answer.hasLength = false
          answer.body += [0]
        }
      }
      #expect(folder.names.isEmpty)
    }
    try Folder.with { folder in
      let run = try Weights.fetch(hub, into: folder) { turn, answer, _ in
        answer.hasLength = false
        if turn == 0 { answer.cut = 1 }
      }
      #expect(folder.bytes(Weights.name) == bytes && run.pauses == [1])
    }
  }

  @Test
  func `HUB-7 a wrong SHA-256`() throws {
    try Folder.with { folder in
      let error = #expect(throws: HubError.self) {
        try Weights.fetch(hub, into: folder) { _, answer, _ in answer.body[7] ^= 1 }
      }
      guard case .wrongHash(Weights.name, _, _)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(folder.names.isEmpty)
    }
  }

  @Test(arguments: [
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
  func `HUB-13 what is not HTTP`(text: String) throws {
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
