import CFoxCurl
import Foundation

/// # One request and its answer
///
/// Adds HTTP, through libcurl. Whoever asks drives the transfer on his own thread, event by event, so
/// that everything is plain sequential code; nothing that a server sends can end the process.
///
/// What it does not do: it follows no redirect. `HubClient` does, and decides who sees the token.

struct HTTPRequest: Sendable {
  var method = "GET"
  let url: URL
  var fields: [(name: String, value: String)] = []
  var body: [UInt8]?
}

/// The head of an answer.
struct HTTPHead: Sendable {
  let url: URL
  let status: Int
  private let fields: [String: String]

  init(url: URL, status: Int, fields: [String: String]) {
    (self.url, self.status, self.fields) = (url, status, fields)
  }

  /// The value of a field, whose name is written in lower case.
  subscript(name: String) -> String? { fields[name] }

  /// `Content-Length`, when it counts the bytes we get.
  var length: Int? {
    if let coding = self["content-encoding"], coding != "identity" { return nil }
    return self["content-length"].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
  }
}

/// What happens to a request, in order.
enum HTTPEvent: Sendable {
  case head(HTTPHead)
  case data([UInt8])
  case end(ConnectionFault?)
}

/// One request on its way. SPEC `HUB-13`.
final class HTTPExchange {
  /// More than any honest server sends before the body, interim answers (1xx) included.
  static let longestHead = 1 << 18

  private let request: HTTPRequest
  private var transfer: OpaquePointer?
  private var events: [HTTPEvent] = []
  private var hasEnded = false
  /// The lines of a head that is not complete.
  private var lines: [String] = []
  private var headBytes = 0
  /// There is one; what looks like another after the body is not.
  private var hasHead = false

  init(_ request: HTTPRequest, authorities: String? = nil) {
    self.request = request
    transfer = make(authorities)
  }

  deinit { cancel() }

  /// Ends the request; what still comes is dropped.
  func cancel() {
    fox_transfer_free(transfer)
    transfer = nil
  }

  /// The next event; `nil` when none comes for so many seconds.
  func next(patience seconds: Int) -> HTTPEvent? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while events.isEmpty, !hasEnded {
      let left = deadline - .now
      if left <= .zero { return nil }
      // A tenth of a second at a time, so that Ctrl-C is seen.
      step(milliseconds: left < .milliseconds(100) ? 10 : 100)
    }
    return events.isEmpty ? .end(nil) : events.removeFirst()
  }

  private func step(milliseconds: Int32) {
    guard let transfer else {
      return end(.other("libcurl does not take the address \(request.url.absoluteString)"))
    }
    let state = fox_transfer_step(transfer, milliseconds)
    let words = String(cString: fox_transfer_words(transfer))
    switch state {
    case FOX_RUNNING: return
    case FOX_DONE: end(nil)
    case FOX_UNKNOWN_HOST: end(.unknownHost)
    case FOX_NOT_CONNECTED: end(.notConnected)
    case FOX_LOST: end(.lost)
    case FOX_INSECURE: end(.insecure(words))
    default:
      end(headBytes > Self.longestHead ? .other("its header is too long") : .other(words))
    }
  }

  private func end(_ fault: ConnectionFault?) {
    hasEnded = true
    events.append(.end(fault))
  }

  // MARK: libcurl

  private func make(_ authorities: String?) -> OpaquePointer? {
    // C strings that live until libcurl has copied them.
    // A value with the end of a line in it, such as a server's tag, would be a field of its own.
    let honest = request.fields.filter { field in field.value.utf8.allSatisfy { $0 >= 0x20 } }
    var fields = honest.map { strdup("\($0.name): \($0.value)") }
    // libcurl would ask for leave before it sends a body, and wait for the answer.
    fields.append(strdup("Expect:"))
    defer { for field in fields { free(field) } }
    var list = fields.map { UnsafePointer($0) } + [nil]
    return list.withUnsafeMutableBufferPointer { list in
      (request.body ?? []).withUnsafeBytes { body in
        request.method.withCString { method in
          request.url.absoluteString.withCString { url in
            withOptional(authorities) { authorities in
              var asked = fox_request(
                method: method, url: url, fields: list.baseAddress, body: body.baseAddress,
                body_count: body.count, authorities: authorities,
                head: { bytes, count, context in
                  HTTPExchange.of(context)?.take(
                    head: UnsafeRawBufferPointer(start: bytes, count: count))
                    ?? false
                },
                data: { bytes, count, context in
                  HTTPExchange.of(context)?.take(
                    data: UnsafeRawBufferPointer(start: bytes, count: count))
                    ?? false
                }, context: Unmanaged.passUnretained(self).toOpaque())
              return fox_transfer_make(&asked)
            }
          }
        }
      }
    }
  }

  private func withOptional<Value>(
    _ text: String?, _ body: (UnsafePointer<CChar>?) -> Value
  ) -> Value {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
  }

  /// The exchange that libcurl calls back: it outlives its transfer.
  private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPExchange? {
    context.map { Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
  }

  private func take(data: UnsafeRawBufferPointer) -> Bool {
    events.append(.data(Array(data)))
    return true
  }

  /// A line of the head. The empty one ends it; interim answers are passed over.
  private func take(head: UnsafeRawBufferPointer) -> Bool {
    headBytes += head.count
    if headBytes > Self.longestHead { return false }
    let line = String(decoding: head, as: UTF8.self).trimmingCharacters(in: .newlines)
    if line.hasPrefix("HTTP/") { lines = [] }
    if !line.isEmpty {
      lines.append(line)
      return true
    }
    // `HTTP/1.1 200 OK`
    let words = (lines.first ?? "").split(separator: " ")
    // Fields after the body have no such line.
    guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else {
      return true
    }
    if status >= 200, !hasHead {
      hasHead = true
      events.append(.head(HTTPHead(url: request.url, status: status, fields: fields)))
    }
    lines = []
    return true
  }

  /// The last value of each name.
  private var fields: [String: String] {
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return fields
  }
}

extension HTTPExchange {
  /// One request, one answer.
  ///
  /// - Parameters:
  ///   - inspect: Sees the head and says whether to take the body.
  ///   - receive: Takes the body, piece by piece.
  static func run(
    _ request: HTTPRequest, authorities: String?, patience: Int,
    inspect: (HTTPHead) throws(HubError) -> Bool, receive: ([UInt8]) throws(HubError) -> Void
  ) throws(HubError) {
    let exchange = HTTPExchange(request, authorities: authorities)
    defer { exchange.cancel() }
    let url = request.url.absoluteString
    var hasHead = false
    while true {
      switch exchange.next(patience: patience) {
      case nil: throw .stalled(url: url, seconds: patience)
      case .head(let head)?:
        if hasHead { continue }
        hasHead = true
        if try !inspect(head) { return }
      case .data(let data)?: try receive(data)
      case .end(let fault?)?: throw .connection(url: url, fault: fault)
      case .end(nil)?:
        if !hasHead { throw .connection(url: url, fault: .lost) }
        return
      }
    }
  }
}
