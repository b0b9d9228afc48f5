import Foundation
import FoxFiles

/// A service that is asked and answers in JSON (`HUB-15`).
///
///     let service = try WebService(address: "http://localhost:5000")
///     let languages = try service.get("languages")
///
/// Calls block until they are done.
package struct WebService: Sendable {
  /// The address that paths are appended to.
  package let address: URL
  /// The number of attempts, the first included.
  package var attempts = 5
  /// Seconds without a byte after which a connection counts as broken.
  package var patience = 30
  package var wait: @Sendable (Double) -> Void = { usleep(UInt32(max(0, $0) * 1_000_000)) }
  /// A number from 0 to 1, so that several that were sent away do not come back at once.
  package var jitter: @Sendable () -> Double = { Double.random(in: 0...1) }

  /// The longest pause that a server may ask for, in seconds.
  static let longestPause = 120.0
  static let longestAnswer = 1 << 26

  /// A service at an address.
  ///
  /// - Throws: ``HubError/badEndpoint(_:)``.
  package init(address: String) throws(HubError) {
    self.address = try HubSettings.address(address)
  }

  /// Asks for a document.
  package func get(_ path: String) throws(HubError) -> JSON { try ask("GET", path, nil) }

  /// Sends a document and gets one.
  package func post(_ path: String, _ body: JSON) throws(HubError) -> JSON {
    try ask("POST", path, Array(body.text(.line).utf8))
  }

  /// Asks again, after a pause, while it fails with what may pass.
  private func ask(_ method: String, _ path: String, _ body: [UInt8]?) throws(HubError) -> JSON {
    var request = HTTPRequest(
      method: method, url: address.appendingPathComponent(path),
      fields: [("User-Agent", "fox"), ("Accept-Encoding", "identity")], body: body)
    if body != nil { request.fields.append(("Content-Type", "application/json")) }
    var attempt = 0
    while true {
      var asked: Double?
      do throws(HubError) {
        return try answer(to: request, askedToWait: &asked)
      } catch {
        attempt += 1
        guard error.isPassing, attempt < attempts, asked ?? 0 <= Self.longestPause else {
          throw error
        }
        wait(pause(before: attempt, asked: asked))
      }
    }
  }

  /// What the server asks for, at least 1, 2, 4, … seconds; up to half more by chance.
  func pause(before attempt: Int, asked: Double?) -> Double {
    let own = min(60, Double(1 << min(max(0, attempt - 1), 6)))
    return max(own, asked ?? 0) * (1 + jitter() / 2)
  }

  private func answer(
    to request: HTTPRequest, askedToWait: inout Double?
  ) throws(HubError) -> JSON {
    let url = request.url.absoluteString
    let authorities = HubSettings.authorities(ProcessInfo.processInfo.environment)
    var (answer, body): (HTTPHead?, [UInt8]) = (nil, [])
    try HTTPExchange.run(request, authorities: authorities, patience: patience) { head in
      answer = head
      return true
    } receive: { data throws(HubError) in
      body += data
      if body.count > Self.longestAnswer {
        throw .badAnswer(url: url, reason: "it is longer than \(Self.longestAnswer) bytes")
      }
    }
    guard let head = answer else { throw .connection(url: url, fault: .lost) }
    askedToWait = head["retry-after"].flatMap { Double($0) }.flatMap { $0 >= 0 ? $0 : nil }
    return try document(body, head, url)
  }

  /// The document of an answer; what a refusal says of itself.
  private func document(
    _ body: [UInt8], _ head: HTTPHead, _ url: String
  ) throws(HubError) -> JSON {
    if let length = head.length, length != body.count {
      throw .connection(url: url, fault: .lost)
    }
    let document = try? JSON.parse(body)
    guard head.status == 200 else {
      let words = document?["error"]?.string ?? String(decoding: body.prefix(200), as: UTF8.self)
      throw .service(url: url, status: head.status, words: words)
    }
    guard let document else { throw .badAnswer(url: url, reason: "it is no JSON") }
    return document
  }
}
