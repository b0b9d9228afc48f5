import Foundation
import FoxFiles
import FoxHub
import Synchronization
import TestSupport
import Testing

@testable import FoxEngines

@Suite("LibreTranslate", .counted, .serialized)
struct LibreTranslateTests {
  private static let languages = """
    [{"code": "en", "name": "English", "targets": ["en", "es", "zh"]},
     {"code": "es", "name": "Spanish", "targets": ["en"]}, {"code": "zh", "targets": []}]
    """

  /// What a good server says: each text in brackets.
  private static func translated(_ request: SeenRequest) -> Answer {
    guard request.path == "/translate" else { return Answer(body: Array(languages.utf8)) }
    let document = try? JSON.parse(request.body)
    let texts = document?["q"]?.array?.compactMap(\.string) ?? []
    let answer: JSON = ["translatedText": .array(texts.map { .string("[\($0)]") })]
    return Answer(body: Array(answer.text(.line).utf8))
  }

  private func ask(
    _ texts: [String], batchSize: Int = 32, key: String? = nil,
    _ handler: @escaping TestServer.Handler
  ) throws -> (texts: [String], requests: [SeenRequest]) {
    try TestServer.serving(handler) { server in
      var service = try WebService(address: server.endpoint)
      service.wait = { _ in }
      service.patience = 1
      let translator = LibreTranslate(service, key: key, batchSize: batchSize)
      let translations = try translator.translations(of: texts, direction("eng", "spa"))
      return (translations, server.requests)
    }
  }

  @Test
  func `AUG-12 directions by ISO names; batches of texts; the key`() throws {
    let texts = (0..<7).map { "text \($0) \"é\"\t\n" }
    let result = try ask(texts, batchSize: 3, key: "secret") { Self.translated($0) }
    #expect(result.texts == texts.map { "[\($0)]" })
    let requests = result.requests
    #expect(requests.map(\.path) == ["/languages", "/translate", "/translate", "/translate"])
    #expect(requests[1].method == "POST")
    #expect(requests[1].fields["content-type"] == "application/json")
    let document = try JSON.parse(requests[1].body)
    #expect(document["source"]?.string == "en" && document["target"]?.string == "es")
    #expect(document["format"]?.string == "text" && document["api_key"]?.string == "secret")
    #expect(try JSON.parse(requests[3].body)["q"]?.array?.count == 1)
  }

  /// A server of one's own with `--batch-limit 3`, a proxy with a limit of its own, a public server.
  @Test(arguments: [
    (400, "Invalid request: request (8) exceeds text limit (3)"), (413, ""), (429, "Slowdown"),
  ])
  func `AUG-12 a server that says "too much" gets less, and goes on with that`(
    status: Int, words: String
  ) throws {
    let texts = (0..<10).map { "text \($0)" }
    let result = try ask(texts, batchSize: 8) { request in
      let count = (try? JSON.parse(request.body))?["q"]?.array?.count ?? 0
      if count <= 3 { return Self.translated(request) }
      return Answer(status, body: Array("{\"error\": \"\(words)\"}".utf8))
    }
    #expect(result.texts == texts.map { "[\($0)]" })
    let sizes = try result.requests.dropFirst().map {
      try JSON.parse($0.body)["q"]?.array?.count ?? 0
    }
    #expect(Set(sizes) == [8, 4, 2] && sizes.suffix(5) == [2, 2, 2, 2, 2])
    // One text that is too much is an error, and so is a refusal for another reason.
    #expect(throws: HubError.self) { try ask(["a"]) { _ in Answer(413) } }
    #expect(throws: HubError.self) {
      try ask(texts) {
        $0.path == "/translate" ? Answer(400, body: Array("{}".utf8)) : Self.translated($0)
      }
    }
  }

  @Test
  func `AUG-12 only what comes back is a pivot`() throws {
    try TestServer.serving({ Self.translated($0) }) { server in
      let translator = try LibreTranslate(address: server.endpoint + "/")
      #expect(try translator.directions().map(\.description) == ["en→es", "en→zh", "es→en"])
      #expect(try translator.pivots(of: language("eng")).map(\.name) == ["es"])
      let way = try direction("spa", "fra")
      #expect(throws: (any Error).self) { try translator.translations(of: ["a"], way) }
      #expect(translator.identity(of: way) == "libretranslate \(server.endpoint)")
    }
    #expect(throws: HubError.badEndpoint("x")) {
      try LibreTranslate(address: "x")
    }
  }

  @Test
  func `AUG-12 HUB-15 what passes is tried again`() throws {
    let turns = Mutex(0)
    let result = try ask(["a"]) { request in
      let turn = turns.withLock { turn in
        turn += 1
        return turn
      }
      switch turn {
      case 2: return Answer(429, fields: [("Retry-After", "3")])
      case 3: return Answer(503)
      case 4:
        var answer = Self.translated(request)
        answer.cut = 5
        return answer
      default: return Self.translated(request)
      }
    }
    #expect(result.texts == ["[a]"] && result.requests.count == 5)
  }

  @Test
  func `AUG-12 fewer translations, or something else, is an error`() throws {
    for body in [
      "{\"translatedText\": [\"x\"]}", "{\"translatedText\": [\"x\", 1]}",
      "{\"translatedText\": [\"x\", \"y\", \"z\"]}", "{\"translatedText\": \"x\"}", "{}", "[", "",
    ] {
      #expect(throws: (any Error).self, "\(body)") {
        try ask(["a", "b"]) { request in
          request.path == "/translate" ? Answer(body: Array(body.utf8)) : Self.translated(request)
        }
      }
    }
    #expect(throws: (any Error).self) {
      try ask(["a"]) { _ in Answer(body: Array("[]".utf8)) }
    }
  }

  @Test
  func `AUG-12 HUB-15 a refusal in the server's words`() throws {
    let error = #expect(throws: HubError.self) {
      try ask(["a"]) { request in
        request.path == "/translate"
          ? Answer(403, body: Array("{\"error\": \"Visit https://x to get an API key\"}".utf8))
          : Self.translated(request)
      }
    }
    let words = "refused (403): \"Visit https://x to get an API key\""
    #expect(error?.description.hasSuffix(words) == true)
  }
}
