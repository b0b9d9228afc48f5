import Foundation

/// Where to look, and as whom (`HUB-1`).
package struct HubSettings: Sendable {
  /// The address that paths are appended to, without a slash at its end.
  package let endpoint: URL
  /// What is sent to the endpoint, and to nobody else, as a bearer token.
  let token: String?
  /// The folder of the hub's own cache, which is only read.
  package let cache: String
  /// Whether the network is forbidden.
  package let isOffline: Bool

  /// A file of certificate authorities instead of the system's.
  let authorities: String?

  /// How often and when to try again (`HUB-8`).
  package var retries = Retries()
  /// Seconds without a byte after which a connection counts as broken.
  package var patience = 30

  /// Reads the settings that the hub's own tools read.
  ///
  /// - Parameters:
  ///   - environment: `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`, `HF_HUB_CACHE`, `HF_HOME`,
  ///     `XDG_CACHE_HOME`, `HOME`, and those of ``authorities(_:)``. A variable that is empty counts as not set.
  ///   - endpoint: What comes before `HF_ENDPOINT`.
  /// - Throws: ``HubError/badEndpoint(_:)``, ``HubError/badToken``.
  package init(environment: [String: String], endpoint: String? = nil) throws(HubError) {
    let variable = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    let address = endpoint ?? variable("HF_ENDPOINT") ?? "https://huggingface.co"
    self.endpoint = try Self.address(address)
    token = try Self.token(variable("HF_TOKEN"))
    isOffline = ["1", "ON", "YES", "TRUE"].contains(variable("HF_HUB_OFFLINE")?.uppercased())
    authorities = Self.authorities(environment)
    let home = variable("HOME") ?? NSHomeDirectory()
    let caches = variable("XDG_CACHE_HOME") ?? "\(home)/.cache"
    cache = variable("HF_HUB_CACHE") ?? (variable("HF_HOME") ?? "\(caches)/huggingface") + "/hub"
  }

  /// What curl, OpenSSL and Python's requests read: the first of `CURL_CA_BUNDLE`, `SSL_CERT_FILE`,
  /// `REQUESTS_CA_BUNDLE` that is set.
  static func authorities(_ environment: [String: String]) -> String? {
    ["CURL_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"].lazy
      .compactMap { environment[$0] }.first { !$0.isEmpty }
  }

  /// An address that paths are appended to.
  static func address(_ text: String) throws(HubError) -> URL {
    var bare = text[...]
    while bare.hasSuffix("/") { bare = bare.dropLast() }
    guard let url = URL(string: String(bare)), isWeb(url), url.query == nil, url.fragment == nil,
      url.user == nil
    else { throw .badEndpoint(text) }
    return url
  }

  private static func token(_ text: String?) throws(HubError) -> String? {
    guard let token = text?.trimmingCharacters(in: .whitespacesAndNewlines), !token.isEmpty
    else { return nil }
    guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .badToken }
    return token
  }

  /// Whether an address is one that we ask.
  static func isWeb(_ url: URL) -> Bool {
    ["http", "https"].contains(url.scheme?.lowercased()) && url.host?.isEmpty == false
  }
}

/// How often a request is made, and how long to wait in between.
package struct Retries: Sendable {
  /// The number of attempts, the first included.
  package var attempts = 5
  package var wait: @Sendable (_ seconds: Int) -> Void = { sleep(UInt32($0)) }

  /// Five attempts, with pauses of 1, 2, 4 and 8 seconds.
  package init() {}

  /// The pause before attempt `attempt` (the first is 0): doubled each time, at most a minute.
  func pause(before attempt: Int) -> Int { min(60, 1 << min(max(0, attempt - 1), 6)) }
}
