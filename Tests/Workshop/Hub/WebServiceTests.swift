import Foundation
import FoxFiles
import Synchronization
import TestSupport
import Testing

@testable import FoxHub

@Suite("A service that speaks JSON", .counted, .serialized)
struct WebServiceTests {
  private func service(_ server: TestServer, _ pauses: Pauses) throws -> WebService {
    var service = try WebService(address: "\(server.endpoint)/api/")
    service.wait = { pauses.add($0) }
    service.jitter = { 0 }
    service.patience = 1
    return service
  }

  /// The pauses that were made.
  private final class Pauses: Sendable {
    private let list = Mutex<[Double]>([])
    var all: [Double] { list.withLock { $0 } }
    func add(_ seconds: Double) { list.withLock { $0.append(seconds) } }
  }

  @Test
  func `HUB-15 get and post`() throws {
    try TestServer.serving { request in
      Answer(body: Array("{\"method\": \"\(request.method)\"}".utf8))
    } _: { server in
      let service = try self.service(server, Pauses())
      #expect(try service.get("a")["method"]?.string == "GET")
      #expect(try service.post("a", ["x": "é"])["method"]?.string == "POST")
      #expect(server.requests.map(\.path) == ["/api/a", "/api/a"])
      #expect(String(decoding: server.requests[1].body, as: UTF8.self) == "{\"x\": \"é\"}")
    }
  }

  @Test
  func `HUB-15 a large document goes whole`() throws {
    let text = String(repeating: "word ", count: 100_000)
    try TestServer.serving { request in
      Answer(body: Array("\(request.body.count)".utf8))
    } _: { server in
      let answer = try self.service(server, Pauses()).post("a", .string(text))
      #expect(answer.integer == text.utf8.count + 2)
    }
  }

  @Test
  func `HUB-15 pauses double; the server may ask for longer ones`() throws {
    let pauses = Pauses()
    try TestServer.serving { request in
      switch request.path {
      case "/api/limit": Answer(429, fields: [("Retry-After", "7")])
      case "/api/later": Answer(503, fields: [("Retry-After", "9999")])
      default: Answer(500, body: Array("oh".utf8))
      }
    } _: { server in
      let service = try self.service(server, pauses)
      for (path, status) in [("x", 500), ("limit", 429), ("later", 503)] {
        let words = path == "x" ? "oh" : ""
        #expect(
          throws: HubError.service(
            url: "\(server.endpoint)/api/\(path)", status: status, words: words)
        ) { try service.get(path) }
      }
      #expect(pauses.all == [1, 2, 4, 8, 7, 7, 7, 8])
      #expect(server.requests.count == 11)
      var random = service
      random.jitter = { 1 }
      #expect(random.pause(before: 3, asked: nil) == 6 && random.pause(before: 9, asked: nil) == 90)
    }
  }

  @Test
  func `HUB-15 what does not pass fails at once`() throws {
    for answer in [
      Answer(400, body: Array("{\"error\": \"bad\"}".utf8)), Answer(302), Answer(204),
      Answer(body: [0xFF]), Answer(body: Array("{} {}".utf8)),
    ] {
      try TestServer.serving({ _ in answer }) { server in
        #expect(throws: HubError.self) { try self.service(server, Pauses()).get("a") }
        #expect(server.requests.count == 1)
      }
    }
  }

  @Test
  func `HUB-15 silence, a cut body, nobody there`() throws {
    for (change, fault) in [("cut", true), ("silence", false)] {
      var answer = Answer(body: Array("{\"a\": 1}".utf8))
      if change == "cut" { answer.cut = 3 } else { answer.silence = 3 }
      try TestServer.serving({ [answer] _ in answer }) { server in
        var twice = try self.service(server, Pauses())
        twice.attempts = 2
        let service = twice
        let error = #expect(throws: HubError.self) { try service.get("a") }
        if case .connection? = error { #expect(fault) } else { #expect(!fault) }
        #expect(server.requests.count == 2)
      }
    }
    let address = try TestServer.serving({ _ in Answer() }) { $0.endpoint }
    var once = try WebService(address: address)
    once.attempts = 1
    let service = once
    #expect(throws: HubError.self) { try service.get("a") }
  }

  @Test(arguments: ["", "x", "ftp://a", "http://a?b", "http://a@b"])
  func `HUB-15 addresses`(text: String) {
    #expect(throws: HubError.badEndpoint(text)) { try WebService(address: text) }
  }
}
