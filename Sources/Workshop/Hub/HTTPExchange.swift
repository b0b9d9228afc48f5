import Foundation
import FoundationNetworking
import Synchronization

/// The head of an answer.
struct HTTPHead: Sendable {
  let url: URL
  let status: Int
  private let fields: [String: String]

  init(_ response: HTTPURLResponse, url: URL) {
    self.url = url
    status = response.statusCode
    var fields: [String: String] = [:]
    for (name, value) in response.allHeaderFields {
      if let name = name as? String, let value = value as? String {
        fields[name.lowercased()] = value
      }
    }
    self.fields = fields
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
  case data(Data)
  case end(ConnectionFault?)
}

/// One request on its way: events come in on the session's queue and are taken out on the thread
/// of whoever asked, so that everything but the waiting is plain sequential code.
final class HTTPExchange: Sendable {
  private let events = Mutex<[HTTPEvent]>([])
  private let arrival = DispatchSemaphore(value: 0)
  private let task: URLSessionDataTask

  init(_ task: URLSessionDataTask) { self.task = task }

  func put(_ event: HTTPEvent) {
    events.withLock { $0.append(event) }
    arrival.signal()
  }

  /// The next event; nil when none comes for so many seconds.
  func next(patience seconds: Int) -> HTTPEvent? {
    if arrival.wait(timeout: .now() + .seconds(seconds)) == .timedOut { return nil }
    return events.withLock { $0.removeFirst() }
  }

  func start() { task.resume() }

  /// Ends the request; what still comes is dropped.
  func cancel() {
    HTTPSession.shared.forget(task)
    task.cancel()
  }
}

/// The one URLSession of the process.
///
/// Notes on URLSession outside of Apple's systems, as of Swift 6.3:
/// - A session that is dropped or invalidated while libcurl closes a socket can crash
///   (swift-corelibs-foundation #4791, #5491). This one lives as long as the process.
/// - A followed redirect configures the same libcurl handle again, which can crash (#5445). None
///   is followed here: see `HubClient.send`, which also decides who sees the token.
/// - A transfer cannot be paused: `suspend()` traps. Whoever takes data must keep up.
/// - A connection that is closed in good order within the header traps ("there's no response").
/// - A body that is cut short and all faults of TLS come with one code, "unknown".
/// - The answer to `didReceive response` is ignored; a task that is not wanted is cancelled.
final class HTTPSession: NSObject, URLSessionDataDelegate, Sendable {
  static let shared = HTTPSession()

  private let exchanges = Mutex<[Int: HTTPExchange]>([:])
  private let session = Mutex<URLSession?>(nil)

  /// One event after the other.
  private var inOrder: OperationQueue {
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 1
    return queue
  }

  /// A request that is ready to start.
  func exchange(_ request: URLRequest) -> HTTPExchange {
    let session = session.withLock { session in
      let made =
        session ?? URLSession(configuration: Self.settings, delegate: self, delegateQueue: inOrder)
      session = made
      return made
    }
    let task = session.dataTask(with: request)
    let exchange = HTTPExchange(task)
    exchanges.withLock { $0[task.taskIdentifier] = exchange }
    return exchange
  }

  func forget(_ task: URLSessionTask) {
    exchanges.withLock { _ = $0.removeValue(forKey: task.taskIdentifier) }
  }

  /// No cookies, no cache, no stored passwords: what is asked depends on nothing else.
  private static var settings: URLSessionConfiguration {
    let settings = URLSessionConfiguration.ephemeral
    settings.urlCache = nil
    settings.httpCookieStorage = nil
    settings.httpShouldSetCookies = false
    settings.urlCredentialStorage = nil
    return settings
  }

  private func put(_ event: HTTPEvent, _ task: URLSessionTask) {
    exchanges.withLock { $0[task.taskIdentifier] }?.put(event)
  }

  private func put(_ response: URLResponse?, _ task: URLSessionTask) {
    if let response = response as? HTTPURLResponse, let url = task.originalRequest?.url {
      put(.head(HTTPHead(response, url: url)), task)
    }
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    put(response, dataTask)
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    put(.data(data), dataTask)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    completionHandler(nil)
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    // A redirect without a place to go to is never announced.
    if error == nil { put(task.response, task) }
    put(.end(error.map { ConnectionFault($0) }), task)
    forget(task)
  }
}

extension ConnectionFault {
  init(_ error: any Error) {
    let reason = error.localizedDescription
    switch (error as? URLError)?.code {
    case .cannotFindHost?, .dnsLookupFailed?: self = .unknownHost
    case .cannotConnectToHost?, .notConnectedToInternet?: self = .notConnected
    case .networkConnectionLost?: self = .lost
    // Faults of TLS have no code of their own here, only libcurl's words. Of these, only what is
    // wrong with a certificate will be wrong the next time too.
    default: self = reason.contains("certificate") ? .insecure(reason) : .other(reason)
    }
  }
}
