import Foundation
import FoxFiles
import Synchronization

/// A hub of one repository, `org/model`, as a `TestServer` answers for it.
///
/// Files in `linked` are large ones: the hub redirects to a store, and says their SHA-256 and size.
package struct TestHub: Sendable {
  /// The files.
  package var files: [String: [UInt8]]
  /// Those that are elsewhere.
  package var linked: Set<String>
  /// What the revision stands for.
  package var commit: String?
  /// What the address of the store begins with; empty for this server.
  package var store = ""
  /// Whether the server knows ranges.
  package var hasRanges = true

  /// A hub with the given files.
  package init(_ files: [String: [UInt8]], linked: Set<String> = [], commit: String? = "c0ffee") {
    (self.files, self.linked, self.commit) = (files, linked, commit)
  }

  /// A small model: configuration, tokenizer and weights of so many bytes.
  package static func model(weightBytes: Int = 300_000) -> TestHub {
    TestHub(
      [
        "config.json": Array(#"{"model_type": "gpt2"}"#.utf8), "vocab.json": Array("{}".utf8),
        "merges.txt": Array("#version: 0.2\n".utf8), "model.safetensors": bytes(weightBytes),
        "README.md": Array("not needed".utf8),
      ], linked: ["model.safetensors"])
  }

  /// Bytes without a pattern, the same each time.
  package static func bytes(_ count: Int, seed: UInt32 = 1) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
  }

  /// What the hub says to a request.
  package func answer(_ request: SeenRequest) -> Answer {
    let parts = request.path.split(separator: "/")
    let start =
      parts.firstIndex(of: "resolve").map { $0 + 2 } ?? parts.firstIndex(of: "store").map { $0 + 1 }
      ?? max(parts.count - 1, 0)
    let name = parts.dropFirst(start).joined(separator: "/")
    guard let bytes = files[name] else { return Answer(404) }
    let hash = SHA256.hash(of: bytes).hexadecimal
    if request.path.contains("/store/") {
      return content(bytes, tag: "\"store-\(hash.prefix(8))\"", request)
    }
    var answer =
      linked.contains(name)
      ? Answer.redirect(to: "\(store)/store/\(name)")
      : content(bytes, tag: "\"\(hash.prefix(40))\"", request)
    if let commit { answer.fields.append(("X-Repo-Commit", commit)) }
    if linked.contains(name) {
      answer.fields += [("X-Linked-Etag", "\"\(hash)\""), ("X-Linked-Size", "\(bytes.count)")]
    }
    return answer
  }

  private func content(_ bytes: [UInt8], tag: String, _ request: SeenRequest) -> Answer {
    let condition = request.fields["if-range"]
    guard hasRanges, let start = request.rangeStart, condition == nil || condition == tag else {
      return Answer(fields: [("ETag", tag)], body: bytes)
    }
    if start >= bytes.count { return Answer(416) }
    let range = "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
    return Answer(
      206, fields: [("ETag", tag), ("Content-Range", range)], body: Array(bytes[start...]))
  }
}

/// Counts calls, from any thread.
package final class Turns: Sendable {
  private let count = Mutex(0)

  /// A counter at 0.
  package init() {}

  /// The number of calls before this one.
  package func next() -> Int {
    count.withLock { count in
      defer { count += 1 }
      return count
    }
  }
}
