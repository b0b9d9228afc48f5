import Foundation
import Synchronization

/// What a server saw of a request.
package struct SeenRequest: Sendable {
  /// `GET` or `HEAD`.
  package let method: String
  /// What follows, with everything percent-encoded as it came.
  package let path: String
  /// The header, by names in lower case.
  package let fields: [String: String]
  /// The body.
  package internal(set) var body: [UInt8] = []

  init?(_ text: String) {
    let lines = text.components(separatedBy: "\r\n")
    let words = lines[0].components(separatedBy: " ")
    guard words.count == 3 else { return nil }
    (method, path) = (words[0], words[1])
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    self.fields = fields
  }

  /// The first byte that `Range` asks for.
  package var rangeStart: Int? {
    fields["range"].flatMap { $0.firstMatch(of: /bytes=(\d+)-/) }.flatMap { Int($0.output.1) }
  }
}

/// What a server sends.
package struct Answer: Sendable {
  /// The status.
  package var status = 200
  /// The header, but for `Content-Length`.
  package var fields: [(String, String)] = []
  /// The body.
  package var body: [UInt8] = []
  /// `Content-Length`, when it is not the body's length.
  package var length: Int?
  /// Whether there is a `Content-Length`.
  package var hasLength = true
  /// Bytes of the body after which the connection ends; the rest is never sent.
  package var cut: Int?
  /// Bytes of the body in one piece, and the pause after each.
  package var pieces: (bytes: Int, microseconds: UInt32)?
  /// Bytes of the body after which the server falls silent, until it is stopped.
  package var silence: Int?
  /// All that is sent, when it is not HTTP.
  package var raw: [UInt8]?

  /// An answer with a body.
  package init(
    _ status: Int = 200, fields: [(String, String)] = [], body: [UInt8] = []
  ) {
    (self.status, self.fields, self.body) = (status, fields, body)
  }

  /// A redirect.
  package static func redirect(_ status: Int = 302, to location: String) -> Answer {
    Answer(status, fields: [("Location", location)])
  }

  fileprivate var head: [UInt8] {
    var text = "HTTP/1.1 \(status) Test\r\n"
    for (name, value) in fields { text += "\(name): \(value)\r\n" }
    if hasLength { text += "Content-Length: \(length ?? body.count)\r\n" }
    return Array((text + "Connection: close\r\n\r\n").utf8)
  }
}

/// An HTTP server on a port of 127.0.0.1 for one test: one thread, one connection at a time, one
/// request a connection.
package final class TestServer: Sendable {
  /// Decides what is sent.
  package typealias Handler = @Sendable (SeenRequest) -> Answer

  /// The port.
  package let port: Int
  private let listener: Int32
  private let handler: Handler
  private let seen = Mutex<[SeenRequest]>([])
  private let isStopped = Atomic(false)
  private let ended = DispatchSemaphore(value: 0)

  /// The address, without a slash at its end.
  package var endpoint: String { "http://127.0.0.1:\(port)" }
  /// All requests so far.
  package var requests: [SeenRequest] { seen.withLock { $0 } }

  /// Runs `body` with a server.
  package static func serving<Result>(
    _ handler: @escaping Handler, _ body: (TestServer) throws -> Result
  ) throws -> Result {
    let server = try TestServer(handler)
    defer { server.stop() }
    return try body(server)
  }

  private init(_ handler: @escaping Handler) throws {
    // A proxy of the machine's has no business between us.
    setenv("no_proxy", "127.0.0.1", 1)
    signal(SIGPIPE, SIG_IGN)
    self.handler = handler
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, size) == 0 && listen(listener, 16) == 0
          && getsockname(listener, pointer, &size) == 0
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
    Thread { self.run() }.start()
  }

  private func stop() {
    isStopped.store(true, ordering: .sequentiallyConsistent)
    shutdown(listener, Int32(SHUT_RDWR))
    ended.wait()
    close(listener)
  }

  private func run() {
    while !isStopped.load(ordering: .sequentiallyConsistent) {
      let connection = accept(listener, nil, nil)
      if connection < 0 { continue }
      // Whatever happens, no connection holds the server for longer.
      var limit = timeval(tv_sec: 10, tv_usec: 0)
      for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
        setsockopt(
          connection, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
      }
      serve(connection)
      close(connection)
    }
    ended.signal()
  }

  private func serve(_ connection: Int32) {
    guard let request = readRequest(connection) else { return }
    seen.withLock { $0.append(request) }
    let answer = handler(request)
    if let raw = answer.raw {
      _ = send(connection, raw[...])
      return
    }
    guard send(connection, answer.head[...]), request.method != "HEAD" else { return }
    let body = answer.body.prefix(answer.cut ?? answer.silence ?? answer.body.count)
    let step = max(1, answer.pieces?.bytes ?? body.count)
    for start in stride(from: 0, to: body.count, by: step) {
      guard send(connection, body[start..<min(body.count, start + step)]) else { return }
      if let pause = answer.pieces?.microseconds { usleep(pause) }
    }
    if answer.silence != nil { waitForEnd(connection) }
  }

  private func readRequest(_ connection: Int32) -> SeenRequest? {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    func receive() -> Bool {
      let count = recv(connection, &piece, piece.count, 0)
      if count <= 0 || bytes.count > 1 << 20 { return false }
      bytes += piece[..<count]
      return true
    }
    let end = Array("\r\n\r\n".utf8)
    var head: Int?
    while head == nil {
      if !receive() { return nil }
      head = bytes.indices.first { bytes[$0...].starts(with: end) }
    }
    let start = (head ?? 0) + end.count
    guard var request = SeenRequest(String(decoding: bytes[..<start], as: UTF8.self))
    else { return nil }
    let length = request.fields["content-length"].flatMap { Int($0) } ?? 0
    while bytes.count < start + length { if !receive() { return nil } }
    request.body = Array(bytes[start...])
    return request
  }

  private func send(_ connection: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var rest = bytes
      while let start = rest.baseAddress, !rest.isEmpty {
        let count = Foundation.send(connection, start, rest.count, Int32(MSG_NOSIGNAL))
        if count <= 0 { return false }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
      return true
    }
  }

  /// Until the other side goes away, at most the time limit.
  private func waitForEnd(_ connection: Int32) {
    var byte: UInt8 = 0
    _ = recv(connection, &byte, 1, 0)
  }
}
