import Foundation
import FoxFiles
import TestSupport
import Testing

@testable import FoxHub

/// An answer that no honest server sends.
struct HostileAnswer: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let raw: [UInt8]

  init(_ name: String, _ text: String) { (testDescription, raw) = (name, Array(text.utf8)) }

  static let ok = "HTTP/1.1 200 OK\r\n"

  static let all: [HostileAnswer] = [
    .init("closes without a word", ""),
    .init("closes in the status line", "HTTP/1.1 2"),
    .init("closes in the header", ok + "Content-Le"),
    .init("closes before the header's end", ok + "Content-Length: 5\r\n"),
    .init("closes in the body", ok + "Content-Length: 500\r\n\r\nabc"),
    .init("a header without end", ok + String(repeating: "X: y\r\n", count: 100_000)),
    .init("one endless field", ok + "X: " + String(repeating: "y", count: 600_000)),
    .init(
      "interim answers without end",
      String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20_000)),
    .init("no status line", "hello\r\n\r\n"),
    .init("another protocol", "SSH-2.0-OpenSSH_9.2\r\n"),
    .init("a status that is no number", "HTTP/1.1 abc OK\r\n\r\n"),
    .init("NUL in a field", ok + "Content-Length: 5\u{0}\r\n\r\nabcde"),
    .init("a negative length", ok + "Content-Length: -5\r\n\r\nabc"),
    .init("a length beyond 64 bits", ok + "Content-Length: 99999999999999999999999\r\n\r\nabc"),
    .init("chunks that are none", ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
    .init("a chunk that is cut", ok + "Transfer-Encoding: chunked\r\n\r\nff\r\nabc"),
    .init("compressed and cut", ok + "Content-Encoding: gzip\r\nContent-Length: 50\r\n\r\n\u{1f}"),
    .init("a redirect to itself without end", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n"),
    .init(
      "another head after the body",
      ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\nHTTP/1.1 200 OK\r\nX: 1\r\n\r\n"),
    .init("a redirect to nowhere", "HTTP/1.1 302 Found\r\n\r\n"),
    .init("a redirect to a file", "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"),
  ]
}

@Suite("Servers that mean harm", .counted)
struct HostileServerTests {
  @Test(arguments: HostileAnswer.all)
  func `HUB-13 no answer ends the process or waits for ever`(answer: HostileAnswer) throws {
    var raw = Answer()
    raw.raw = answer.raw
    try TestServer.serving({ [raw] _ in raw }) { server in
      var settings = try HubSettings(environment: [:], endpoint: server.endpoint)
      settings.patience = 2
      settings.retries.attempts = 1
      let client = HubClient(settings)
      #expect(throws: HubError.self) {
        guard let file = try client.find("config.json", in: HubRepository("a/b")) else {
          throw HubError.missing(url: "")
        }
        // What HEAD cannot show, the file itself does.
        _ = try Places.withTemporaryFolder { folder in
          try client.download(
            file, in: HubRepository("a/b"), to: folder.appendingPathComponent("config.json").path
          ) { _ in }
        }
      }
      var service = try WebService(address: server.endpoint)
      (service.attempts, service.patience) = (1, 2)
      #expect(throws: HubError.self) { _ = try service.get("languages") }
    }
  }

  @Test
  func `HUB-13 a header that trickles is waited for as long as silence is`() throws {
    var slow = Answer(body: Array(repeating: 65, count: 40))
    slow.silence = 3
    try TestServer.serving({ [slow] _ in slow }) { server in
      var service = try WebService(address: server.endpoint)
      (service.attempts, service.patience) = (1, 1)
      #expect(throws: HubError.stalled(url: "\(server.endpoint)/languages", seconds: 1)) {
        _ = try service.get("languages")
      }
    }
  }

  @Test
  func `HUB-13 no field of ours can be made by a server`() throws {
    try TestServer.serving({ _ in Answer(body: Array("{}".utf8)) }) { server in
      let url = try #require(URL(string: server.endpoint))
      let exchange = HTTPExchange(
        HTTPRequest(url: url, fields: [("If-Range", "a\r\nX-Evil: 1"), ("X-Good", "1")]))
      while let event = exchange.next(patience: 5) { if case .end = event { break } }
      let seen = try #require(server.requests.first)
      #expect(seen.fields["x-evil"] == nil && seen.fields["x-good"] == "1")
    }
  }
}
