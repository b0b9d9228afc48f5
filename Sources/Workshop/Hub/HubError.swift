import Foundation
import FoxFiles

/// What can go wrong between a hub and a folder.
///
/// The cases carry data; the words are in `description`, in one place, and are tested as a table.
package enum HubError: Error, Equatable, Sendable {
  /// `--endpoint` or `HF_ENDPOINT` is no `http` or `https` address.
  case badEndpoint(String)
  /// The name is not that of a repository: `name` or `organisation/name`.
  case badRepository(String)
  /// The revision is empty or has bytes that no branch, tag or commit has.
  case badRevision(String)
  /// `HF_TOKEN` holds bytes that do not fit a header.
  case badToken
  /// The network is off and neither the folder nor the cache has the file.
  case offline(repository: String, file: String, cache: String)
  /// The server has no such repository, revision or file (404).
  case missing(url: String)
  /// The server wants to know who asks (401, 403).
  case refused(url: String, status: Int, hasToken: Bool)
  /// Another status than those that are understood.
  case status(url: String, status: Int)
  /// A service refuses, in its own words.
  case service(url: String, status: Int, words: String)
  /// The connection could not be made or broke.
  case connection(url: String, fault: ConnectionFault)
  /// No byte came for so many seconds.
  case stalled(url: String, seconds: Int)
  /// The server redirects further than is followed.
  case tooManyRedirects(url: String, limit: Int)
  /// A redirect leads nowhere, away from the web, or from `https` to `http`.
  case badRedirect(url: String, location: String?)
  /// The answer does not fit the request.
  case badAnswer(url: String, reason: String)
  /// What came is longer or shorter than announced.
  case wrongSize(file: String, expected: Int, found: Int)
  /// What came has another SHA-256 than announced.
  case wrongHash(file: String, expected: String, found: String)
  /// The file on the server changed between two requests.
  case changed(file: String)
  /// Another process is fetching the same file.
  case busy(path: String)
  /// The repository has no weights in a format that is known.
  case noWeights(repository: String)
  /// The index of sharded weights names no shards, or names files elsewhere.
  case badIndex(path: String, reason: String)
  /// A file of ours cannot be read or written.
  case file(Fault)
}

package enum ConnectionFault: Equatable, Sendable {
  /// No address has that name.
  case unknownHost
  /// Nobody answers there.
  case notConnected
  /// It ended before the answer did.
  case lost
  /// The other side cannot show that it is who we asked for, in the system's words.
  case insecure(String)
  /// Something else, in the system's words.
  case other(String)
}

extension HubError {
  /// Whether the same request may succeed later: what passes is tried again (`HUB-8`).
  var isPassing: Bool {
    switch self {
    case .connection(_, .unknownHost), .connection(_, .insecure): false
    case .connection: true
    case .status(_, let status), .service(_, let status, _):
      status >= 500 || status == 429 || status == 408
    case .stalled, .changed: true
    default: false
    }
  }
}

extension HubError: CustomStringConvertible, LocalizedError {
  /// One sentence for the user, and what to do where that is known.
  package var description: String {
    switch self {
    case .badEndpoint(let text):
      "endpoint \(shown(text)) is not an address; expected https://host or http://host"
    case .badRepository(let text):
      "\(shown(text)) names no repository; expected gpt2, bert-base-cased or organisation/name"
    case .badRevision(let text): "revision \(shown(text)) is not a branch, tag or commit"
    case .badToken: "HF_TOKEN holds a space, a control character or something that is not ASCII"
    case .offline(let repository, let file, let cache):
      "\(repository): \(file) is not in the cache (\(cache)) and HF_HUB_OFFLINE forbids the network"
    case .missing(let url): "\(url): there is no such repository, revision or file (404)"
    case .refused(let url, let status, let hasToken):
      "\(url): access refused (\(status)): "
        + (hasToken
          ? "the token in HF_TOKEN may not read it, or it does not exist"
          : "it is private, gated or does not exist; set HF_TOKEN to a token that may read it")
    case .status(let url, 429):
      "\(url): too many requests (429); wait, or set HF_TOKEN: who is known may ask more often"
    case .status(let url, let status): "\(url): the server answered with status \(status)"
    case .service(let url, let status, let words):
      "\(url): the service refused (\(status))" + (words.isEmpty ? "" : ": \(shown(words))")
    case .connection(let url, let fault): "\(url): \(fault)"
    case .stalled(let url, let seconds): "\(url): nothing came for \(seconds) seconds"
    case .tooManyRedirects(let url, let limit): "\(url): redirected more than \(limit) times"
    case .badRedirect(let url, let location?):
      "\(url): redirected to \(shown(location)), which is not followed"
    case .badRedirect(let url, nil): "\(url): redirected to nowhere"
    case .badAnswer(let url, let reason): "\(url): the answer does not fit the request: \(reason)"
    case .wrongSize(let file, let expected, let found):
      "\(file): \(found) bytes instead of the announced \(expected); nothing was kept"
    case .wrongHash(let file, let expected, let found):
      "\(file): SHA-256 is \(found) instead of the announced \(expected); nothing was kept"
    case .changed(let file): "\(file): changed on the server while it was fetched"
    case .busy(let path): "\(path): another process is fetching it"
    case .noWeights(let repository):
      "\(repository) has no model.safetensors and no pytorch_model.bin, whole or in parts with an index"
    case .badIndex(let path, let reason): "\(path): not an index of sharded weights: \(reason)"
    case .file(let error): error.description
    }
  }

  /// The same sentence, which Foundation's `localizedDescription` asks for.
  package var errorDescription: String? { description }
}

extension ConnectionFault: CustomStringConvertible {
  /// What happened, without the address.
  package var description: String {
    switch self {
    case .unknownHost: "no such host; is there a network?"
    case .notConnected: "no connection"
    case .lost: "the connection was lost"
    case .insecure(let reason): "no secure connection: \(reason)"
    case .other(let reason): reason
    }
  }
}
