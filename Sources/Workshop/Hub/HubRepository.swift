import Foundation

/// A repository of models on a hub, at a revision.
package struct HubRepository: Equatable, Sendable {
  /// `organisation/name`, or `name` alone for those that never had an organisation.
  package let id: String
  /// A branch, a tag or a commit.
  package private(set) var revision: String
  /// Names that older caches know the same repository by.
  let formerIDs: [String]

  /// The last part of ``id``, or the short name that was asked for.
  package let name: String

  /// Models with a short name of their own (`HUB-2`).
  package static let shortNames = [
    "gpt2": "openai-community/gpt2", "bert-base-cased": "google-bert/bert-base-cased",
  ]

  /// Checks the name of a repository, which may be a short one, and of a revision (`HUB-2`).
  ///
  /// - Throws: ``HubError/badRepository(_:)``, ``HubError/badRevision(_:)``.
  package init(_ text: String, revision: String = "main") throws(HubError) {
    let id = Self.shortNames[text] ?? text
    let parts = id.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy(Self.isPlain), let last = parts.last
    else { throw .badRepository(text) }
    let pieces = revision.split(separator: "/", omittingEmptySubsequences: false)
    guard pieces.allSatisfy(Self.isPlain) else { throw .badRevision(revision) }
    (self.id, self.revision, name) = (id, revision, String(last))
    formerIDs = id == text ? [] : [text]
  }

  func at(commit: String) -> HubRepository {
    var copy = self
    copy.revision = commit
    return copy
  }

  /// Whether a text is a name that is safe in a path and in an address.
  static func isPlain(_ name: some StringProtocol) -> Bool {
    !name.isEmpty && name.utf8.count <= 255 && !name.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

/// A file of a repository, as the hub describes it (`HUB-4`).
package struct RemoteFile: Equatable, Sendable {
  /// The name in the repository.
  package let name: String
  /// Bytes, when the hub says so.
  package let size: Int?
  /// What stands for the content: a SHA-256 for large files, git's own hash for small ones.
  package let etag: String?
  /// The commit that the revision stands for.
  package let commit: String?
  /// The entity tag that the body should come with, when it was seen.
  let bodyTag: String?

  /// The SHA-256 of the content, when that is what the hub calls it by.
  package var sha256: String? {
    guard let etag, etag.utf8.count == 64, etag.allSatisfy(\.isHexDigit) else { return nil }
    return etag.lowercased()
  }
}

/// An entity tag as the bare text: without quotes, and without the mark of weak ones.
func bareTag(_ field: String?) -> String? {
  guard var tag = field?[...] else { return nil }
  if tag.hasPrefix("W/") { tag = tag.dropFirst(2) }
  if tag.count >= 2, tag.hasPrefix("\""), tag.hasSuffix("\"") { tag = tag.dropFirst().dropLast() }
  return tag.isEmpty ? nil : String(tag)
}
