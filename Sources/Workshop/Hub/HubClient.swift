import Foundation
import FoxFiles

/// Asks a hub for files (`HUB-3` to `HUB-8`).
///
///     let client = HubClient(try HubSettings(environment: ProcessInfo.processInfo.environment))
///     let repository = try HubRepository("gpt2")
///     let model = try client.fetchModel(repository, into: "Weights/gpt2") { print($0.bytes) }
///
/// Calls block until they are done. Nothing is kept in memory but the piece that just came.
package struct HubClient: Sendable {
  /// Where to look, and as whom.
  package let settings: HubSettings

  static let redirectLimit = 10

  package init(_ settings: HubSettings) { self.settings = settings }

  /// What the hub says about a file; nil when the repository does not have it (`HUB-4`).
  package func find(_ name: String, in repository: HubRepository) throws(HubError) -> RemoteFile? {
    let url = address(of: name, in: repository)
    return try retrying { _ throws(HubError) in
      do throws(HubError) {
        return try describe(name, at: url)
      } catch {
        if case .missing = error { return nil }
        throw error
      }
    }
  }

  func address(of name: String, in repository: HubRepository) -> URL {
    // The revision is one part of the path, also when it has slashes; all else is plain.
    var url = settings.endpoint
    for part in repository.id.split(separator: "/") { url.appendPathComponent(String(part)) }
    let revision = repository.revision.replacingOccurrences(of: "/", with: "%2F")
    return URL(string: "\(url.absoluteString)/resolve/\(revision)/\(name)") ?? url
  }

  /// A large file is elsewhere; who redirects there says what it is. All else is said at the end.
  func describe(_ name: String, at url: URL) throws(HubError) -> RemoteFile {
    var linked: (size: Int?, tag: String?, commit: String?) = (nil, nil, nil)
    var last: HTTPHead?
    try send("HEAD", url, fields: [:]) { head throws(HubError) in
      linked.size = linked.size ?? head["x-linked-size"].flatMap { Int($0) }
      linked.tag = linked.tag ?? bareTag(head["x-linked-etag"])
      linked.commit = linked.commit ?? head["x-repo-commit"]
      last = head
      return linked.size == nil || linked.tag == nil
    } receive: { _ in
    }
    if linked.size == nil, let last, last.status != 200 {
      throw .status(url: last.url.absoluteString, status: last.status)
    }
    if let size = linked.size, size < 0 {
      throw .badAnswer(url: url.absoluteString, reason: "X-Linked-Size is \(size)")
    }
    let commit = linked.commit.flatMap { HubRepository.isPlain($0) ? $0 : nil }
    let lastTag = bareTag(last?["etag"])
    return RemoteFile(
      name: name, size: linked.size ?? last?.length, etag: linked.tag ?? lastTag, commit: commit,
      bodyTag: last?.status == 200 ? lastTag : nil)
  }

  /// Makes a request and follows its redirects.
  ///
  /// - Parameters:
  ///   - inspect: Sees the head of each answer and says whether to go on: to follow the redirect,
  ///     or to take the body.
  ///   - receive: Takes the body, piece by piece.
  func send(
    _ method: String, _ start: URL, fields: [String: String],
    inspect: (HTTPHead) throws(HubError) -> Bool, receive: ([UInt8]) throws(HubError) -> Void
  ) throws(HubError) {
    var url = start
    for _ in 0...Self.redirectLimit {
      var next: URL?
      try HTTPExchange.run(
        request(method, url, fields), authorities: settings.authorities,
        patience: settings.patience
      ) { head throws(HubError) in
        if Self.redirects.contains(head.status) {
          if try inspect(head) { next = try Self.target(of: head) }
          return false
        }
        try check(head)
        return try inspect(head)
      } receive: { data throws(HubError) in
        try receive(data)
      }
      guard let following = next else { return }
      url = following
    }
    throw .tooManyRedirects(url: start.absoluteString, limit: Self.redirectLimit)
  }

  private static let redirects: Set<Int> = [301, 302, 303, 307, 308]

  /// Where a redirect leads (`HUB-6`).
  private static func target(of head: HTTPHead) throws(HubError) -> URL {
    let location = head["location"]
    guard let location, let url = URL(string: location, relativeTo: head.url)?.absoluteURL,
      HubSettings.isWeb(url),
      url.scheme?.lowercased() == "https" || head.url.scheme?.lowercased() != "https"
    else { throw .badRedirect(url: head.url.absoluteString, location: location) }
    return url
  }

  private func check(_ head: HTTPHead) throws(HubError) {
    let url = head.url.absoluteString
    switch head.status {
    case 200, 206, 416: return
    case 401, 403:
      // Only the endpoint saw the token, and only it may blame it.
      let hasToken = settings.token != nil && isEndpoint(head.url)
      throw .refused(url: url, status: head.status, hasToken: hasToken)
    case 404: throw .missing(url: url)
    default: throw .status(url: url, status: head.status)
    }
  }

  private func request(_ method: String, _ url: URL, _ fields: [String: String]) -> HTTPRequest {
    var request = HTTPRequest(method: method, url: url)
    // Sizes and ranges count the bytes of the file, not of a compressed form.
    request.fields = [("User-Agent", "fox"), ("Accept-Encoding", "identity")]
    request.fields += fields.map { ($0.key, $0.value) }
    if let token = settings.token, isEndpoint(url) {
      request.fields.append(("Authorization", "Bearer \(token)"))
    }
    return request
  }

  /// Whether an address has the endpoint's scheme, host and port.
  private func isEndpoint(_ url: URL) -> Bool {
    func port(_ url: URL) -> Int { url.port ?? (url.scheme?.lowercased() == "https" ? 443 : 80) }
    let endpoint = settings.endpoint
    return url.scheme?.lowercased() == endpoint.scheme?.lowercased()
      && url.host?.lowercased() == endpoint.host?.lowercased() && port(url) == port(endpoint)
  }

  /// Does the work again, after a pause, while it fails with what may pass (`HUB-8`).
  func retrying<Result>(
    _ work: (_ attempt: Int) throws(HubError) -> Result
  ) throws(HubError) -> Result {
    var attempt = 0
    while true {
      do {
        return try work(attempt)
      } catch {
        attempt += 1
        guard error.isPassing, attempt < settings.retries.attempts else { throw error }
        settings.retries.wait(settings.retries.pause(before: attempt))
      }
    }
  }
}
